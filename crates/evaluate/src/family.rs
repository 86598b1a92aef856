//! Metrics that are measured together.

use tracesmith_trace::Corpus;

use crate::error::EvaluationError;
use crate::measurement::Measurement;
use crate::metric::Metric;

/// Metrics that are measured together, and how.
#[derive(Debug, Clone, Copy)]
pub struct Family {
    /// Their declarations, in the order in which tables print them.
    pub metrics: &'static [Metric],
    /// Measures them on two corpora with the same vocabularies, as a part of [`crate::compare`] and of its ceiling. `None` of a family that
    /// needs more than two corpora, or whose result is more than numbers.
    pub compare: Option<CompareFunction>,
}

/// Measures a synthetic corpus, or a second real one, against a real one; the last argument is a seed.
pub type CompareFunction = fn(&Corpus, &Corpus, u64) -> Result<Vec<Measurement>, EvaluationError>;
