//! What the tests of several modules share.

use tracesmith_trace::{SpanKind, SpanRecord, Status, StatusCode};

use crate::Origin;

pub(crate) fn origin() -> Origin {
    Origin { dataset: "shop".into(), version: "1".into(), scenario: "none".into(), seed: 0 }
}

/// A root and its children, of up to five services in turn, each 1.5 µs long and begun 1 µs after the one before.
pub(crate) fn trace(id: &str, spans: usize) -> Vec<SpanRecord> {
    let span = |position: usize| SpanRecord {
        trace_id: id.to_owned(),
        span_id: format!("{:016x}", position + 1),
        parent_id: (position > 0).then(|| format!("{:016x}", 1)),
        service: format!("service {}", position % 5),
        operation: format!("operation {position}"),
        start_ns: 1_000_000_000 + position as i64 * 1000,
        duration_us: 1.5,
        status: if position.is_multiple_of(2) { Status::of_http(200) } else { Status { http: Some(503), code: StatusCode::Error } },
        kind: SpanKind::Server,
        ..SpanRecord::default()
    };
    (0..spans).map(span).collect()
}

/// Another trace with the id of its number.
pub(crate) fn numbered(number: usize) -> Vec<SpanRecord> {
    trace(&format!("{:032x}", (1u128 << 100) + number as u128), 1 + number % 7)
}

mod collector;

pub(crate) use self::collector::{Reply, grpc_collector, http_collector};
