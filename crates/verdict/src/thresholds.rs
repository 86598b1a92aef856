//! The thresholds of all verdicts, as one file holds them. `experiments/gate.toml` spells the defaults out.

use serde::{Deserialize, Serialize};

use crate::canary::CanaryConfig;
use crate::drift::DriftConfig;
use crate::gate::Limits;

/// A file of thresholds; what it leaves out has its default.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Thresholds {
    /// Of [`crate::gate()`].
    pub gate: Limits,
    /// Of [`crate::drift()`].
    pub drift: DriftConfig,
    /// Of [`crate::canary()`].
    pub compare: CanaryConfig,
}
