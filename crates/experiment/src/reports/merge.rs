//! Several reports as one table.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::export::{Columns, ExportFormat, export};
use super::finished::{FinishedReport, different_data};
use crate::results::{FILE, Results, Row};
use crate::{ExperimentError, PROVENANCE_FILE, Provenance};

/// Settings that must be the same where generators stand side by side.
const SHARED_SETTINGS: [&str; 3] = ["data", "utility", "gnn_discriminator"];

/// Puts the rows of several reports into one table, in their order; a row that several reports have is kept once.
///
/// `apart` names every system after its report, so that nothing of one report is held against another.
///
/// # Errors
/// [`ExperimentError::Report`] unless `apart`: if two reports are of different data under the same name, were made with different settings, or
/// hold different values for the same seed; with `apart` if two reports have the same name.
pub fn merge(reports: &[FinishedReport], apart: bool) -> Result<Results, ExperimentError> {
    let names: Vec<String> = reports.iter().map(FinishedReport::name).collect();
    if apart {
        return set_apart(reports, &names);
    }
    let mut merged = Results::default();
    for (position, report) in reports.iter().enumerate() {
        for other in &reports[..position] {
            check(other, report)?;
        }
        merged.extend(report.results.rows().iter().cloned());
    }
    without_repetitions(merged)
}

fn set_apart(reports: &[FinishedReport], names: &[String]) -> Result<Results, ExperimentError> {
    if let Some(twice) = names.iter().enumerate().find_map(|(i, name)| names[..i].contains(name).then_some(name)) {
        return Err(ExperimentError::Report(format!("two reports are called {twice}: rename a folder to keep them apart")));
    }
    let renamed = |(report, name): (&FinishedReport, &String)| {
        let system = |row: &Row| if row.system.is_empty() { name.clone() } else { format!("{name}-{}", row.system) };
        report.results.rows().iter().map(|row| Row { system: system(row), ..row.clone() }).collect::<Vec<_>>()
    };
    Ok(reports.iter().zip(names).flat_map(renamed).collect())
}

/// Whether the numbers of two reports may stand side by side.
fn check(first: &FinishedReport, second: &FinishedReport) -> Result<(), ExperimentError> {
    let names = [first, second].map(|report| report.folder.display().to_string());
    let refused = |said: String| Err(ExperimentError::Report(format!("{said}; --apart names the systems after their reports")));
    if let Some(different) = different_data(&first.results, &second.results) {
        return refused(different.said(names.each_ref().map(String::as_str)));
    }
    // A table without a provenance, of another program perhaps, is judged by its data alone.
    if let (Ok(ours), Ok(theirs)) = (first.provenance(), second.provenance())
        && let Some(key) = different_setting(&ours, &theirs)
    {
        return refused(format!("{} and {} have different settings: {key}", names[0], names[1]));
    }
    Ok(())
}

/// Dotted key of a setting that differs between variants of the same name: of the data, of the tasks, or of a generator of the same name.
fn different_setting(first: &Provenance, second: &Provenance) -> Option<String> {
    let pairs = first.variants.iter().filter_map(|ours| Some((ours, second.variants.iter().find(|theirs| theirs.name == ours.name)?)));
    pairs.into_iter().find_map(|(ours, theirs)| {
        let shared = SHARED_SETTINGS.into_iter().find_map(|key| differing_key(key, ours.config.get(key)?, theirs.config.get(key)?));
        let generators = |config: &Value| config.get("generators").and_then(Value::as_object).cloned().unwrap_or_default();
        let theirs = generators(&theirs.config);
        shared.or_else(|| {
            generators(&ours.config).iter().find_map(|(name, ours)| differing_key(&format!("generators.{name}"), ours, theirs.get(name)?))
        })
    })
}

/// The first key below `key` whose values differ.
fn differing_key(key: &str, first: &Value, second: &Value) -> Option<String> {
    match (first, second) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let missing = theirs.keys().find(|name| !ours.contains_key(*name)).map(|name| format!("{key}.{name}"));
            let inner = |(name, value): (&String, &Value)| match theirs.get(name) {
                Some(other) => differing_key(&format!("{key}.{name}"), value, other),
                None => Some(format!("{key}.{name}")),
            };
            ours.iter().find_map(inner).or(missing)
        }
        _ => (first != second).then(|| key.to_owned()),
    }
}

/// Rows with the same key and seed must say the same.
fn without_repetitions(results: Results) -> Result<Results, ExperimentError> {
    let mut kept: Vec<Row> = Vec::with_capacity(results.rows().len());
    let mut known: BTreeMap<(String, Option<u64>, crate::results::Side), usize> = BTreeMap::new();
    for row in results.rows() {
        match known.get(&(row.key(), row.seed, row.side)) {
            None => {
                known.insert((row.key(), row.seed, row.side), kept.len());
                kept.push(row.clone());
            }
            Some(&position) if (kept[position].value, kept[position].low, kept[position].high) == (row.value, row.low, row.high) => {}
            Some(&position) => {
                let seed = row.seed.map_or_else(String::new, |seed| format!(", seed {seed},"));
                return Err(ExperimentError::Report(format!(
                    "two reports hold {}{seed} as {} and as {}: other programs or settings made them; --apart names the systems after their \
                     reports",
                    row.key(),
                    kept[position].value,
                    row.value
                )));
            }
        }
    }
    Ok(Results::new(kept))
}

/// Writes a merged table: `metrics.csv`, `metrics.json`, a table in `report.md`, and a `provenance.json` that names the reports.
///
/// # Errors
/// A folder or file that cannot be written, or that is the folder of one of the reports.
pub fn write_merged(merged: &Results, reports: &[FinishedReport], folder: &Path) -> Result<(), ExperimentError> {
    let same = |report: &&FinishedReport| {
        folder.canonicalize().is_ok_and(|folder| report.folder.canonicalize().is_ok_and(|other| other == folder))
    };
    if let Some(report) = reports.iter().find(same) {
        return Err(ExperimentError::Report(format!("{} is one of the reports: give another folder", report.folder.display())));
    }
    let failed = |error: &dyn std::error::Error| ExperimentError::Report(error.to_string());
    let metrics = merged.flat().map_err(|error| failed(&error))?;
    let provenance = serde_json::to_vec_pretty(&provenance(reports)).map_err(|error| failed(&error))?;
    let table = export(merged, &Columns::Main, ExportFormat::Markdown)?;
    std::fs::create_dir_all(folder).map_err(|source| ExperimentError::Io { path: folder.to_owned(), source })?;
    merged.write(&folder.join(FILE)).map_err(|error| failed(&error))?;
    metrics.write(&folder.join("metrics.json")).map_err(|error| failed(&error))?;
    tracesmith_disk::write_bytes(&folder.join("report.md"), table)?;
    tracesmith_disk::write_bytes(&folder.join(PROVENANCE_FILE), provenance)?;
    Ok(())
}

/// The reports and what is known of each.
fn provenance(reports: &[FinishedReport]) -> Value {
    let known = |report: &FinishedReport| {
        let text = std::fs::read(report.folder.join(PROVENANCE_FILE)).ok();
        text.and_then(|text| serde_json::from_slice::<Value>(&text).ok()).unwrap_or_default()
    };
    let parts: Vec<Value> =
        reports.iter().map(|report| json!({ "report": report.folder.display().to_string(), "provenance": known(report) })).collect();
    json!({ "merged_from": parts })
}

#[cfg(test)]
mod tests;
