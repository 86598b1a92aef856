//! What an entry of a cache is.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::Stage;

/// What an entry is, inside the folder of an entry that is one.
pub(super) const ABOUT_FILE: &str = "about.json";

/// Description of an entry: the first line of a file, or `about.json` of a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Stage, such as `fit`.
    pub stage: String,
    /// What it is, such as `fit hvae · sn · seed 1`.
    pub title: String,
    /// Kind of device that it was computed on.
    pub device: String,
    /// Versions of the code that computed it.
    pub code: BTreeMap<String, u32>,
    /// When it was computed, in seconds since 1970.
    pub computed_unix_s: u64,
}

impl About {
    pub(super) fn new(stage: Stage, title: &str, device: &str) -> Self {
        Self {
            stage: stage.name().to_owned(),
            title: title.to_owned(),
            device: device.to_owned(),
            code: stage.code_versions(),
            computed_unix_s: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
        }
    }

    /// Whether this program would take it: the code has the same versions.
    pub(super) fn is_current(&self) -> bool {
        let current = Stage::ALL.into_iter().find(|stage| stage.name() == self.stage).map(Stage::code_versions);
        current.is_some_and(|current| current == self.code)
    }
}
