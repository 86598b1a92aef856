//! `tracesmith datasets verify`: whether files are what they were.

use std::{fmt, path::Path};

use anyhow::{Context, bail};
use serde::Serialize;
use tracesmith_catalogue::{Catalogue, Entry};
use tracesmith_ingest::{FileDifference, Manifest, fetch::FetchRecord};

use super::{known::Known, listed::fetched_folder};
use crate::terminal::print;

/// What is known about the files of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// They are as they were fetched, and that is what the manifest pins.
    Verified,
    /// They are as they were fetched or published.
    Unchanged,
    /// They are not.
    Changed,
    /// They are recorded, and were not compared.
    Recorded,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Verified => "verified",
            Self::Unchanged => "unchanged",
            Self::Changed => "CHANGED",
            Self::Recorded => "recorded",
        })
    }
}

pub fn state_of_fetched(folder: &Path, record: &FetchRecord, verify: bool) -> anyhow::Result<State> {
    Ok(match verify.then(|| differences_of_fetched(folder, record)).transpose()? {
        None => State::Recorded,
        Some(differences) if !differences.is_empty() => State::Changed,
        Some(_) if record.archives.iter().all(|archive| archive.pinned) => State::Verified,
        Some(_) => State::Unchanged,
    })
}

pub fn state_of_version(entry: &Entry, catalogue: &Catalogue, verify: bool) -> anyhow::Result<State> {
    Ok(match verify.then(|| catalogue.verify(&entry.name, entry.version)).transpose()? {
        None => State::Recorded,
        Some(differences) if differences.is_empty() => State::Unchanged,
        Some(_) => State::Changed,
    })
}

fn differences_of_fetched(folder: &Path, record: &FetchRecord) -> anyhow::Result<Vec<FileDifference>> {
    record.verify(folder).map_err(|(path, error)| anyhow::Error::from(error).context(format!("cannot read {}", path.display())))
}

pub fn run(known: &Known, catalogue: &Catalogue) -> anyhow::Result<()> {
    match known {
        Known::Manifest(manifest) => fetched(manifest),
        Known::Versions(versions) => {
            for entry in versions {
                let differences = catalogue.verify(&entry.name, entry.version)?;
                refuse(&entry.id(), &differences)?;
                print(format_args!("{}: unchanged since it was published", entry.id()))?;
            }
            Ok(())
        }
    }
}

fn fetched(manifest: &Manifest) -> anyhow::Result<()> {
    let located = manifest.locate()?;
    let name = &manifest.name;
    let (folder, record) = fetched_folder(&located).with_context(|| {
        let file = located.data[0].display();
        format!("{name} ({file}) was not fetched by tracesmith, so that there is nothing to compare it with: `tracesmith inspect` reads it")
    })?;
    refuse(name, &differences_of_fetched(&folder, &record)?)?;
    let pins: Vec<String> = record
        .archives
        .iter()
        .map(|archive| match archive.pinned {
            true => format!("{} is the one that the manifest pins", archive.file),
            false => format!("{} (sha256 {}) is not pinned by the manifest", archive.file, archive.sha256),
        })
        .collect();
    Ok(print(format_args!("{name}: {} files unchanged since {}; {}", record.files.len(), record.fetched, pins.join(", ")))?)
}

fn refuse(name: &str, differences: &[FileDifference]) -> anyhow::Result<()> {
    if differences.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = differences.iter().map(ToString::to_string).collect();
    bail!("{name} is not what it was: {}", lines.join("; "))
}
