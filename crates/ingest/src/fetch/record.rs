//! What a fetched folder says about itself.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{FileDifference, FileSum, differences};

/// Name of the record in the folder of a fetched data set.
pub const FETCH_RECORD: &str = "fetched.json";

/// Where the files of a folder came from, and what they were.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FetchRecord {
    /// Name of the data set.
    pub name: String,
    /// Which packaging of the data came.
    pub packaging: String,
    /// When it came (RFC 3339).
    pub fetched: String,
    /// What was downloaded.
    pub archives: Vec<FetchedArchive>,
    /// The files, without this record.
    pub files: Vec<FileSum>,
}

/// A file that was downloaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FetchedArchive {
    /// Its name, that of the known packaging if it is one.
    pub file: String,
    /// Where it was.
    pub url: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 in hexadecimal digits.
    pub sha256: String,
    /// MD5 in hexadecimal digits.
    pub md5: String,
    /// Whether the manifest has a checksum, which it then is.
    pub pinned: bool,
}

impl FetchRecord {
    /// The record in `folder`, if there is a readable one.
    pub fn read(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(folder.join(FETCH_RECORD)).ok()?).ok()
    }

    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        tracesmith_disk::write_bytes(&folder.join(FETCH_RECORD), serde_json::to_vec_pretty(self)?).map_err(|error| error.source)
    }

    /// How the files of `folder` are not what came.
    ///
    /// # Errors
    /// The path that cannot be read, and what the system says.
    pub fn verify(&self, folder: &Path) -> Result<Vec<FileDifference>, (PathBuf, io::Error)> {
        differences(folder, &self.files, &[FETCH_RECORD])
    }
}
