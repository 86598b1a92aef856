//! Metrics of synthetic traces: one module a metric family, plain data in, plain data out.
//!
//! `real` is always a real corpus that no generator was fitted on. Durations are in µs. No metric is ever NaN: what an input does not define
//! is a documented value, an absent one, or an [`EvaluationError`]. Every result can be serialised and listed as
//! [`Measurement`]s; what is known of a metric beside its value is declared beside the function that measures it ([`Metric`], [`metric()`]).

mod comparison;
pub mod discriminator;
mod error;
mod family;
pub mod fault_effects;
pub mod fidelity;
#[cfg(test)]
mod fixture;
pub mod instance;
mod measurement;
pub mod memorisation;
mod metric;
pub mod privacy;
pub mod probe;
#[cfg(test)]
mod properties;
pub mod ranking;
pub mod reconstruction;
mod registry;
pub mod sampling;
pub mod significance;
pub mod similarity;
pub mod statistics;
pub mod utility;
pub mod validity;

pub use comparison::{Comparison, Judgement, ceiling, compare, judge};
pub use discriminator::{DiscriminatorReport, DiscriminatorSettings, strong_discriminator};
pub use error::{EvaluationError, require_comparable};
pub use family::{CompareFunction, Family};
pub use fault_effects::{FaultFidelity, FaultSettings, fault_fidelity};
pub use fidelity::{StructuralFidelity, structural_fidelity};
pub use instance::{InstanceSimilarity, instance_similarity};
pub use measurement::{Measure, Measurement, flat};
pub use memorisation::{Memorisation, memorisation};
pub use metric::{Ceiling, Direction, Metric, Role, Unit};
pub use privacy::{Privacy, membership_from_losses, privacy, privacy_ceiling};
pub use probe::{Probe, linear_probe};
pub use reconstruction::{Reconstruction, ReconstructionTally, TraceContent};
pub use registry::{families, metric, register};
pub use similarity::{Similarity, similarity};
pub use utility::{ClassificationReport, classification_report};
pub use validity::{Validity, validity};
