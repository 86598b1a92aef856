//! The messages: those of protobuf and of JSON at once.

use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use super::json_field;
use crate::{tags::has_meaning, wire_id};

pub(super) const SERVICE_NAME: &str = "service.name";

/// What one export call, one line of a JSON file, or one message of a stream carries; the same on the wire as `TracesData`.
#[derive(Clone, PartialEq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExportTraceServiceRequest {
    /// Spans by the resource that reported them.
    #[prost(message, repeated, tag = "1")]
    pub resource_spans: Vec<ResourceSpans>,
}

/// The spans of one resource.
#[derive(Clone, PartialEq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceSpans {
    /// The resource.
    #[prost(message, optional, tag = "1")]
    pub resource: Option<Resource>,
    /// Spans by the library that reported them.
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "json_field::or_default")]
    pub scope_spans: Vec<ScopeSpans>,
}

/// Who reports: a process of a service.
#[derive(Clone, PartialEq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Resource {
    /// What describes it. From JSON only the name of the service is read.
    #[prost(message, repeated, tag = "1")]
    #[serde(deserialize_with = "resource_attributes")]
    pub attributes: Vec<KeyValue>,
}

/// The spans of one instrumentation library.
#[derive(Clone, PartialEq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScopeSpans {
    /// The spans.
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "spans")]
    pub spans: Vec<Span>,
}

/// A span.
#[derive(Clone, PartialEq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Span {
    /// 16 bytes.
    #[prost(bytes = "vec", tag = "1")]
    #[serde(with = "json_field::hexadecimal")]
    pub trace_id: Vec<u8>,
    /// 8 bytes.
    #[prost(bytes = "vec", tag = "2")]
    #[serde(with = "json_field::hexadecimal")]
    pub span_id: Vec<u8>,
    /// 8 bytes; none for a root.
    #[prost(bytes = "vec", tag = "4")]
    #[serde(with = "json_field::hexadecimal", skip_serializing_if = "Vec::is_empty")]
    pub parent_span_id: Vec<u8>,
    /// Name of the operation.
    #[prost(string, tag = "5")]
    #[serde(deserialize_with = "json_field::or_default")]
    pub name: String,
    /// Number of a [`tracesmith_trace::SpanKind`].
    #[prost(int32, tag = "6")]
    #[serde(deserialize_with = "json_field::kind")]
    pub kind: i32,
    /// Start in nanoseconds since the Unix epoch.
    #[prost(fixed64, tag = "7")]
    #[serde(with = "json_field::integer")]
    pub start_time_unix_nano: u64,
    /// End in nanoseconds since the Unix epoch; 0 if there is none.
    #[prost(fixed64, tag = "8")]
    #[serde(with = "json_field::integer")]
    pub end_time_unix_nano: u64,
    /// What describes the span. From JSON only attributes that mean something are read, and one other.
    #[prost(message, repeated, tag = "9")]
    #[serde(deserialize_with = "span_attributes", skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<KeyValue>,
    /// How it ended.
    #[prost(message, optional, tag = "15")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
}

/// How a span ended.
#[derive(Clone, PartialEq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Status {
    /// 0 unset, 1 ok, 2 error.
    #[prost(int32, tag = "3")]
    #[serde(deserialize_with = "json_field::status_code")]
    pub code: i32,
}

/// A named value.
#[derive(Clone, PartialEq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KeyValue {
    /// Name.
    #[prost(string, tag = "1")]
    pub key: String,
    /// Value.
    #[prost(message, optional, tag = "2")]
    pub value: Option<AnyValue>,
}

/// A value. Arrays, maps and bytes are skipped; at most one field is there.
#[derive(Clone, PartialEq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AnyValue {
    /// Text.
    #[prost(string, optional, tag = "1")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub string_value: Option<String>,
    /// A truth value.
    #[prost(bool, optional, tag = "2")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bool_value: Option<bool>,
    /// A number.
    #[prost(int64, optional, tag = "3")]
    #[serde(with = "json_field::optional_integer", skip_serializing_if = "Option::is_none")]
    pub int_value: Option<i64>,
}

/// A field of a span with a value that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{field} is {value:?}, expected {expected}")]
pub struct BadSpan {
    /// Name of the field in JSON.
    pub field: &'static str,
    /// What stands there.
    pub value: String,
    /// What should.
    pub expected: &'static str,
}

/// Spans, each with its ids: a span that is nothing but braces must not take a hundred times its place in memory.
fn spans<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Span>, D::Error> {
    json_field::kept(deserializer, |_, span| ids(span).map(|_| true))
}

/// The attributes of a resource that have a meaning here.
fn resource_attributes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<KeyValue>, D::Error> {
    json_field::kept(deserializer, |kept, attribute: &KeyValue| Ok::<_, BadSpan>(kept.is_empty() && attribute.key == SERVICE_NAME))
}

/// The attributes of a span that have a meaning here, and one other.
fn span_attributes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<KeyValue>, D::Error> {
    json_field::kept(deserializer, |kept, attribute| Ok::<_, BadSpan>(is_wanted(kept, attribute)))
}

/// Whether an attribute of a span is worth keeping until its record is made, beside those kept so far: the first of each key that means
/// something, and of all others one, which tells that there are some. A span may have a million.
pub(super) fn is_wanted(kept: &[KeyValue], attribute: &KeyValue) -> bool {
    if has_meaning(&attribute.key) {
        kept.iter().all(|other| other.key != attribute.key)
    } else {
        kept.iter().all(|other| has_meaning(&other.key))
    }
}

/// Hexadecimal digits of the ids of a span and its trace.
pub(super) fn ids(span: &Span) -> Result<(String, String), BadSpan> {
    Ok((id("traceId", &span.trace_id, 16)?, id("spanId", &span.span_id, 8)?))
}

/// Hexadecimal digits of an id. Shorter ids than the specification wants are taken: some exporters send trace ids of 32 or 64 bits.
pub(super) fn id(field: &'static str, bytes: &[u8], most: usize) -> Result<String, BadSpan> {
    let digits = hex::encode(bytes);
    if bytes.len() > most || wire_id::is_zero(&digits) {
        let expected = if most == 16 { "up to 16 bytes, not all zero" } else { "up to 8 bytes, not all zero" };
        return Err(BadSpan { field, value: digits.chars().take(64).collect(), expected });
    }
    Ok(digits)
}
