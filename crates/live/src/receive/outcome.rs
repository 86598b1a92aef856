//! What a receiver got, and why it ended.

use tracesmith_formats::ReadWarnings;
use tracesmith_trace::SpanRecord;

/// Why a receiver ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It was stopped.
    Stopped,
    /// [`super::ReceiveSettings::duration`] is over.
    Duration,
    /// It has [`super::ReceiveSettings::max_traces`].
    Traces,
    /// It has [`super::ReceiveSettings::max_spans`], or spans of [`super::MAX_HELD_BYTES`].
    Spans,
}

/// What a receiver got.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// The spans, in the order in which they came.
    pub spans: Vec<SpanRecord>,
    /// Number of their traces.
    pub traces: usize,
    /// Requests that were taken, if only in part.
    pub requests: u64,
    /// Requests that were refused as a whole, for example because they were no OTLP.
    pub refused_requests: u64,
    /// Spans that were rejected one by one: without ids, or after the receiver had enough.
    pub rejected_spans: u64,
    /// Spans that were taken with something replaced.
    pub warnings: ReadWarnings,
    /// Why it ended.
    pub ended: Ended,
}
