//! `tracesmith datasets rm`: fetched and generated data sets go; what a person put there stays.

use std::fs;

use anyhow::{Context, ensure};
use tracesmith_catalogue::Catalogue;
use tracesmith_ingest::{FileDifference, Manifest};

use super::{known::Known, state::fetched_folder};
use crate::terminal::Terminal;

pub fn run(known: &Known, catalogue: &Catalogue, yes: bool, terminal: Terminal) -> anyhow::Result<()> {
    match known {
        Known::Manifest(manifest) => remove_fetched(manifest, yes, terminal),
        Known::Versions(versions) => {
            let ids: Vec<String> = versions.iter().map(|entry| entry.id()).collect();
            ensure!(yes, "{} would be removed for good from {}: give --yes to do it", ids.join(", "), catalogue.root().display());
            for entry in versions {
                catalogue.remove(&entry.name, entry.version)?;
                terminal.note(format_args!("{} is removed", entry.id()));
            }
            Ok(())
        }
    }
}

fn remove_fetched(manifest: &Manifest, yes: bool, terminal: Terminal) -> anyhow::Result<()> {
    let located = manifest.locate()?;
    let (folder, record) = fetched_folder(&located).with_context(|| {
        let file = located.data[0].display();
        format!("{} ({file}) was not fetched by tracesmith, which removes only what it put there", manifest.name)
    })?;
    // A folder that several data sets share, or that was added to, is not ours alone.
    let differences = record.verify(&folder).map_err(|(path, error)| anyhow::Error::from(error).context(path.display().to_string()))?;
    let added: Vec<String> = differences.iter().filter(|&difference| is_added(difference)).map(ToString::to_string).collect();
    ensure!(added.is_empty(), "{} has files that were not fetched ({}): move them away first", folder.display(), added.join("; "));
    ensure!(yes, "{} with {} files would be removed: give --yes to do it", folder.display(), record.files.len());
    fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    terminal.note(format_args!("{} is removed", folder.display()));
    Ok(())
}

fn is_added(difference: &FileDifference) -> bool {
    matches!(difference, FileDifference::Added(_))
}
