//! What a caller asks a generator for.

use tracesmith_trace::{Class, Conditions, SizeMode};

/// A request for traces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Number of traces.
    pub count: usize,
    /// What they shall be. What is left open is as often as in the training data.
    pub conditions: Conditions,
    /// Seed.
    pub seed: u64,
    /// Number of threads; 0 for one a core. Does not change the result.
    pub threads: usize,
}

impl Request {
    /// `count` traces of any kind, of empirical sizes.
    pub fn new(count: usize, seed: u64) -> Self {
        Self { count, conditions: Conditions::default(), seed, threads: 0 }
    }

    /// The same request under these conditions, in place of its own.
    pub fn under(self, conditions: Conditions) -> Self {
        Self { conditions, ..self }
    }

    /// The same request with sizes of this mode.
    pub fn with_size(self, mode: SizeMode) -> Self {
        Self { conditions: self.conditions.with_size(mode), ..self }
    }

    /// The same request for traces of this class; [`Class::Unknown`] leaves it open.
    pub fn with_class(self, class: Class) -> Self {
        Self { conditions: self.conditions.with_class(class), ..self }
    }

    /// The same request for traces with this root, written `operation` or `service/operation`.
    pub fn with_root(self, root: impl Into<String>) -> Self {
        Self { conditions: self.conditions.with_root(root), ..self }
    }

    /// The same request on this number of threads.
    pub fn on_threads(self, threads: usize) -> Self {
        Self { threads, ..self }
    }
}
