//! Whether the files of a data set are what they were.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::Serialize;
use tracesmith_catalogue::{Catalogue, Entry};
use tracesmith_ingest::{
    FileDifference, Located,
    fetch::{FETCH_RECORD, FetchRecord},
};

/// How far above a trace file the record of its fetch may lie.
const MAX_DEPTH: usize = 8;

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

/// How the files of a fetched data set differ from what was fetched.
///
/// # Errors
/// If they cannot be read.
pub fn differences_of_fetched(folder: &Path, record: &FetchRecord) -> anyhow::Result<Vec<FileDifference>> {
    record.verify(folder).map_err(|(path, error)| anyhow::Error::from(error).context(format!("cannot read {}", path.display())))
}

/// The fetched folder that the files lie in, if they were fetched.
pub fn fetched_folder(located: &Located) -> Option<(PathBuf, FetchRecord)> {
    let folders = located.data.first()?.ancestors().skip(1).take(MAX_DEPTH);
    folders.filter(|folder| folder.join(FETCH_RECORD).is_file()).find_map(|folder| Some((folder.to_owned(), FetchRecord::read(folder)?)))
}
