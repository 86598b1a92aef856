//! What an ablation compares: the headline metrics of every variant.

use super::findings::Findings;
use super::headline::{Headline, headlines, view};
use crate::differential_privacy::{METRICS, QUESTION};
use crate::report::{Block, Cell, NumberFormat, Row, Section, Table};
use crate::results::Selection;

/// One table a system, a row a variant and generator.
pub(super) fn section(variants: &[Findings<'_>]) -> Section {
    let systems = variants.first().map(Findings::systems).into_iter().flatten();
    let blocks = systems.map(|system| table(variants, system)).collect();
    Section { id: "summary".into(), title: "Variants".into(), blocks }
}

fn table(variants: &[Findings<'_>], system: &str) -> Block {
    let mut measures: Vec<Headline<'_>> = Vec::new();
    for headline in variants.iter().flat_map(|findings| headlines(findings, system)) {
        if !measures.contains(&headline) {
            measures.push(headline);
        }
    }
    let private = variants.iter().any(|findings| !epsilon(findings, system).is_empty());
    let mut columns = vec!["variant".to_owned(), "generator".to_owned()];
    columns.extend(private.then(|| METRICS[0].label.to_owned()));
    columns.extend(measures.iter().map(Headline::heading));
    let mut rows = Vec::new();
    for findings in variants {
        for generator in findings.generators() {
            let mut cells = vec![Cell::text(findings.variant), Cell::text(generator)];
            cells.extend(private.then(|| Cell::measured(&epsilon(findings, system).generator(generator).values(), NumberFormat::Ratio)));
            cells.extend(measures.iter().map(|measure| view(findings, measure.question, system).cell(generator, measure.metric)));
            rows.push(Row::Plain(cells));
        }
        let mut cells = vec![Cell::text(findings.variant), Cell::text("ceiling: real traces")];
        cells.extend(private.then_some(Cell::Missing));
        cells.extend(measures.iter().map(|measure| view(findings, measure.question, system).ceiling(measure.metric)));
        rows.push(Row::Emphasis(cells));
    }
    Block::Table(Table { caption: format!("Variants, {system}"), columns, rows })
}

/// What private trainings promise.
fn epsilon<'a>(findings: &Findings<'a>, system: &str) -> Selection<'a> {
    findings.outcome.results.select().question(QUESTION).system(system).metric(METRICS[0].id)
}
