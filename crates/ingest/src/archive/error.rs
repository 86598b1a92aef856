//! Why an archive is not unpacked.

use std::{io, path::PathBuf};

use thiserror::Error;

use super::meter::Breach;

/// Why an archive is not unpacked.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// It cannot be read to its end.
    #[error("{} is damaged or cut off: {reason}", path.display())]
    Damaged {
        /// The archive.
        path: PathBuf,
        /// What the decoder says.
        reason: String,
    },
    /// It is a page for people, not a file of data.
    #[error("{} is a web page, not an archive: does the address need a login, or is it that of a page?", path.display())]
    WebPage {
        /// The file.
        path: PathBuf,
    },
    /// A path inside leads out of the folder, or is none.
    #[error("{}: the path {entry:?} inside leads out of the folder or is no path: nothing is unpacked from this archive", path.display())]
    Path {
        /// The archive.
        path: PathBuf,
        /// The path inside.
        entry: String,
    },
    /// Two files inside have one path.
    #[error("{}: {entry:?} is inside twice", path.display())]
    Duplicate {
        /// The archive.
        path: PathBuf,
        /// The path inside.
        entry: String,
    },
    /// It holds more than the limits allow.
    #[error("{}: {breach}: this looks like an archive made to fill a disk", path.display())]
    Limit {
        /// The archive.
        path: PathBuf,
        /// The limit.
        breach: Breach,
    },
    /// It is packed in a way that is not supported.
    #[error("{}: {reason}: unpack it by hand", path.display())]
    Unsupported {
        /// The archive.
        path: PathBuf,
        /// What is not supported.
        reason: String,
    },
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}
