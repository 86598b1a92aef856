//! The whole configuration, for whoever wants to repeat the experiment.

use serde::Serialize;
use serde_json::Value;

use super::findings::Findings;
use super::settings::{flattened, written};
use crate::report::{Block, Cell, Row, Section, Table};

/// The section: one row for every part of the experiment file, with defaults filled in.
pub(super) fn section(findings: &Findings<'_>, variants: usize) -> Section {
    let mut text =
        "Every setting, those left at their defaults included; `provenance.json` has the file as it was and what it ran on.".to_owned();
    if variants > 1 {
        text += " The settings are those of the first variant; the names of the others say what differs.";
    }
    let experiment = findings.experiment;
    let mut rows = vec![row("questions, seeds", &(&experiment.questions, &experiment.seeds)), row("data", &experiment.data)];
    rows.extend(experiment.systems.iter().map(|(name, config)| row(&format!("systems.{name}"), config)));
    rows.extend(experiment.generators.iter().map(|(name, config)| row(&format!("generators.{name}"), config)));
    rows.push(row("utility", &experiment.utility));
    rows.push(row("gnn_discriminator", &experiment.gnn_discriminator));
    let columns = vec!["part".to_owned(), "settings".to_owned()];
    let table = Block::Table(Table { caption: "Configuration".into(), columns, rows });
    Section { id: "configuration".into(), title: "Configuration".into(), blocks: vec![Block::Text(text), table] }
}

fn row(part: &str, config: &impl Serialize) -> Row {
    let setting = |(key, value): &(String, Value)| if key.is_empty() { written(value) } else { format!("{key} = {}", written(value)) };
    let settings: Vec<String> = flattened(config).iter().map(setting).collect();
    Row::Plain(vec![Cell::text(part), Cell::text(settings.join(", "))])
}
