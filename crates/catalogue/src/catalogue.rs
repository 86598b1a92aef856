//! The folder of all versions.

mod publication;
#[cfg(test)]
mod tests;

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};
use tracesmith_disk::move_into_place;

use tracesmith_ingest::{FileDifference, differences, sha256_of_file};
use tracesmith_trace::nearest_name;

use crate::{
    CatalogueError, Reference,
    reference::version_number,
    version::{Draft, Entry, MANIFEST, MANIFEST_SUM},
};
use publication::{file_names, make_read_only, write_version};

/// Held while a version is published or removed.
const LOCK: &str = ".lock";

/// Ending of what stays of a version that is removed, so that its number is not given again.
const REMOVED: &str = ".removed";

/// A folder of versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    root: PathBuf,
}

impl Catalogue {
    /// The catalogue at `root`. The folder is made when something is published.
    pub fn open(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Its folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Publishes a new version, the one after the latest that there ever was. It is complete or not there.
    ///
    /// # Errors
    /// A name that cannot be that of a folder, or a file that cannot be read or written.
    pub fn publish(&self, draft: &Draft) -> Result<Entry, CatalogueError> {
        let reference: Reference = draft.name.parse()?;
        if reference.version().is_some() {
            return Err(crate::ReferenceError { text: draft.name.clone() }.into());
        }
        let names = file_names(&draft.files)?;
        let folder = self.root.join(reference.name());
        fs::create_dir_all(&folder).map_err(CatalogueError::io(&folder))?;
        let _lock = self.lock()?;
        let version = self.numbers(reference.name())?.last().map_or(1, |latest| latest + 1);
        let entry = Entry { name: draft.name.clone(), version, folder: folder.join(format!("v{version}")) };
        let staging = tempfile::Builder::new().prefix(".publishing-").tempdir_in(&self.root).map_err(CatalogueError::io(&self.root))?;
        write_version(staging.path(), &entry, draft, &names)?;
        make_read_only(staging.path()).map_err(CatalogueError::io(staging.path()))?;
        move_into_place(staging.path(), &entry.folder).map_err(|error| CatalogueError::io(error.path)(error.source))?;
        Ok(entry)
    }

    /// All versions, by name and number.
    ///
    /// # Errors
    /// A folder that cannot be listed; a root that is not there has no version.
    pub fn entries(&self) -> Result<Vec<Entry>, CatalogueError> {
        let mut entries = Vec::new();
        for name in names_in(&self.root)?.into_iter().filter(|name| name.parse::<Reference>().is_ok()) {
            let folder = self.root.join(&name);
            for version in names_in(&folder)?.iter().filter_map(|version| version_number(version)) {
                entries.push(Entry { name: name.clone(), version, folder: folder.join(format!("v{version}")) });
            }
        }
        entries.sort_by(|a, b| (&a.name, a.version).cmp(&(&b.name, b.version)));
        Ok(entries)
    }

    /// The versions that `reference` means: one, or all of a name, the latest last. At least one.
    ///
    /// # Errors
    /// [`CatalogueError::Unknown`] with what there is instead.
    pub fn find(&self, reference: &Reference) -> Result<Vec<Entry>, CatalogueError> {
        let all = self.entries()?;
        let is_meant =
            |entry: &&Entry| entry.name == reference.name() && reference.version().is_none_or(|version| version == entry.version);
        let found: Vec<Entry> = all.iter().filter(is_meant).cloned().collect();
        if found.is_empty() { Err(self.unknown(reference, &all)) } else { Ok(found) }
    }

    /// How a version is not what was published; empty if it is.
    ///
    /// # Errors
    /// A version that is not there, a file that cannot be read, or a manifest that cannot be understood although its checksum is right.
    pub fn verify(&self, name: &str, version: u32) -> Result<Vec<FileDifference>, CatalogueError> {
        let entry = self.entry(name, version)?;
        let manifest = entry.folder.join(MANIFEST);
        if !manifest.exists() {
            return Ok(vec![FileDifference::Missing(MANIFEST.to_owned())]);
        }
        let (_, sha256) = sha256_of_file(&manifest).map_err(CatalogueError::io(&manifest))?;
        let recorded = fs::read_to_string(entry.folder.join(MANIFEST_SUM)).unwrap_or_default();
        if recorded.split_whitespace().next() != Some(&sha256) {
            return Ok(vec![FileDifference::Changed(MANIFEST.to_owned())]);
        }
        Ok(differences(&entry.folder, &entry.manifest()?.files, &[MANIFEST, MANIFEST_SUM])?)
    }

    /// Removes a version for good. Its number is not given to another one.
    ///
    /// # Errors
    /// A version that is not there, or a file that cannot be removed.
    pub fn remove(&self, name: &str, version: u32) -> Result<(), CatalogueError> {
        let _lock = self.lock()?;
        let entry = self.entry(name, version)?;
        let mark = self.root.join(name).join(format!("v{version}{REMOVED}"));
        File::create(&mark).map_err(CatalogueError::io(&mark))?;
        // Out of sight first, so that a half-removed version is never taken for one.
        let bin = tempfile::Builder::new().prefix(".removing-").tempdir_in(&self.root).map_err(CatalogueError::io(&self.root))?;
        let gone = bin.path().join("version");
        fs::rename(&entry.folder, &gone).map_err(CatalogueError::io(&entry.folder))?;
        bin.close().map_err(CatalogueError::io(&self.root))
    }

    fn entry(&self, name: &str, version: u32) -> Result<Entry, CatalogueError> {
        let reference: Reference = format!("{name}/v{version}").parse()?;
        self.find(&reference).map(|mut found| found.remove(0))
    }

    fn unknown(&self, reference: &Reference, all: &[Entry]) -> CatalogueError {
        let versions: Vec<String> = all.iter().filter(|entry| entry.name == reference.name()).map(Entry::id).collect();
        let nearest = nearest_name(reference.name(), all.iter().map(|entry| entry.name.as_str()));
        let hint = match (versions.is_empty(), nearest) {
            (false, _) => format!("; there is {}", versions.join(", ")),
            (true, Some(nearest)) => format!("; did you mean {nearest:?}?"),
            (true, None) => "; it is empty, `tracesmith datasets publish` fills it".to_owned(),
        };
        CatalogueError::Unknown { root: self.root.clone(), wanted: reference.to_string(), hint }
    }

    /// Numbers of all versions of a name that there are or were, in order.
    fn numbers(&self, name: &str) -> Result<Vec<u32>, CatalogueError> {
        let names = names_in(&self.root.join(name))?;
        let mut numbers: Vec<u32> = names.iter().filter_map(|name| version_number(name.strip_suffix(REMOVED).unwrap_or(name))).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    fn lock(&self) -> Result<File, CatalogueError> {
        let path = self.root.join(LOCK);
        let lock = File::create(&path).map_err(CatalogueError::io(&path))?;
        lock.lock().map_err(CatalogueError::io(&path))?;
        Ok(lock)
    }
}

/// Names in a folder; none if it is not there.
fn names_in(folder: &Path) -> Result<Vec<String>, CatalogueError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return Ok(Vec::new()),
        Err(error) => return Err(CatalogueError::io(folder)(error)),
    };
    let name = |entry: io::Result<fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into_owned());
    entries.map(name).collect::<io::Result<_>>().map_err(CatalogueError::io(folder))
}
