//! When traces begin: a stochastic process that is set, learnt from recorded starts, or the recording itself.

mod error;
mod learnt;
mod pattern;

use std::time::Duration;

use tracesmith_trace::rng;

pub use self::{
    error::ArrivalError,
    learnt::{LearntGaps, Recording},
    pattern::{Pattern, UnknownPattern},
};

/// When traces begin.
#[derive(Debug, Clone, PartialEq)]
pub enum Arrivals {
    /// By a pattern.
    Pattern {
        /// The pattern.
        pattern: Pattern,
        /// Mean rate in traces a second, positive.
        rate: f64,
    },
    /// With gaps drawn from those of a recording.
    Learnt(LearntGaps),
    /// As recorded, from the start again when the recording is over.
    Recorded(Recording),
}

impl Arrivals {
    /// Traces a second: the highest rate of a pattern, the mean rate of what was recorded.
    pub fn rate(&self) -> f64 {
        match self {
            Self::Pattern { pattern, rate } => pattern.peak() * rate,
            Self::Learnt(gaps) => gaps.rate(),
            Self::Recorded(recording) => recording.rate(),
        }
    }

    /// Times from the start of a stream at which traces begin, in order and without end; the same for the same seed.
    pub(crate) fn times(self, seed: u64) -> Box<dyn Iterator<Item = Duration> + Send> {
        let rng = rng(seed, "arrivals");
        let seconds: Box<dyn Iterator<Item = f64> + Send> = match self {
            Self::Pattern { pattern, rate } => pattern.times(rate, rng),
            Self::Learnt(gaps) => Box::new(gaps.times(rng)),
            Self::Recorded(recording) => Box::new(recording.times()),
        };
        // A time that no clock has comes after everything.
        Box::new(seconds.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)))
    }
}
