//! Checksums of all files of a folder, and how the folder differs from them.

use std::{
    fmt, fs,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A file of a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSum {
    /// Path below the folder, separated by `/`.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 in hexadecimal digits.
    pub sha256: String,
}

/// How a folder is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileDifference {
    /// A file is gone.
    Missing(String),
    /// A file has another content.
    Changed(String),
    /// There is a file that was not there.
    Added(String),
}

impl fmt::Display for FileDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(path) => write!(f, "{path} is missing"),
            Self::Changed(path) => write!(f, "{path} has another content than when it was recorded"),
            Self::Added(path) => write!(f, "{path} was not there when the folder was recorded"),
        }
    }
}

/// Size and SHA-256 of a file.
///
/// # Errors
/// What the system says.
pub fn sha256_of_file(path: &Path) -> io::Result<(u64, String)> {
    let mut digest = Sha256::new();
    let bytes = read_through(path, |chunk| digest.update(chunk))?;
    Ok((bytes, hex::encode(digest.finalize())))
}

/// SHA-256 over the bytes of several files in the order given, as [`crate::Ingested::sha256`] is.
///
/// # Errors
/// The path that cannot be read, and what the system says.
pub fn sha256_of_files(paths: &[PathBuf]) -> Result<String, (PathBuf, io::Error)> {
    let mut digest = Sha256::new();
    for path in paths {
        read_through(path, |chunk| digest.update(chunk)).map_err(|error| (path.clone(), error))?;
    }
    Ok(hex::encode(digest.finalize()))
}

/// Passes the content of a file on in chunks; gives its size.
pub(crate) fn read_through(path: &Path, mut take: impl FnMut(&[u8])) -> io::Result<u64> {
    let mut file = File::open(path)?;
    let mut chunk = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok(bytes),
            read => {
                take(&chunk[..read]);
                bytes += read as u64;
            }
        }
    }
}

/// All files below `folder`, sorted by path, but those of `except` directly in it.
///
/// # Errors
/// The path that cannot be read, and what the system says.
pub fn sums_below(folder: &Path, except: &[&str]) -> Result<Vec<FileSum>, (PathBuf, io::Error)> {
    let paths = paths_below(folder, except)?;
    let sum = |path: String| match sha256_of_file(&folder.join(&path)) {
        Ok((bytes, sha256)) => Ok(FileSum { path, bytes, sha256 }),
        Err(error) => Err((folder.join(path), error)),
    };
    paths.into_iter().map(sum).collect()
}

fn paths_below(folder: &Path, except: &[&str]) -> Result<Vec<String>, (PathBuf, io::Error)> {
    let mut paths = Vec::new();
    let mut open = vec![String::new()];
    while let Some(prefix) = open.pop() {
        let inside = folder.join(&prefix);
        let failed = |error| (inside.clone(), error);
        for entry in fs::read_dir(&inside).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type().map_err(failed)?.is_dir() {
                open.push(format!("{path}/"));
            } else if !except.contains(&path.as_str()) {
                paths.push(path);
            }
        }
    }
    paths.sort();
    Ok(paths)
}

/// How the files below `folder` differ from `recorded`, without those of `except`.
///
/// # Errors
/// The path that cannot be read, and what the system says.
pub fn differences(folder: &Path, recorded: &[FileSum], except: &[&str]) -> Result<Vec<FileDifference>, (PathBuf, io::Error)> {
    let mut differences = Vec::new();
    for sum in recorded {
        let path = folder.join(&sum.path);
        match sha256_of_file(&path) {
            Ok((bytes, sha256)) if (bytes, &sha256) == (sum.bytes, &sum.sha256) => {}
            Ok(_) => differences.push(FileDifference::Changed(sum.path.clone())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => differences.push(FileDifference::Missing(sum.path.clone())),
            Err(error) => return Err((path, error)),
        }
    }
    let known: std::collections::HashSet<&str> = recorded.iter().map(|sum| sum.path.as_str()).collect();
    let added = paths_below(folder, except)?.into_iter().filter(|path| !known.contains(path.as_str()));
    differences.extend(added.map(FileDifference::Added));
    Ok(differences)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_difference_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, content: &str| fs::write(folder.path().join(path), content).unwrap();
        fs::create_dir(folder.path().join("a")).unwrap();
        for path in ["a/x", "a/y", "z", "record"] {
            write(path, path);
        }
        let sums = sums_below(folder.path(), &["record"]).unwrap();
        assert_eq!(sums.iter().map(|sum| sum.path.as_str()).collect::<Vec<_>>(), ["a/x", "a/y", "z"]);
        assert!(sums[2].sha256.starts_with("594e519a") && sums[2].bytes == 1, "{:?}", sums[2]);
        assert_eq!(differences(folder.path(), &sums, &["record"]).unwrap(), []);
        write("z", "Z");
        write("a/new", "");
        fs::remove_file(folder.path().join("a/x")).unwrap();
        let found = differences(folder.path(), &sums, &["record"]).unwrap();
        let [missing, changed, added] = ["a/x", "z", "a/new"].map(str::to_owned);
        assert_eq!(found, [FileDifference::Missing(missing), FileDifference::Changed(changed), FileDifference::Added(added)]);
    }
}
