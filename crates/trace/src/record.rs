//! A span as a file names it, before it is assembled into a trace.

use crate::{Attributes, Label, SpanKind, Status, derive_seed};

/// One span of a file: names and ids as strings, nothing resolved yet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SpanRecord {
    /// Id of the trace.
    pub trace_id: String,
    /// Id of the span, unique within its trace.
    pub span_id: String,
    /// Id of the parent span; `None` for a root.
    pub parent_id: Option<String>,
    /// Name of the service that reported the span.
    pub service: String,
    /// Name of the operation.
    pub operation: String,
    /// Start in nanoseconds since the Unix epoch, as exact as the format has it.
    pub start_ns: i64,
    /// Duration in µs.
    pub duration_us: f64,
    /// How it ended.
    pub status: Status,
    /// Part in a call.
    pub kind: SpanKind,
    /// What else says what kind of call it is.
    pub attributes: Attributes,
    /// State of the system in the trace of the span, where the file says it. The root's counts.
    pub label: Label,
}

/// Id of a span whose source has none, which is any span of a [`crate::Corpus`]: 16 hexadecimal digits that follow from the id of the trace
/// and the span's position in it.
pub fn span_id(trace_id: &str, position: usize) -> String {
    format!("{:016x}", derive_seed(position as u64, trace_id))
}
