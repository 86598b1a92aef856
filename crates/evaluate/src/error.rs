//! Why a metric cannot be computed.

use thiserror::Error;
use tracesmith_trace::Corpus;

/// Inputs that no metric value can be defined for.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum EvaluationError {
    /// A corpus has no trace.
    #[error("the {side} corpus {name:?} has no trace: nothing can be compared")]
    EmptyCorpus {
        /// `real`, `synthetic`, `training` or `held-out`.
        side: &'static str,
        /// Name of the corpus.
        name: String,
    },
    /// Two corpora number their names differently.
    #[error("the corpora {first:?} and {second:?} have different vocabularies of {what}: align them first (`Corpus::aligned`)")]
    VocabularyMismatch {
        /// Name of the first corpus.
        first: String,
        /// Name of the second corpus.
        second: String,
        /// `services` or `operations`.
        what: &'static str,
    },
    /// A list that a metric averages over is empty.
    #[error("there are no {0} to evaluate")]
    Empty(&'static str),
    /// Two lists that belong together differ in length.
    #[error("{what}: {found} values where {expected} are needed")]
    LengthMismatch {
        /// What was counted.
        what: &'static str,
        /// Length of the reference.
        expected: usize,
        /// Length found.
        found: usize,
    },
    /// A class index is not of the list of classes.
    #[error("class {class} is outside the {classes} classes")]
    UnknownClass {
        /// The index.
        class: usize,
        /// Number of classes.
        classes: usize,
    },
    /// A value is not finite, negative, or probabilities do not add up to 1.
    #[error("{what} at position {position}: {value} is not valid")]
    BadValue {
        /// What the value is.
        what: &'static str,
        /// Position in the input.
        position: usize,
        /// The value.
        value: f64,
    },
    /// A metric is registered whose id another one has.
    #[error("there is a metric {metric:?} already: give the new one another id")]
    DeclaredTwice {
        /// The id.
        metric: &'static str,
    },
    /// A numerical library gave up.
    #[error("{what} failed: {message}")]
    Numerics {
        /// The method.
        what: &'static str,
        /// What the library says.
        message: String,
    },
}

/// Both corpora have traces and the same vocabularies, in this order of the checks.
///
/// # Errors
/// [`EvaluationError::EmptyCorpus`], [`EvaluationError::VocabularyMismatch`].
pub fn require_comparable(sides: [(&'static str, &Corpus); 2]) -> Result<(), EvaluationError> {
    for (side, corpus) in sides {
        if corpus.is_empty() {
            return Err(EvaluationError::EmptyCorpus { side, name: corpus.name().to_owned() });
        }
    }
    let [(_, first), (_, second)] = sides;
    let mismatch = |what| EvaluationError::VocabularyMismatch { first: first.name().to_owned(), second: second.name().to_owned(), what };
    if first.services() != second.services() {
        return Err(mismatch("services"));
    }
    if first.operations() != second.operations() {
        return Err(mismatch("operations"));
    }
    Ok(())
}
