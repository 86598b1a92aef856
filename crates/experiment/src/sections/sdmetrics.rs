//! The figures of SDMetrics beside ours, if `reports/sdmetrics.py --run FOLDER` has put them into the report's folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::findings::Findings;
use crate::error::ExperimentError;
use crate::report::{Block, Cell, NumberFormat, Row, Section, Table};

/// File in the folder of a report.
const FILE: &str = "sdmetrics.json";

/// What the script writes: figures by system and generator.
#[derive(Debug, Deserialize)]
struct Checked {
    sdmetrics: String,
    systems: BTreeMap<String, BTreeMap<String, Figures>>,
}

#[derive(Debug, Deserialize)]
struct Figures {
    spans: OfTable,
    traces: OfTable,
}

#[derive(Debug, Deserialize)]
struct OfTable {
    column_shapes: Option<f64>,
    column_pair_trends: Option<f64>,
    dcr_overfitting: Option<Overfitting>,
    dcr_baseline: Option<Baseline>,
}

#[derive(Debug, Deserialize)]
struct Overfitting {
    closer_to_training: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct Baseline {
    score: Option<f64>,
}

impl OfTable {
    fn closer_to_training(&self) -> Option<f64> {
        self.dcr_overfitting.as_ref()?.closer_to_training
    }

    fn baseline_protection(&self) -> Option<f64> {
        self.dcr_baseline.as_ref()?.score
    }
}

/// A section with one table a system; nothing if the script was not run.
pub(super) fn section(folder: &Path, findings: &Findings<'_>) -> Result<Option<Section>, ExperimentError> {
    let path = folder.join(FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(ExperimentError::Io { path, source }),
    };
    let checked: Checked = serde_json::from_str(&text)
        .map_err(|error| ExperimentError::Report(format!("{}: {error}; remove it, or run reports/sdmetrics.py again", path.display())))?;
    let mut blocks = vec![Block::Text(format!(
        "SDMetrics {} on the tables behind the traces of the first seed, as an independent check (`reports/sdmetrics.py`); ours are means \
         over seeds. A share of 0.5 closer to training than to held-out records is private. Baseline protection compares the median distance to \
         the closest training record with that of random records: 1 is as far, or farther.",
        checked.sdmetrics
    ))];
    blocks.extend(checked.systems.iter().map(|(system, generators)| Block::Table(table(system, generators, findings))));
    Ok(Some(Section { id: "sdmetrics".into(), title: "Independent check: SDMetrics".into(), blocks }))
}

/// A column: its name, and where the cell comes from.
enum Column {
    Theirs(&'static str, fn(&Figures) -> Option<f64>),
    Ours(&'static str, &'static str),
}

const COLUMNS: [Column; 10] = [
    Column::Theirs("span column shapes", |figures| figures.spans.column_shapes),
    Column::Theirs("span pair trends", |figures| figures.spans.column_pair_trends),
    Column::Theirs("trace column shapes", |figures| figures.traces.column_shapes),
    Column::Theirs("trace pair trends", |figures| figures.traces.column_pair_trends),
    Column::Ours("ours: overall fidelity", "fidelity.overall"),
    Column::Theirs("spans closer to training", |figures| figures.spans.closer_to_training()),
    Column::Theirs("traces closer to training", |figures| figures.traces.closer_to_training()),
    Column::Ours("ours: closer to training", "privacy.dcr_closer_to_training"),
    Column::Theirs("span baseline protection", |figures| figures.spans.baseline_protection()),
    Column::Theirs("trace baseline protection", |figures| figures.traces.baseline_protection()),
];

fn table(system: &str, generators: &BTreeMap<String, Figures>, findings: &Findings<'_>) -> Table {
    let measured = findings.similarity(system);
    let name = |column: &Column| match column {
        Column::Theirs(name, _) | Column::Ours(name, _) => (*name).to_owned(),
    };
    let row = |(generator, figures): (&String, &Figures)| {
        let ours = |metric: &str| if generator == "ceiling" { measured.ceiling(metric) } else { measured.cell(generator, metric) };
        let cell = |column: &Column| match column {
            Column::Theirs(_, figure) => figure(figures).map_or(Cell::Missing, |figure| Cell::number(figure, NumberFormat::Ratio)),
            Column::Ours(_, metric) => ours(metric).within(None),
        };
        Row::Plain(std::iter::once(Cell::text(generator)).chain(COLUMNS.iter().map(cell)).collect())
    };
    Table {
        caption: format!("SDMetrics and ours, {system}"),
        columns: std::iter::once("generator".to_owned()).chain(COLUMNS.iter().map(name)).collect(),
        rows: generators.iter().map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Outcome;
    use crate::sections::fixture::{add, look};

    const EXPERIMENT: &str = "[systems]\nsn = { dataset = \"a.csv\" }\n[generators]\nhvae = { kind = \"hvae\" }";

    /// What the script writes of a generator and of the ceiling, which has no DCR.
    const CHECKED: &str = r#"{"sdmetrics": "0.32", "systems": {"sn": {
        "ceiling": {"spans": {"column_shapes": 0.99, "column_pair_trends": 0.97}, "traces": {"column_shapes": 0.98, "column_pair_trends": null}},
        "hvae": {
            "spans": {"rows": {"held_out": 9, "synthetic": 8}, "column_shapes": 0.875, "column_pair_trends": 0.75, "columns": {"service": 0.5},
                "dcr_rows": {"training": 9, "held_out": 9, "synthetic": 8},
                "dcr_overfitting": {"score": 0.9, "closer_to_training": 0.55, "closer_to_holdout": 0.45},
                "dcr_baseline": {"score": 0.25, "synthetic_data": 0.1, "random_data_baseline": 0.4}},
            "traces": {"column_shapes": 0.625, "column_pair_trends": null,
                "dcr_overfitting": {"score": 1, "closer_to_training": 0.45, "closer_to_holdout": 0.55}, "dcr_baseline": {"score": null}}
        }}}}"#;

