//! From messages to span records and back.

use std::borrow::Cow;

use tracesmith_trace::{Label, SpanKind, SpanRecord, StatusCode};

use super::message::{
    AnyValue, BadSpan, ExportTraceServiceRequest, KeyValue, Resource, ResourceSpans, SERVICE_NAME, ScopeSpans, Span, Status, id, ids,
};
use crate::{
    ReadWarnings,
    tags::{HTTP_RESPONSE_STATUS, Meaning, TagSigns, as_number, written_code},
    wire_id,
};

/// Most spans of a request that is written, far below what readers take.
const SPANS_A_REQUEST: usize = 1000;

/// The spans of a resource, in their order. What is missing or unknown, but can be done without, is counted in `warnings`.
///
/// # Errors
/// [`BadSpan`] for a span whose ids or start cannot be used.
pub fn span_records(resource_spans: ResourceSpans, warnings: &mut ReadWarnings) -> impl Iterator<Item = Result<SpanRecord, BadSpan>> {
    let service = service_name(resource_spans.resource);
    let spans = resource_spans.scope_spans.into_iter().flat_map(|scope| scope.spans);
    spans.map(move |span| span_record(span, service.clone(), warnings))
}

fn service_name(resource: Option<Resource>) -> Option<String> {
    let attributes = resource.unwrap_or_default().attributes;
    attributes.into_iter().find(|attribute| attribute.key == SERVICE_NAME)?.value?.string_value
}

/// The record of a span of `service`.
pub(super) fn span_record(span: Span, service: Option<String>, warnings: &mut ReadWarnings) -> Result<SpanRecord, BadSpan> {
    let (trace_id, span_id) = ids(&span)?;
    let is_root = span.parent_span_id.iter().all(|&byte| byte == 0);
    let parent_id = if is_root { None } else { Some(id("parentSpanId", &span.parent_span_id, 8)?) };
    let start = span.start_time_unix_nano;
    let start_ns = i64::try_from(start).map_err(|_| BadSpan {
        field: "startTimeUnixNano",
        value: start.to_string(),
        expected: "a Unix time in ns of 63 bits",
    })?;
    let Meaning { kind, status, attributes } = signs(&span).conclude(warnings);
    Ok(SpanRecord {
        trace_id: wire_id::normal_trace_id(&trace_id),
        span_id,
        parent_id,
        service: warnings.service(service),
        operation: warnings.operation(Some(span.name)),
        start_ns,
        duration_us: duration_us(start, span.end_time_unix_nano),
        status,
        kind,
        attributes,
        label: Label::Unknown,
    })
}

fn duration_us(start: u64, end: u64) -> f64 {
    if end == 0 && start > 0 { f64::NAN } else { (i128::from(end) - i128::from(start)) as f64 / 1000.0 }
}

fn signs(span: &Span) -> TagSigns {
    let mut signs = TagSigns::default();
    for KeyValue { key, value } in &span.attributes {
        signs.see(key, || value.as_ref().map(text).unwrap_or_default());
    }
    signs.see_kind(usize::try_from(span.kind).ok().and_then(|number| SpanKind::ALL.get(number).copied()));
    if let Some(status) = &span.status {
        signs.see_code(StatusCode::from_number(status.code.into()));
    }
    signs
}

fn text(value: &AnyValue) -> Cow<'_, str> {
    match value {
        AnyValue { string_value: Some(text), .. } => text.into(),
        AnyValue { bool_value: Some(truth), .. } => truth.to_string().into(),
        AnyValue { int_value: Some(number), .. } => number.to_string().into(),
        _ => "".into(),
    }
}

/// The spans of a trace as requests of a thousand spans at most, in each of them grouped by service in the order of their names.
pub fn trace_requests(trace: &[SpanRecord]) -> impl Iterator<Item = ExportTraceServiceRequest> {
    trace.chunks(SPANS_A_REQUEST).map(|spans| {
        let mut spans: Vec<&SpanRecord> = spans.iter().collect();
        spans.sort_by(|a, b| a.service.cmp(&b.service));
        let resource_spans = spans.chunk_by(|a, b| a.service == b.service).map(|spans| ResourceSpans {
            resource: Some(Resource { attributes: vec![attribute(SERVICE_NAME, string(&spans[0].service))] }),
            scope_spans: vec![ScopeSpans { spans: spans.iter().map(|span| message(span)).collect() }],
        });
        ExportTraceServiceRequest { resource_spans: resource_spans.collect() }
    })
}

fn attribute(key: &str, value: AnyValue) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(value) }
}

fn string(text: &str) -> AnyValue {
    AnyValue { string_value: Some(text.to_owned()), ..AnyValue::default() }
}

fn number(number: i64) -> AnyValue {
    AnyValue { int_value: Some(number), ..AnyValue::default() }
}

fn message(span: &SpanRecord) -> Span {
    let code = written_code(span.status);
    let http = span.status.http.map(|http| attribute(HTTP_RESPONSE_STATUS, number(http.into())));
    let others = span.attributes.iter().map(|(key, value)| attribute(key, as_number(key, value).map_or_else(|| string(value), number)));
    // A start before 1970 has no number in OTLP.
    let start = u64::try_from(span.start_ns).unwrap_or(0);
    Span {
        trace_id: bytes(&wire_id::trace_digits(&span.trace_id), 16),
        span_id: bytes(&wire_id::span_digits(&span.span_id), 8),
        parent_span_id: span.parent_id.as_deref().map(|parent| bytes(&wire_id::span_digits(parent), 8)).unwrap_or_default(),
        name: span.operation.clone(),
        kind: span.kind as i32,
        start_time_unix_nano: start,
        end_time_unix_nano: end(start, span.duration_us),
        attributes: http.into_iter().chain(others).collect(),
        status: (code != StatusCode::Unset).then_some(Status { code: code as i32 }),
    }
}

/// The end of a span; 0, which means none, where the duration is no number.
fn end(start: u64, duration_us: f64) -> u64 {
    if duration_us.is_finite() { start.saturating_add_signed((duration_us * 1000.0).round() as i64) } else { 0 }
}

/// The bytes of hexadecimal digits, filled up with zeros from the left.
fn bytes(digits: &str, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    // The digits come from `wire_id`, which gives no others and no more.
    let _ = hex::decode_to_slice(digits, &mut bytes[length - digits.len() / 2..]);
    bytes
}

#[cfg(test)]
mod tests;
