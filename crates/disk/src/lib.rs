//! Files and folders that appear whole or not at all.
//!
//! Everything that tracesmith writes goes through here: into a temporary place beside the target, from there to the disk (`fsync`), and then
//! by a rename to its name, which is made to last by an `fsync` of the folder. A power cut, a full disk or a kill leaves what was there
//! before, or the new content, and never a part of it.

mod atomic;
mod publish;

use std::{io, path::PathBuf};

pub use atomic::{write_atomically, write_bytes};
pub use publish::move_into_place;

/// A file or folder that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {path}: {source}", path = path.display())]
pub struct WriteError {
    /// The file or folder.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

impl WriteError {
    fn at(path: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self { path, source }
    }
}
