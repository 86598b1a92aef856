//! Files of pyarrow, polars and DuckDB, made by `parquet/make.py`.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use tracesmith_formats::{Format, read_spans};
use tracesmith_trace::{SpanKind, SpanRecord, Status};

fn read(name: &str) -> Vec<SpanRecord> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parquet").join(name);
    let mut spans = Vec::new();
    let reading = read_spans(&path, None, &mut |span| {
        spans.push(span);
        Ok(())
    })
    .unwrap();
    assert_eq!((reading.format, reading.has_starts, reading.warnings.is_nothing()), (Format::PARQUET, true, true), "{name}");
    spans
}

#[test]
fn files_of_other_programs_are_read_alike() {
    let spans = read("pyarrow.parquet");
    assert_eq!(spans, read("polars.parquet"));
    assert_eq!(spans, read("duckdb.parquet"));
    let names = |span: &SpanRecord| [&span.trace_id, &span.span_id, &span.service, &span.operation].map(String::clone);
    assert_eq!(
        spans.iter().map(names).collect::<Vec<_>>(),
        [["t", "a", "web", "GET /"], ["t", "b", "db", "find"], ["u", "a", "web", "GET /"]]
    );
    let times: Vec<_> = spans.iter().map(|span| (span.start_ns, span.duration_us)).collect();
    let expected = [(1_700_000_000_000_000_001, 1500.25), (1_700_000_000_000_500_001, 700.0), (1_700_000_001_000_000_000, 3.0)];
    assert_eq!(times, expected);
    let outcomes: Vec<_> = spans.iter().map(|span| (span.parent_id.as_deref(), span.kind, span.status)).collect();
    assert_eq!(
        outcomes,
        [
            (None, SpanKind::Server, Status::of_http(200)),
            (Some("a"), SpanKind::Client, Status::UNSET),
            (None, SpanKind::Unspecified, Status::of_http(503)),
        ]
    );
    assert_eq!(spans.iter().map(|span| span.attributes.get("http.route")).collect::<Vec<_>>(), [Some("/"), None, None]);
}
