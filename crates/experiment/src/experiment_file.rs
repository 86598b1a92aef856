//! An experiment as its author wrote it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::ExperimentError;

/// The text of an experiment file and where it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExperimentFile {
    /// Path, for messages and for the name of the report.
    pub path: PathBuf,
    /// Content.
    pub text: String,
}

impl ExperimentFile {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// [`ExperimentError::Io`] with the path.
    pub fn read(path: &Path) -> Result<Self, ExperimentError> {
        let text = fs::read_to_string(path).map_err(|source| ExperimentError::Io { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), text })
    }

    /// Name of the experiment: that of the file without its ending.
    pub fn name(&self) -> String {
        self.path.file_stem().map_or_else(|| "experiment".into(), |stem| stem.to_string_lossy().into_owned())
    }
}
