//! What can go wrong between a corpus and its tokens.

use thiserror::Error;

/// Why a codec cannot be fitted, or a trace cannot be encoded.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CodecError {
    /// There is no trace.
    #[error("the corpus has no trace to fit a codec on")]
    Empty,
    /// A trace is not a tree with a single root.
    #[error(
        "trace {trace}: it has {roots} roots and {several_parents} spans with several parents; only trees with one root can be encoded: leave it out"
    )]
    NotATree {
        /// Id of the trace.
        trace: String,
        /// Spans without a parent.
        roots: usize,
        /// Spans with more than one parent.
        several_parents: usize,
    },
    /// A trace is deeper than a depth token can say.
    #[error("trace {trace}: it is {depth} levels deep and the deepest that can be encoded is {}: leave it out", u16::MAX)]
    TooDeep {
        /// Id of the trace.
        trace: String,
        /// Depth of its deepest span; the root's is 0.
        depth: usize,
    },
    /// A setting makes no sense.
    #[error("{key} = {value}: it must be at least {least}")]
    BadSetting {
        /// The setting.
        key: &'static str,
        /// Its value.
        value: usize,
        /// The smallest value that it may have.
        least: usize,
    },
    /// A stored codec contradicts itself.
    #[error("the stored codec is damaged: {0}; fit it again")]
    Inconsistent(&'static str),
}
