//! The part of OTLP that a trace needs: messages for protobuf and JSON alike, and what they mean.
//!
//! Field numbers and names are those of `opentelemetry/proto/trace/v1/trace.proto`, version 1. Fields that are not here are skipped in reading.
//!
//! The service is the resource's `service.name`. The HTTP status is the attribute `http.response.status_code` (or the older
//! `http.status_code`), the status code is the status's. Writing puts each back where it came from, and adds the code "error" to HTTP statuses
//! of the server's errors that have no code, as OpenTelemetry's conventions want.
//! Of the other attributes of a span those of [`tracesmith_trace::ATTRIBUTE_KEYS`] are kept.
//! Ids follow the rules of `wire_id`. A start without an end is an unfinished span: its duration is NaN, for cleaning to find, as is a
//! negative one. Durations are whole nanoseconds.

mod json_field;
mod meaning;
mod wire;

use serde::{Deserialize, Serialize};

pub use self::meaning::{BadSpan, span_records, trace_requests};
pub(crate) use self::wire::{WireError, resource_spans, visit_records};

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
    #[serde(deserialize_with = "json_field::resource_attributes")]
    pub attributes: Vec<KeyValue>,
}

/// The spans of one instrumentation library.
#[derive(Clone, PartialEq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScopeSpans {
    /// The spans.
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "json_field::spans")]
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
    #[serde(deserialize_with = "json_field::span_attributes", skip_serializing_if = "Vec::is_empty")]
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
