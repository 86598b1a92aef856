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
mod message;
mod wire;

pub use self::meaning::{span_records, trace_requests};
pub use self::message::{AnyValue, BadSpan, ExportTraceServiceRequest, KeyValue, Resource, ResourceSpans, ScopeSpans, Span, Status};
pub(crate) use self::wire::{WireError, resource_spans, visit_records};
