//! Checksums of the files that a generator depends on, each computed once as long as the file stays the same.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use tracesmith_ingest::sha256_of_file;

/// Path, length and time of the last change of a file.
type Version = (PathBuf, u64, Option<SystemTime>);

static KNOWN: Mutex<Option<HashMap<Version, String>>> = Mutex::new(None);

/// A file that a generator depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSum {
    /// Its path.
    pub path: PathBuf,
    /// SHA-256 of its content in hexadecimal digits; `None` if it cannot be read.
    pub sha256: Option<String>,
}

/// The checksum of the file at `path`.
pub(crate) fn file_sum(path: PathBuf) -> FileSum {
    let sha256 = sum(&path);
    FileSum { path, sha256 }
}

fn sum(path: &Path) -> Option<String> {
    let content = fs::metadata(path).ok()?;
    let version = (path.to_owned(), content.len(), content.modified().ok());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let known = known.get_or_insert_default();
    if let Some(sum) = known.get(&version) {
        return Some(sum.clone());
    }
    let (_, sum) = sha256_of_file(path).ok()?;
    known.insert(version, sum.clone());
    Some(sum)
}
