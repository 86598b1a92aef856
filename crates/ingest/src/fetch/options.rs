//! What is fetched, where to, and how patiently.

use std::{path::PathBuf, time::Duration};

use crate::archive::UnpackLimits;

/// How patient a download is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpOptions {
    /// Longest time without a byte, and to connect.
    pub patience: Duration,
    /// How often a download that broke off is taken up again.
    pub retries: u32,
    /// Wait before the first of these; every other one is twice as long, up to 30 s.
    pub backoff: Duration,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self { patience: Duration::from_secs(30), retries: 5, backoff: Duration::from_secs(1) }
    }
}

/// What is fetched, and where to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FetchOptions {
    /// Address to take instead of the manifest's.
    pub url: Option<String>,
    /// Folder for the files instead of [`crate::Manifest::fetched_folder`].
    pub into: Option<PathBuf>,
    /// How patient the download is.
    pub http: HttpOptions,
    /// How much an archive may hold.
    pub limits: UnpackLimits,
}
