//! `tracesmith datasets verify`: whether files are what they were.

use anyhow::{Context, bail};
use tracesmith_catalogue::Catalogue;
use tracesmith_ingest::{FileDifference, Manifest};

use super::{
    known::Known,
    state::{differences_of_fetched, fetched_folder},
};
use crate::terminal::print;

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
