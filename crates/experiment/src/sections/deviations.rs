//! Deviations from the paper: which settings and data are not those that its figures were obtained with.

use std::collections::BTreeMap;

use serde_json::Value;

use super::findings::Findings;
use super::settings::{flattened, written};
use crate::report::{Block, Cell, Row, Section, Table};

/// The section, made from the configuration.
pub(super) fn section(findings: &Findings<'_>) -> Section {
    let mut compared = Compared { findings, rows: Vec::new(), same: 0 };
    compared.data();
    compared.settings("", &findings.bound.settings().experiment, &flattened(findings.experiment));
    for (name, config) in &findings.experiment.generators {
        let settings = flattened(config);
        let kind = settings.iter().find(|(key, _)| key == "kind").map(|(_, kind)| written(kind)).unwrap_or_default();
        if let Some(expected) = findings.bound.settings().generators.get(&kind) {
            compared.settings(&format!("generators.{name}."), expected, &settings);
        }
    }
    let Compared { rows, same, .. } = compared;
    let text = format!(
        "What is set otherwise here than for the figures of {}. {same} settings that the paper names are as it has them.",
        findings.bound.citation()
    );
    let columns = ["setting", "paper", "here"].map(str::to_owned).to_vec();
    let mut blocks = vec![Block::Text(text)];
    if !rows.is_empty() {
        blocks.push(Block::Table(Table { caption: "Deviations from the paper".into(), columns, rows }));
    }
    Section { id: "deviations".into(), title: "Deviations from the paper".into(), blocks }
}

struct Compared<'a> {
    findings: &'a Findings<'a>,
    rows: Vec<Row>,
    /// Settings that are as the paper has them.
    same: usize,
}

impl Compared<'_> {
    fn data(&mut self) {
        for run in self.findings.runs {
            if self.findings.bound.has(&run.name) {
                self.same += 1;
            } else {
                let expected = self.findings.bound.titles().collect::<Vec<_>>().join(" or ");
                self.push(&format!("systems.{}.dataset", run.name), expected, run.origin.dataset.clone());
            }
        }
    }

    fn settings(&mut self, prefix: &str, expected: &BTreeMap<String, toml::Value>, settings: &[(String, Value)]) {
        for (key, expected) in expected {
            let Ok(expected) = serde_json::to_value(expected) else { continue };
            match settings.iter().find(|(known, _)| known == key) {
                Some((_, here)) if equal(&expected, here) => self.same += 1,
                Some((_, here)) => self.push(&format!("{prefix}{key}"), written(&expected), written(here)),
                None => self.push(&format!("{prefix}{key}"), written(&expected), "–".to_owned()),
            }
        }
    }

    fn push(&mut self, setting: &str, paper: String, here: String) {
        self.rows.push(Row::Plain([setting.to_owned(), paper, here].map(Cell::text).to_vec()));
    }
}

/// 300 is 300.0.
fn equal(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}
