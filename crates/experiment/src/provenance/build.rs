//! What a program was built from.

use serde::{Deserialize, Serialize};

/// What a program was built from. The program says it, because only its build knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// Commit that was checked out; `None` if the sources were in no repository.
    pub commit: Option<String>,
    /// Whether the sources differed from the commit.
    pub dirty: Option<bool>,
    /// Compiler, as it names itself.
    pub rustc: String,
    /// What it compiled for, such as `x86_64-unknown-linux-gnu`.
    pub target: String,
    /// Instructions that it could take for granted, such as `fxsr,sse,sse2`.
    pub target_features: String,
    /// `debug` or `release`.
    pub profile: String,
}

impl Build {
    /// The commit, and whether the sources differed from it.
    pub fn source(&self) -> String {
        match (&self.commit, self.dirty) {
            (Some(commit), Some(true)) => format!("{commit} with changes"),
            (Some(commit), _) => commit.clone(),
            (None, _) => "unknown".to_owned(),
        }
    }
}
