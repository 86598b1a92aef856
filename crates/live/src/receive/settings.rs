//! What ends a receiver, and its limits.

use std::time::Duration;

/// Longest request that is taken, in bytes after decompression: the usual limit of gRPC.
pub const MAX_REQUEST_BYTES: usize = 4 << 20;

/// Spans that are kept unless set otherwise. Each takes some 400 bytes of memory, more if it has long names or many attributes.
pub const MAX_SPANS: usize = 1_000_000;

/// Bytes of requests after decompression whose spans are kept.
pub const MAX_HELD_BYTES: u64 = 2 << 30;

/// When a receiver ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceiveSettings {
    /// After so many traces, when no further spans of them come; spans of other traces are rejected then.
    pub max_traces: Option<usize>,
    /// After so many spans; more are rejected.
    pub max_spans: usize,
    /// After this time.
    pub duration: Option<Duration>,
}

impl Default for ReceiveSettings {
    fn default() -> Self {
        Self { max_traces: None, max_spans: MAX_SPANS, duration: None }
    }
}
