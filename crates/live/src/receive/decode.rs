//! From the bytes of a request to spans.
//!
//! In protobuf an empty span or attribute is two bytes, and a hundred in memory. Hence a request is decoded resource by resource, and a span
//! without ids is dropped before the next one is decoded.

use bytes::Bytes;
use prost::{DecodeError, Message};
use serde::de::Error;
use thiserror::Error;
use tracesmith_formats::{
    ReadWarnings,
    otlp::{ExportTraceServiceRequest, Resource, ResourceSpans, ScopeSpans, Span, span_records},
};
use tracesmith_trace::SpanRecord;

/// Spans of a request.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    pub spans: Vec<SpanRecord>,
    pub warnings: ReadWarnings,
    pub rejected: Rejected,
}

/// What of a request was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Rejected {
    pub spans: u64,
    /// Why the first of them was not.
    pub reason: String,
}

impl Rejected {
    /// Counts a span.
    pub fn add(&mut self, reason: String) {
        if self.spans == 0 {
            self.reason = reason;
        }
        self.spans += 1;
    }
}

/// Why a request is none.
#[derive(Debug, Error)]
pub(super) enum NoRequest {
    #[error("the body is no ExportTraceServiceRequest: {0}")]
    Protobuf(#[from] DecodeError),
    #[error("the body is no ExportTraceServiceRequest in JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// An `ExportTraceServiceRequest` whose parts are not decoded yet.
#[derive(Clone, PartialEq, prost::Message)]
struct EncodedRequest {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    resource_spans: Vec<Bytes>,
}

/// A `ResourceSpans` whose parts are not decoded yet.
#[derive(Clone, PartialEq, prost::Message)]
struct EncodedResourceSpans {
    #[prost(message, optional, tag = "1")]
    resource: Option<Resource>,
    #[prost(bytes = "bytes", repeated, tag = "2")]
    scope_spans: Vec<Bytes>,
}

/// A `ScopeSpans` whose parts are not decoded yet.
#[derive(Clone, PartialEq, prost::Message)]
struct EncodedScopeSpans {
    #[prost(bytes = "bytes", repeated, tag = "2")]
    spans: Vec<Bytes>,
}

pub(super) fn protobuf(request: Bytes) -> Result<Decoded, NoRequest> {
    let mut decoded = Decoded::default();
    for encoded in EncodedRequest::decode(request)?.resource_spans {
        let EncodedResourceSpans { resource, scope_spans } = EncodedResourceSpans::decode(encoded)?;
        let mut spans = Vec::new();
        for scope in scope_spans {
            for span in EncodedScopeSpans::decode(scope)?.spans {
                let span = Span::decode(span)?;
                if span.trace_id.is_empty() || span.span_id.is_empty() {
                    decoded.rejected.add("a span has no id".to_owned());
                } else {
                    spans.push(span);
                }
            }
        }
        decoded.take(ResourceSpans { resource, scope_spans: vec![ScopeSpans { spans }] });
    }
    Ok(decoded)
}

pub(super) fn json(request: &[u8]) -> Result<Decoded, NoRequest> {
    let mut decoded = Decoded::default();
    // serde would take an array for the fields of an object.
    if !request.trim_ascii_start().starts_with(b"{") {
        return Err(serde_json::Error::custom("it is no object").into());
    }
    let request: ExportTraceServiceRequest = serde_json::from_slice(request)?;
    request.resource_spans.into_iter().for_each(|spans| decoded.take(spans));
    Ok(decoded)
}

impl Decoded {
    fn take(&mut self, spans: ResourceSpans) {
        let mut warnings = ReadWarnings::default();
        for span in span_records(spans, &mut warnings) {
            match span {
                Ok(span) => self.spans.push(span),
                Err(bad) => self.rejected.add(bad.to_string()),
            }
        }
        self.warnings += warnings;
    }
}

#[cfg(test)]
mod tests {
    use tracesmith_formats::otlp::trace_requests;

    use super::*;
    use crate::testing::trace;

    #[test]
    fn both_encodings_hold_the_same_spans() {
        let request = trace_requests(&trace(&"a".repeat(32), 7)).next().unwrap();
        let from_protobuf = protobuf(request.encode_to_vec().into()).unwrap();
        let from_json = json(&serde_json::to_vec(&request).unwrap()).unwrap();
        assert_eq!(from_protobuf.spans.len(), 7);
        assert_eq!(from_protobuf.spans, from_json.spans);
    }

    #[test]
    fn spans_with_impossible_ids_are_rejected_and_the_others_taken() {
        let mut request = trace_requests(&trace(&"a".repeat(32), 4)).next().unwrap();
        request.resource_spans[0].scope_spans[0].spans[0].span_id = Vec::new();
        request.resource_spans[1].scope_spans[0].spans[0].trace_id = vec![0; 16];
        let decoded = protobuf(request.encode_to_vec().into()).unwrap();
        assert_eq!((decoded.spans.len(), decoded.rejected.spans), (2, 2));
        assert_eq!(decoded.rejected.reason, "a span has no id");
    }

    #[test]
    fn what_is_no_request_is_refused() {
        assert!(protobuf(Bytes::from_static(b"\xff\xff")).is_err());
        assert!(protobuf(Bytes::from_static(b"\x0a\x05ab")).is_err());
        for text in ["", "[]", "7", "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{}]}]}]}"] {
            assert!(json(text.as_bytes()).is_err(), "{text}");
        }
    }
}
