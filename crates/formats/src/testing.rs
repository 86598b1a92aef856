//! What the tests of several formats share.

use std::path::Path;

use proptest::prelude::*;
use tracesmith_trace::{ATTRIBUTE_KEYS, Attributes, Label, SpanKind, SpanRecord, Status, StatusCode};

use crate::{Format, FormatError, Reading, read_spans, tags::written_code};

pub(crate) fn read_file(path: &Path, format: Option<Format>) -> Result<(Reading, Vec<SpanRecord>), FormatError> {
    let mut spans = Vec::new();
    let reading = read_spans(path, format, &mut |span| {
        spans.push(span);
        Ok(())
    })?;
    Ok((reading, spans))
}

pub(crate) fn read_counted(content: &[u8], format: Option<Format>) -> Result<(Reading, Vec<SpanRecord>), FormatError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, content).unwrap();
    read_file(&path, format)
}

pub(crate) fn read_text(text: &str, format: Option<Format>) -> Result<(Format, Vec<SpanRecord>), FormatError> {
    read_counted(text.as_bytes(), format).map(|(reading, spans)| (reading.format, spans))
}

/// What formats with whole µs make of spans.
pub(crate) fn in_whole_microseconds(mut spans: Vec<SpanRecord>) -> Vec<SpanRecord> {
    for span in &mut spans {
        span.start_ns = (span.start_ns + 500).div_euclid(1000) * 1000;
        span.duration_us = span.duration_us.round();
    }
    spans
}

/// What OTLP makes of spans.
pub(crate) fn in_whole_nanoseconds(mut spans: Vec<SpanRecord>) -> Vec<SpanRecord> {
    spans.iter_mut().for_each(|span| span.duration_us = (span.duration_us * 1000.0).round() / 1000.0);
    spans
}

/// The order of OTLP: within each trace by service.
pub(crate) fn by_service(mut spans: Vec<SpanRecord>) -> Vec<SpanRecord> {
    spans.sort_by(|a, b| (&a.trace_id, &a.service).cmp(&(&b.trace_id, &b.service)));
    spans
}

pub(crate) fn round_trip(traces: Vec<Vec<SpanRecord>>, format: Format) -> Vec<SpanRecord> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    // Without the disk crate, which waits for the disk: properties are tried with hundreds of files.
    let mut bytes = Vec::new();
    format.codec().write(&mut bytes, &mut traces.into_iter(), true).unwrap();
    if bytes.is_empty() {
        return Vec::new();
    }
    std::fs::write(&path, bytes).unwrap();
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
        duration_us: 1.0,
        ..SpanRecord::default()
    };
    (0..count).map(record).collect()
}

/// Any attributes: numbers, texts that look like numbers, and anything else.
fn attributes() -> impl Strategy<Value = Attributes> {
    let value = prop_oneof!["[a-z/{}\"\\\\=\u{e9} ]{1,6}", "-?0?[0-9]{1,3}"];
    proptest::collection::vec((proptest::sample::select(&ATTRIBUTE_KEYS[..]), value), 0..4).prop_map(|pairs| {
        let mut attributes = Attributes::default();
        pairs.iter().for_each(|(key, value)| attributes.insert(key, value).unwrap());
        attributes
    })
}

/// Any status.
fn statuses() -> impl Strategy<Value = Status> {
    let http = prop_oneof![Just(None), (100u16..600).prop_map(Some)];
    (http, proptest::sample::select(&StatusCode::ALL[..])).prop_map(|(http, code)| Status { http, code })
}

/// What formats with status codes make of spans: an HTTP status of the server's errors gets the code of an error.
pub(crate) fn with_written_codes(mut spans: Vec<SpanRecord>) -> Vec<SpanRecord> {
    spans.iter_mut().for_each(|span| span.status.code = written_code(span.status));
    spans
}

/// Any traces: names with everything that has a meaning in CSV or JSON, any tree, any duration.
pub(crate) fn traces() -> impl Strategy<Value = Vec<Vec<SpanRecord>>> {
    let name = || "[a-z,\"\\\\'{}\u{e9}\n -]{0,6}[a-z]";
    let span = (
        name(),
        name(),
        0i64..4_000_000_000_000_000_000,
        prop_oneof![0.0f64..1e9, (0u32..1000).prop_map(f64::from)],
        statuses(),
        proptest::sample::select(&SpanKind::ALL[..]),
        attributes(),
        any::<prop::sample::Index>(),
    );
    let trace = proptest::collection::vec(span, 1..8);
    proptest::collection::vec(trace, 0..5).prop_map(|traces| {
        let spans = |(t, trace): (usize, Vec<_>)| {
            let record = |(i, (service, operation, start_ns, duration_us, status, kind, attributes, parent)): (
                usize,
                (_, _, _, _, _, _, _, prop::sample::Index),
            )| {
                SpanRecord {
                    // Ids of 64 and of 128 bits.
                    trace_id: if t % 2 == 0 { format!("{:016x}", t + 1) } else { format!("{t:032x}").replacen('0', "c", 1) },
                    span_id: format!("{:016x}", i + 1),
                    parent_id: (i > 0).then(|| format!("{:016x}", parent.index(i) + 1)),
                    service,
                    operation,
                    start_ns,
                    duration_us,
                    status,
                    kind,
                    attributes,
                    label: Label::Unknown,
                }
            };
            trace.into_iter().enumerate().map(record).collect()
        };
        traces.into_iter().enumerate().map(spans).collect()
    })
}
