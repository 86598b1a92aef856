//! Traces of a file, in the order in which they began.

use std::{collections::HashMap, path::Path};

use tracesmith_formats::{Format, FormatError, Reading, read_spans};
use tracesmith_trace::SpanRecord;

/// Traces of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedTraces {
    /// Their spans, in the order of their earliest starts.
    pub traces: Vec<Vec<SpanRecord>>,
    /// How the file was read.
    pub reading: Reading,
}

impl RecordedTraces {
    /// When each trace began, in nanoseconds since the Unix epoch.
    pub fn starts_ns(&self) -> Vec<i64> {
        self.traces.iter().map(|trace| start_ns(trace)).collect()
    }
}

/// Reads the traces of a file of any format into memory. Nothing is cleaned.
///
/// # Errors
/// [`FormatError`] if the file cannot be read or has an error.
pub fn read_traces(path: &Path, format: Option<Format>) -> Result<RecordedTraces, FormatError> {
    let mut position = HashMap::new();
    let mut traces: Vec<Vec<SpanRecord>> = Vec::new();
    let reading = read_spans(path, format, &mut |record| {
        let trace = *position.entry(record.trace_id.clone()).or_insert(traces.len());
        if trace == traces.len() {
            traces.push(Vec::new());
        }
        traces[trace].push(record);
        Ok(())
    })?;
    traces.sort_by_key(|trace| start_ns(trace));
    Ok(RecordedTraces { traces, reading })
}

/// Earliest start of a span.
pub(crate) fn start_ns(trace: &[SpanRecord]) -> i64 {
    trace.iter().map(|span| span.start_ns).min().unwrap_or_default()
}