    #[test]
    fn the_figures_of_the_script_stand_beside_ours() {
        let folder = tempfile::tempdir().unwrap();
        let mut outcome = Outcome::default();
        for (place, fidelity) in [("rq4/sn/hvae/empirical/", 0.9), ("rq4/sn/ceiling//", 0.95)] {
            add(&mut outcome, 0, place, &[("fidelity.overall", fidelity), ("privacy.dcr_closer_to_training", 0.5)]);
        }
        let section = || look(EXPERIMENT, &outcome, |findings| section(folder.path(), findings));
        assert!(section().unwrap().is_none());
        fs::write(folder.path().join(FILE), CHECKED).unwrap();
        let blocks = section().unwrap().unwrap().blocks;
        let [Block::Text(text), Block::Table(table)] = &blocks[..] else { panic!("{blocks:?}") };
        assert!(text.contains("SDMetrics 0.32"));
        assert_eq!(table.columns.len(), 11);
        let number = |value: Option<f64>| value.map_or(Cell::Missing, |value| Cell::number(value, NumberFormat::Ratio));
        let row = |name: &str, values: [Option<f64>; 10]| Row::Plain(std::iter::once(Cell::text(name)).chain(values.map(number)).collect());
        let [none, half] = [None, Some(0.5)];
        let ceiling = [Some(0.99), Some(0.97), Some(0.98), none, Some(0.95), none, none, half, none, none];
        let hvae = [Some(0.875), Some(0.75), Some(0.625), none, Some(0.9), Some(0.55), Some(0.45), half, Some(0.25), none];
        assert_eq!(table.rows, [row("ceiling", ceiling), row("hvae", hvae)]);
    }

    #[test]
    fn a_garbled_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "{").unwrap();
        let read = look(EXPERIMENT, &Outcome::default(), |findings| section(folder.path(), findings));
        assert!(read.unwrap_err().to_string().contains(FILE));
    }
}
