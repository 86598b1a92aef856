//! Why arrivals cannot be learnt.

use thiserror::Error;

/// Why arrivals cannot be learnt.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ArrivalError {
    /// There is no gap between traces.
    #[error("{traces} traces have no gap between their starts to learn from: at least 2 are needed")]
    TooFew {
        /// Number of traces.
        traces: usize,
    },
    /// All begin at the same moment.
    #[error("all {traces} traces begin at the same moment: there are no arrivals to learn from them; set a rate instead")]
    NoTime {
        /// Number of traces.
        traces: usize,
    },
}
