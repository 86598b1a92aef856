//! What can go wrong between an experiment file and its report.

use std::path::PathBuf;

use thiserror::Error;
use tracesmith_evaluate::EvaluationError;

/// Why an experiment cannot be run.
#[derive(Debug, Error)]
pub enum ExperimentError {
    /// A file cannot be read or a folder not be made.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is no TOML.
    #[error("{path}: {message}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// What the parser said, with the line.
        message: String,
    },
    /// A key or a value is not understood.
    #[error("{path}: {key}: {message}")]
    Key {
        /// The file.
        path: PathBuf,
        /// The key, as a dotted path.
        key: String,
        /// What is wrong, with the nearest valid name.
        message: String,
    },
    /// `--set` needs `key=value`.
    #[error("--set {0:?}: write key=value, for example data.traces=200")]
    Override(String),
    /// A folder is no cache of ours.
    #[error("{path} is no cache of tracesmith: {message}")]
    Cache {
        /// The folder.
        path: PathBuf,
        /// Why not.
        message: String,
    },
    /// The data cannot be had.
    #[error("system {system}: {message}")]
    Data {
        /// Name of the system in the experiment.
        system: String,
        /// What is wrong.
        message: String,
    },
    /// A stage failed.
    #[error("{stage}: {message}")]
    Stage {
        /// The stage.
        stage: String,
        /// What is wrong.
        message: String,
    },
    /// The device cannot be used.
    #[error(transparent)]
    Device(#[from] tracesmith_model::DeviceError),
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] tracesmith_disk::WriteError),
    /// Traces cannot be written.
    #[error(transparent)]
    Traces(#[from] tracesmith_formats::FormatError),
    /// A report cannot be made or used.
    #[error("report: {0}")]
    Report(String),
}

impl ExperimentError {
    /// Wraps an error of a stage with its causes.
    pub(crate) fn stage(stage: &str, error: &dyn std::error::Error) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            if !message.contains(&text) {
                message = format!("{message}: {text}");
            }
            source = cause.source();
        }
        Self::Stage { stage: stage.to_owned(), message }
    }
}

impl From<EvaluationError> for ExperimentError {
    fn from(error: EvaluationError) -> Self {
        Self::stage("evaluate", &error)
    }
}
