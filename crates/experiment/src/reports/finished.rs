//! A report that has been read back.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::results::{FILE, Results, Row};
use crate::{ExperimentError, Provenance};

/// The report of a run that has ended.
#[derive(Debug, Clone)]
pub struct FinishedReport {
    /// Its folder.
    pub folder: PathBuf,
    /// Everything that was measured.
    pub results: Results,
}

impl FinishedReport {
    /// Reads the report in `folder`.
    ///
    /// # Errors
    /// [`ExperimentError::Report`] says whether there is none, or what is wrong with its `metrics.csv`.
    pub fn read(folder: &Path) -> Result<Self, ExperimentError> {
        let path = folder.join(FILE);
        let results = match Results::read(&path) {
            Ok(results) => results,
            Err(_) if !path.exists() => return Err(ExperimentError::Report(no_report(folder))),
            Err(error) => return Err(ExperimentError::Report(error.to_string())),
        };
        Ok(Self { folder: folder.to_owned(), results })
    }

    /// Name of the folder.
    pub fn name(&self) -> String {
        let whole = self.folder.canonicalize().unwrap_or_else(|_| self.folder.clone());
        whole.file_name().map_or_else(|| "report".to_owned(), |name| name.to_string_lossy().into_owned())
    }

    /// Where its numbers come from.
    ///
    /// # Errors
    /// As [`Provenance::read`].
    pub fn provenance(&self) -> Result<Provenance, ExperimentError> {
        Provenance::read(&self.folder)
    }
}

fn no_report(folder: &Path) -> String {
    let shown = folder.display();
    if folder.join("metrics.json").exists() {
        format!("{shown} is the report of an earlier tracesmith, which kept no {FILE}: run its experiment again")
    } else if folder.is_dir() {
        format!("{shown} holds no {FILE}, so that it is no report of `tracesmith run`")
    } else {
        format!("{shown} is no folder; `tracesmith run` makes reports, in reports/NAME")
    }
}

/// Traces of different data under one name.
pub(super) struct DifferentData {
    /// System, empty for all of them together.
    system: String,
    /// The two hashes.
    data: [String; 2],
}

/// The first system whose data differ between two tables, in variants of one name.
pub(super) fn different_data(first: &Results, second: &Results) -> Option<DifferentData> {
    let measured = |row: &&Row| !row.data.is_empty();
    let of = |row: &Row| (row.variant.clone(), row.system.clone());
    let known: BTreeMap<_, _> = first.rows().iter().filter(measured).map(|row| (of(row), &row.data)).collect();
    second.rows().iter().filter(measured).find_map(|row| {
        let data = *known.get(&of(row))?;
        (*data != row.data).then(|| DifferentData { system: row.system.clone(), data: [data.clone(), row.data.clone()] })
    })
}

impl DifferentData {
    /// One sentence about two reports.
    pub(super) fn said(&self, names: [&str; 2]) -> String {
        let system = if self.system.is_empty() { "the systems together have".to_owned() } else { format!("system {} has", self.system) };
        let short = |data: &str| data.split('+').map(|hash| hash.get(..12).unwrap_or(hash)).collect::<Vec<_>>().join("+");
        let [first, second] = self.data.each_ref().map(|data| short(data));
        format!("{} and {} are of different data: {system} the hash {first} in the one and {second} in the other", names[0], names[1])
    }
}

/// Names of files of synthetic traces that only one of two reports has, or whose bytes differ.
///
/// # Errors
/// [`ExperimentError::Io`] if a file cannot be read.
pub fn differing_traces(first: &Path, second: &Path) -> Result<Vec<String>, ExperimentError> {
    let [first, second] = [first, second].map(|report| report.join("synthetic"));
    let names: BTreeSet<String> = names_in(&first)?.into_iter().chain(names_in(&second)?).collect();
    let mut differing = Vec::new();
    for name in names {
        if content(&first.join(&name))? != content(&second.join(&name))? {
            differing.push(name);
        }
    }
    Ok(differing)
}

fn names_in(folder: &Path) -> Result<Vec<String>, ExperimentError> {
    let io = |source| ExperimentError::Io { path: folder.to_owned(), source };
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let name = |entry: std::io::Result<fs::DirEntry>| Ok(entry.map_err(io)?.file_name().to_string_lossy().into_owned());
    fs::read_dir(folder).map_err(io)?.map(name).collect()
}

/// `None` of a file that is not there.
fn content(path: &Path) -> Result<Option<Vec<u8>>, ExperimentError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ExperimentError::Io { path: path.to_owned(), source }),
    }
}
