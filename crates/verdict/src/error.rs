//! Why a verdict cannot be given.

use thiserror::Error;
use tracesmith_evaluate::EvaluationError;

/// Inputs that no verdict can be given on.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum VerdictError {
    /// A metric cannot be computed.
    #[error(transparent)]
    Evaluation(#[from] EvaluationError),
    /// A check of the gate is required that there is none of.
    #[error("there is no check {check:?} that could be required; there are {known}")]
    UnknownCheck {
        /// What is required.
        check: String,
        /// The ids of all checks.
        known: String,
    },
}
