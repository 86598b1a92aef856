//! What became of the traces of a stream.

use std::time::Duration;

use serde::Serialize;

/// Traces and their spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Amount {
    /// Traces.
    pub traces: u64,
    /// Spans.
    pub spans: u64,
}

impl Amount {
    pub(crate) fn add(&mut self, other: Self) {
        self.traces += other.traces;
        self.spans += other.spans;
    }
}

/// Counts of a stream that has ended. Every trace whose time came is in exactly one of `accepted`, `rejected`, `given_up` and `unsent`.
///
/// A trace is `accepted` if the collector took all requests with spans of it whole. A collector that rejects part of a request says how many
/// spans, not which: the traces of such a request all count as `rejected`.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Tally {
    /// Taken from the source, and their time had come.
    pub due: Amount,
    /// In requests of which at least one was tried.
    pub sent: Amount,
    /// The collector took them.
    pub accepted: Amount,
    /// The collector refused them.
    pub rejected: Amount,
    /// No attempt was answered, or all of them with "later". The collector may still have some: an answer can be lost.
    pub given_up: Amount,
    /// Never tried, because the stream ended before.
    pub unsent: Amount,
    /// Requests, each counted once.
    pub requests: u64,
    /// Further attempts.
    pub retries: u64,
    /// From the first to the last moment, in seconds.
    pub seconds: f64,
    /// How much later than planned the last trace was, because the source or the collector was too slow, in seconds.
    pub late_seconds: f64,
    /// First message of the collector about something it took only in part, or with a warning.
    pub message: Option<String>,
    /// Why the stream ended before its time, if the collector or the source did that.
    pub failure: Option<String>,
    /// Whether it was stopped from outside.
    pub stopped: bool,
}

impl Tally {
    pub(crate) fn set_times(&mut self, elapsed: Duration, late: Duration) {
        self.seconds = elapsed.as_secs_f64();
        self.late_seconds = late.as_secs_f64();
    }

    /// Whether the collector took everything whose time had come, or the stream was stopped from outside and nothing was refused.
    pub fn is_good(&self) -> bool {
        self.failure.is_none() && self.rejected.spans == 0 && self.given_up.spans == 0
    }
}
