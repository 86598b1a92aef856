//! Verdicts: measurements and tests of significance beside thresholds. The [`gate()`] says whether a synthetic data set may be used,
//! [`drift()`] what changed between two windows of real traces, [`canary()`] whether a new version may go on.
//!
//! Every verdict names the figures, the thresholds and the parts of the data that it rests on. Equal seeds give equal verdicts whatever the
//! order of the traces.

pub mod canary;
pub mod drift;
mod error;
mod figure;
// The small corpora of the unit tests of the metrics, of which the verdicts need most.
#[cfg(test)]
#[allow(dead_code)]
#[path = "../../evaluate/src/fixture.rs"]
mod fixture;
pub mod gate;
#[cfg(test)]
mod properties;
mod shift;
mod thresholds;

pub use canary::{CanaryConfig, CanaryReport, Verdict, canary};
pub use drift::{DriftConfig, DriftReport, drift};
pub use error::VerdictError;
pub use gate::{GateInput, GateReport, gate};
pub use shift::{PERMUTATIONS, Shift};
pub use thresholds::Thresholds;
