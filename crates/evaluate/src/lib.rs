//! Metrics of synthetic traces: one module a metric family, plain data in, plain data out.
//!
//! `real` is always a real corpus that no generator was fitted on. Durations are in µs. No metric is ever NaN: what an input does not define
//! is a documented value, an absent one, or an [`EvaluationError`]. Every result can be serialised and listed under dotted keys ([`Entries`]).

pub mod canary;
mod comparison;
pub mod discriminator;
pub mod drift;
mod entries;
mod error;
pub mod fault_effects;
pub mod fidelity;
#[cfg(test)]
mod fixture;
pub mod gate;
pub mod instance;
pub mod memorisation;
mod operations;
pub mod privacy;
pub mod probe;
#[cfg(test)]
mod properties;
pub mod ranking;
pub mod reconstruction;
mod sampling;
mod shift;
pub mod significance;
pub mod similarity;
pub mod statistics;
pub mod utility;
pub mod validity;

pub use canary::{CanaryConfig, CanaryReport, Verdict, canary};
pub use comparison::{Comparison, Judgement, ceiling, compare, judge};
pub use discriminator::{DiscriminatorReport, DiscriminatorSettings, strong_discriminator};
pub use drift::{DriftConfig, DriftReport, drift};
pub use entries::{Entries, nested};
pub use error::EvaluationError;
pub use fault_effects::{FaultFidelity, FaultSettings, fault_fidelity};
pub use fidelity::{StructuralFidelity, structural_fidelity};
pub use gate::{GateConfig, GateInput, GateReport, gate};
pub use instance::{InstanceSimilarity, instance_similarity};
pub use memorisation::{Memorisation, memorisation};
pub use privacy::{Privacy, membership_from_losses, privacy, privacy_ceiling};
pub use probe::{Probe, linear_probe};
pub use reconstruction::{Reconstruction, ReconstructionTally, TraceContent};
pub use shift::{PERMUTATIONS, Shift};
pub use similarity::{Similarity, similarity};
pub use utility::{ClassificationReport, classification_report};
pub use validity::{Validity, validity};
