//! Why a data set does not come.

use std::{io, path::PathBuf};

use thiserror::Error;

use crate::{IngestError, archive::ArchiveError};

/// Why a data set does not come. Nothing is under its final name then.
#[derive(Debug, Error)]
pub enum FetchError {
    /// There is nothing to download.
    #[error("{name} cannot be fetched: {reason}")]
    NotFetchable {
        /// Name of the data set.
        name: String,
        /// Why, and what to do.
        reason: String,
    },
    /// Something else is where the files should be.
    #[error("{} has other content: give another folder with --into, or empty it", folder.display())]
    Occupied {
        /// The folder.
        folder: PathBuf,
    },
    /// Another process is at it.
    #[error("another process is fetching into {}: wait for it", folder.display())]
    Busy {
        /// The folder.
        folder: PathBuf,
    },
    /// An address is none.
    #[error("{url:?} is no address of a file: {reason}")]
    Url {
        /// The address.
        url: String,
        /// What is wrong.
        reason: String,
    },
    /// The server has another answer than the file.
    #[error("{url}: the server answers {status}: {advice}")]
    Status {
        /// The address.
        url: String,
        /// Code and name.
        status: String,
        /// What to do.
        advice: &'static str,
    },
    /// Every attempt failed in a way that may pass.
    #[error(
        "{url}: {reason}; gave up after {attempts} attempts. {kept} bytes are kept: the same command goes on from there if the server lets it"
    )]
    GaveUp {
        /// The address.
        url: String,
        /// How the last attempt failed.
        reason: String,
        /// Number of attempts.
        attempts: u32,
        /// Bytes that came so far.
        kept: u64,
    },
    /// The file has another size than the manifest says.
    #[error(
        "{file}: {found} bytes instead of the {expected} of the manifest: this is another file; if it is to be taken, change the manifest"
    )]
    Size {
        /// Name of the file.
        file: String,
        /// Size that was found or announced.
        found: u64,
        /// Size in the manifest.
        expected: u64,
    },
    /// The file has another checksum than the manifest says.
    #[error(
        "{file} (sha256 {sha256}, md5 {md5}) is not what the manifest pins ({expected}): it came damaged, or the file was changed. It is deleted; fetch again, or correct the manifest"
    )]
    Checksum {
        /// Name of the file.
        file: String,
        /// SHA-256 that was found.
        sha256: String,
        /// MD5 that was found.
        md5: String,
        /// The pinned checksums.
        expected: String,
    },
    /// The disk is too full.
    #[error("{} has {available} bytes free, {needed} are needed: make room, or give another folder with --into", folder.display())]
    Space {
        /// The folder.
        folder: PathBuf,
        /// Bytes that are needed.
        needed: u64,
        /// Bytes that are free.
        available: u64,
    },
    /// What came cannot be unpacked. The download is deleted.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// What came has no file of the data set.
    #[error("what came holds no file of {name}: expected {patterns}; it holds {found}. The download stays in {}", download.display())]
    Layout {
        /// Name of the data set.
        name: String,
        /// Patterns of the layouts.
        patterns: String,
        /// Some of the paths.
        found: String,
        /// Folder of the download.
        download: PathBuf,
    },
    /// What came cannot be read as the layout says.
    #[error("what came cannot be read as {name}: {source}. The download stays in {}", download.display())]
    Ingest {
        /// Name of the data set.
        name: String,
        /// Folder of the download.
        download: PathBuf,
        /// What is wrong.
        source: Box<IngestError>,
    },
    /// A file on this machine cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl FetchError {
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
