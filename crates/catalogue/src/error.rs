//! What can be wrong with a catalogue.

use std::{io, path::PathBuf};

use thiserror::Error;

use crate::ReferenceError;

/// What can be wrong with a catalogue.
#[derive(Debug, Error)]
pub enum CatalogueError {
    /// A name cannot be that of a folder.
    #[error(transparent)]
    Name(#[from] ReferenceError),
    /// There is no such data set, or no such version of it.
    #[error("the catalogue {} has no {wanted}{hint}", root.display())]
    Unknown {
        /// Root of the catalogue.
        root: PathBuf,
        /// What is looked for.
        wanted: String,
        /// What there is instead.
        hint: String,
    },
    /// Two files to be published have one name, or one that the catalogue uses itself.
    #[error("{name} cannot be published under this name: {reason}")]
    FileName {
        /// Name of the file.
        name: String,
        /// Why not.
        reason: &'static str,
    },
    /// There is nothing to publish.
    #[error("no file is to be published")]
    NoFile,
    /// The manifest of a version cannot be understood.
    #[error("{} is damaged ({reason}): `tracesmith datasets verify` tells more, `rm` removes the version", path.display())]
    Damaged {
        /// The manifest.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl CatalogueError {
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}

impl From<(PathBuf, io::Error)> for CatalogueError {
    fn from((path, source): (PathBuf, io::Error)) -> Self {
        Self::Io { path, source }
    }
}
