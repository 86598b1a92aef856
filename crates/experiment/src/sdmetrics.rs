//! The figures of SDMetrics beside ours, if `reports/sdmetrics.py --run FOLDER` has put them into the report's folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::ExperimentError;
use crate::config::MAIN_SIZE;
use crate::outcome::Outcome;
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
}

#[derive(Debug, Deserialize)]
struct Overfitting {
    closer_to_training: Option<f64>,
}

/// A section with one table a system; nothing if the script was not run.
pub(crate) fn section(folder: &Path, outcome: &Outcome) -> Result<Option<Section>, ExperimentError> {
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
         over seeds. A share of 0.5 closer to training than to held-out records is private.",
        checked.sdmetrics
    ))];
    blocks.extend(checked.systems.iter().map(|(system, generators)| Block::Table(table(system, generators, outcome))));
    Ok(Some(Section { id: "sdmetrics".into(), title: "Independent check: SDMetrics".into(), blocks }))
}

fn table(system: &str, generators: &BTreeMap<String, Figures>, outcome: &Outcome) -> Table {
    let columns = [
        "generator",
        "span column shapes",
        "span pair trends",
        "trace column shapes",
        "trace pair trends",
        "ours: overall fidelity",
        "traces closer to training",
        "ours: closer to training",
    ];
    let row = |(generator, Figures { spans, traces }): (&String, &Figures)| {
        let theirs = |figure: Option<f64>| figure.map_or(Cell::Missing, |figure| Cell::number(figure, NumberFormat::Ratio));
        let ours = |end: &str| match generator.as_str() {
            "ceiling" => outcome.cell(&format!("rq4.{system}.ceiling.{end}"), NumberFormat::Ratio),
            _ => outcome.cell(&format!("rq4.{system}.{generator}.{MAIN_SIZE}.{end}"), NumberFormat::Ratio),
        };
        Row::Plain(vec![
            Cell::text(generator),
            theirs(spans.column_shapes),
            theirs(spans.column_pair_trends),
            theirs(traces.column_shapes),
            theirs(traces.column_pair_trends),
            ours("fidelity.overall"),
            theirs(traces.dcr_overfitting.as_ref().and_then(|dcr| dcr.closer_to_training)),
            ours("privacy.dcr_closer_to_training"),
        ])
    };
    Table {
        caption: format!("SDMetrics and ours, {system}"),
        columns: columns.map(str::to_owned).to_vec(),
        rows: generators.iter().map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_of_the_script_stand_beside_ours_and_a_garbled_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let mut outcome = Outcome::default();
        outcome.add("rq4.sn.hvae.empirical", &[("fidelity.overall".into(), 0.9)]);
        assert!(section(folder.path(), &outcome).unwrap().is_none());
        let figures = r#"{"column_shapes": 0.98, "column_pair_trends": null, "dcr_overfitting": {"score": 1, "closer_to_training": 0.45}}"#;
        let text = format!(r#"{{"sdmetrics": "0.32", "systems": {{"sn": {{"hvae": {{"spans": {figures}, "traces": {figures}}}}}}}}}"#);
        fs::write(folder.path().join(FILE), text).unwrap();
        let blocks = section(folder.path(), &outcome).unwrap().unwrap().blocks;
        let Block::Table(table) = &blocks[1] else { panic!("{blocks:?}") };
        let number = |value| Cell::number(value, NumberFormat::Ratio);
        let [shapes, trends, ours, closer] = [1, 2, 5, 6].map(|column| &table.rows[0].cells()[column]);
        assert_eq!(
            (shapes, trends, ours, closer),
            (&number(0.98), &Cell::Missing, &Cell::measured(&[0.9], NumberFormat::Ratio), &number(0.45))
        );
        fs::write(folder.path().join(FILE), "{").unwrap();
        assert!(section(folder.path(), &outcome).unwrap_err().to_string().contains(FILE));
    }
}
