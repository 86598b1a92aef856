//! What the tests of several formats share.

use std::path::Path;

use proptest::prelude::*;
use tracesmith_trace::SpanRecord;

use crate::{Format, FormatError, read_spans, write_records};

pub(crate) fn read_file(path: &Path, format: Option<Format>) -> Result<(Format, Vec<SpanRecord>), FormatError> {
    let mut spans = Vec::new();
    let format = read_spans(path, format, &mut |span| {
        spans.push(span);
        Ok(())
    })?;
    Ok((format, spans))
}

pub(crate) fn read_text(text: &str, format: Option<Format>) -> Result<(Format, Vec<SpanRecord>), FormatError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, text).unwrap();
    read_file(&path, format)
}

pub(crate) fn round_trip(traces: Vec<Vec<SpanRecord>>, format: Format) -> Vec<SpanRecord> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.gz");
    write_records(traces.concat(), format, &path).unwrap();
    // The format is given because a file without a row may not show it.
    read_file(&path, Some(format)).unwrap().1
}

/// Spans without a parent of one trace, with the ids 0, 1, ….
pub(crate) fn records(count: usize) -> Vec<SpanRecord> {
    let record = |i| SpanRecord {
        trace_id: "t".into(),
        span_id: format!("{i}"),
        parent_id: None,
        service: format!("service {i}"),
        operation: "o".into(),
        start_ns: 0,
        duration_us: 1.0,
        status: 0,
    };
    (0..count).map(record).collect()
}

/// Any traces: names with everything that has a meaning in CSV or JSON, any tree, any duration.
pub(crate) fn traces() -> impl Strategy<Value = Vec<Vec<SpanRecord>>> {
    let name = || "[a-z,\"\\\\'{}\u{e9}\n -]{0,6}[a-z]";
    let span = (
        name(),
        name(),
        0i64..4_000_000_000_000_000_000,
        prop_oneof![0.0f64..1e9, (0u32..1000).prop_map(f64::from)],
        0u16..600,
        any::<prop::sample::Index>(),
    );
    let trace = proptest::collection::vec(span, 1..8);
    proptest::collection::vec(trace, 0..5).prop_map(|traces| {
        let spans = |(t, trace): (usize, Vec<_>)| {
            let record =
                |(i, (service, operation, start_ns, duration_us, status, parent)): (usize, (_, _, _, _, _, prop::sample::Index))| {
                    SpanRecord {
                        trace_id: format!("trace-{t}"),
                        span_id: format!("{i:016x}"),
                        parent_id: (i > 0).then(|| format!("{:016x}", parent.index(i))),
                        service,
                        operation,
                        start_ns,
                        duration_us,
                        status,
                    }
                };
            trace.into_iter().enumerate().map(record).collect()
        };
        traces.into_iter().enumerate().map(spans).collect()
    })
}
