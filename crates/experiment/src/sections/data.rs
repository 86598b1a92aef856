//! Which traces were used, and what was left out.

use super::findings::Findings;
use crate::report::{Block, Cell, NumberFormat, Row, Section, Table};

/// The section.
pub(super) fn section(findings: &Findings<'_>) -> Section {
    let experiment = findings.experiment;
    let columns = ["system", "data set", "other run (RQ3)", "traces", "spans", "services", "operations", "used a seed", "left out"];
    let rows = findings.runs.iter().map(|run| {
        let dropped = run.origin.cleaning.as_ref().map_or(Cell::text("–"), |report| {
            Cell::text(format!("{} traces ({} over {} spans)", report.traces_dropped(), report.too_large, experiment.data.max_spans))
        });
        let count = |value: usize| Cell::number(value as f64, NumberFormat::Count);
        Row::Plain(vec![
            Cell::text(&run.name),
            Cell::text(&run.origin.dataset),
            Cell::text(&run.origin.other),
            count(run.origin.traces),
            count(run.origin.spans),
            count(run.traces.services().len()),
            count(run.traces.operations().len()),
            count(run.traces.len().min(experiment.data.traces)),
            dropped,
        ])
    });
    let table = Block::Table(Table { caption: "Data".into(), columns: columns.map(str::to_owned).to_vec(), rows: rows.collect() });
    let text = Block::Text(format!(
        "{:.0} % of the traces of each seed are held out: no generator is fitted on them. Clock overflow: {:?}. Seeds: {:?}.",
        experiment.data.held_out * 100.0,
        experiment.data.clock_overflow,
        experiment.seeds
    ));
    Section { id: "data".into(), title: "Data".into(), blocks: vec![table, text] }
}
