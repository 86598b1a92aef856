//! How an experiment is run.

use std::path::PathBuf;

use tracesmith_model::DeviceChoice;

use crate::provenance::Build;

/// How an experiment is run.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// `key=value` with dotted keys, applied before anything is read.
    pub overrides: Vec<String>,
    /// Device of the networks.
    pub device: DeviceChoice,
    /// Folder of the report; `reports/NAME` if there is none.
    pub out: Option<PathBuf>,
    /// Folder of cached stages; `None` keeps nothing.
    pub cache: Option<PathBuf>,
    /// Stages that run at a time; 0 for one a core. On a GPU one at a time. Does not change any result.
    pub threads: usize,
    /// What the program was built from, for the provenance.
    pub build: Option<Build>,
}
