//! What a canary is held or rolled back for.

use serde::Serialize;

/// What should happen to the canary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing speaks against it.
    Promote,
    /// Somebody should look, or more traces are needed.
    Hold,
    /// It is worse.
    Rollback,
}

impl Verdict {
    /// Name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Promote => "promote",
            Self::Hold => "hold",
            Self::Rollback => "rollback",
        }
    }
}

/// Why a canary is not promoted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reason {
    /// What it asks for.
    pub verdict: Verdict,
    /// The figure, the threshold, and what they are about.
    pub text: String,
}
