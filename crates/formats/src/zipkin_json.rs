//! Zipkin's JSON, version 2.
//!
//! A file holds spans in an array (as `POST /api/v2/spans` takes them and `GET /api/v2/trace` gives them), in an array of arrays
//! (`GET /api/v2/traces`), or one after the other, for example a span a line. Written is one array, a span a line. Consecutive spans of one
//! trace are in memory together, for the spans that a client and a server share (see [`shared`]).
//!
//! Starts and durations are whole µs: writing rounds to them. A span without start or duration is unfinished, which Zipkin allows; its
//! duration reads as NaN, for cleaning to find. A duration that is negative or not finite is left out in writing.
//! Ids follow [`crate::wire_id`], kind, status and attributes [`crate::tags`]; the kind `internal`, which Zipkin's field does not have, is a tag.

mod shared;

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use serde::{
    Deserialize, Serialize,
    de::{Error as _, IgnoredAny, MapAccess, value::MapAccessDeserializer},
};
use tracesmith_trace::{Label, SpanKind, SpanRecord};

use self::shared::{Half, separate};
use crate::{
    FormatError, ReadWarnings,
    capabilities::{Capabilities, Resolution},
    file_start::{Certainty, FileStart},
    format::{Format, Found, TraceFormat, Visit},
    input::{Budget, Input},
    json_stream::{Sink, TakeObject, read_objects},
    json_tags::tag_signs,
    tags::{self, Meaning, TagSigns},
    wire_id,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ZipkinSpan {
    trace_id: String,
    id: String,
    parent_id: Option<String>,
    kind: Option<String>,
    name: Option<String>,
    timestamp: Option<i64>,
    duration: Option<f64>,
    #[serde(default)]
    shared: Option<bool>,
    local_endpoint: Option<Endpoint>,
    #[serde(default, deserialize_with = "tag_signs")]
    tags: TagSigns,
    /// What only version 1 has.
    binary_annotations: Option<IgnoredAny>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Endpoint {
    service_name: Option<String>,
}

impl ZipkinSpan {
    fn into_half(self, warnings: &mut ReadWarnings) -> Result<Half, String> {
        if self.binary_annotations.is_some() {
            return Err(format!("span {:?} is of version 1 of Zipkin's format: export version 2", self.id));
        }
        if let Some(what) = [("traceId", &self.trace_id), ("id", &self.id)].iter().find(|(_, id)| wire_id::is_zero(id)) {
            return Err(format!("span {:?} of trace {:?} has no {}", self.id, self.trace_id, what.0));
        }
        let start_us = self.timestamp.unwrap_or(0);
        let Some(start_ns) = start_us.checked_mul(1000) else {
            return Err(format!("span {:?} starts at {start_us}, which is no time in µs", self.id));
        };
        let mut signs = self.tags;
        if let Some(kind) = &self.kind {
            signs.see_kind(SpanKind::parse(kind));
        }
        let Meaning { kind, status, attributes } = signs.conclude(warnings);
        let record = SpanRecord {
            trace_id: wire_id::normal_trace_id(&self.trace_id),
            span_id: wire_id::normal_id(&self.id),
            parent_id: self.parent_id.filter(|id| !wire_id::is_zero(id)).map(|id| wire_id::normal_id(&id)),
            service: warnings.service(self.local_endpoint.and_then(|endpoint| endpoint.service_name)),
            operation: warnings.operation(self.name),
            start_ns,
            duration_us: self.duration.filter(|_| self.timestamp.is_some()).unwrap_or(f64::NAN),
            status,
            kind,
            attributes,
            label: Label::Unknown,
        };
        Ok(Half { record, shared: self.shared == Some(true) })
    }
}

/// Zipkin's JSON, version 2.
pub(crate) struct ZipkinJson;

impl Format {
    /// Zipkin's JSON, version 2.
    pub const ZIPKIN_JSON: Self = Self::of(&ZipkinJson);
}

impl TraceFormat for ZipkinJson {
    fn name(&self) -> &'static str {
        "zipkin-json"
    }

    fn summary(&self) -> &'static str {
        "Zipkin v2: an array, or a span a line"
    }

    fn beginning(&self) -> String {
        "JSON (`{` or `[`)".to_owned()
    }

    fn json_keys(&self) -> &'static [&'static str] {
        &["traceId", "id", "parentId", "kind", "timestamp", "localEndpoint", "remoteEndpoint"]
    }

    fn recognises(&self, _: FileStart<'_>) -> Certainty {
        Certainty::Not
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            starts: Resolution::Microseconds,
            durations: Resolution::Microseconds,
            labels: false,
            any_id: false,
            ..Capabilities::ALL
        }
    }

    fn read(&self, input: Input, visit: Visit<'_>) -> Result<Found, FormatError> {
        read(input, visit).map(Found::from)
    }

    fn write(&self, out: &mut (dyn Write + Send), traces: &mut dyn Iterator<Item = Vec<SpanRecord>>, _: bool) -> io::Result<()> {
        write(out, traces)
    }
}

fn read(input: Input, visit: Visit<'_>) -> Result<ReadWarnings, FormatError> {
    let mut spans = Spans { sink: Sink::new(visit, Budget::of_messages()), run: Vec::new() };
    read_objects(input, &mut spans)?;
    spans.flush()?;
    Ok(spans.sink.warnings)
}

/// Takes spans, and hands on those of a trace when one of another trace comes.
struct Spans<'a> {
    sink: Sink<'a>,
    /// Consecutive spans of one trace.
    run: Vec<Half>,
}

impl Spans<'_> {
    fn push(&mut self, span: Half) -> Result<(), FormatError> {
        if self.run.first().is_some_and(|first| first.record.trace_id != span.record.trace_id) {
            self.flush()?;
        }
        self.run.push(span);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), FormatError> {
        separate(std::mem::take(&mut self.run)).into_iter().try_for_each(|record| self.sink.send(record))
    }
}

impl TakeObject for Spans<'_> {
    const EXPECTED: &'static str = "a Zipkin span or an array of spans";

    fn take<'de, A: MapAccess<'de>>(&mut self, object: A) -> Result<(), A::Error> {
        let span = ZipkinSpan::deserialize(MapAccessDeserializer::new(object))?;
        let span = span.into_half(&mut self.sink.warnings).map_err(A::Error::custom)?;
        self.push(span).map_err(|refusal| self.sink.refuse(refusal))
    }

    fn budget(&self) -> &Budget {
        &self.sink.budget
    }

    fn refusal(&mut self) -> Option<FormatError> {
        self.sink.refusal()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenSpan<'a> {
    trace_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_id: Option<String>,
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    name: &'a str,
    timestamp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<u64>,
    local_endpoint: WrittenEndpoint<'a>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenEndpoint<'a> {
    service_name: &'a str,
}

/// Writes traces as one array, a span a line.
fn write(out: &mut dyn Write, traces: &mut dyn Iterator<Item = Vec<SpanRecord>>) -> io::Result<()> {
    let mut before: &[u8] = b"[\n";
    for span in traces.flatten() {
        out.write_all(before)?;
        serde_json::to_writer(&mut *out, &written_span(&span))?;
        before = b",\n";
    }
    out.write_all(if before == b"[\n" { b"[]\n" } else { b"\n]\n" })
}

fn written_span(span: &SpanRecord) -> WrittenSpan<'_> {
    let is_duration = span.duration_us.is_finite() && span.duration_us >= 0.0;
    WrittenSpan {
        trace_id: wire_id::trace_digits(&span.trace_id),
        parent_id: span.parent_id.as_deref().map(wire_id::span_digits),
        id: wire_id::span_digits(&span.span_id),
        kind: match span.kind {
            SpanKind::Server => Some("SERVER"),
            SpanKind::Client => Some("CLIENT"),
            SpanKind::Producer => Some("PRODUCER"),
            SpanKind::Consumer => Some("CONSUMER"),
            SpanKind::Unspecified | SpanKind::Internal => None,
        },
        name: &span.operation,
        timestamp: span.start_ns.saturating_add(500).div_euclid(1000),
        duration: is_duration.then(|| span.duration_us.round() as u64),
        local_endpoint: WrittenEndpoint { service_name: &span.service },
        tags: tags(span),
    }
}

fn tags(span: &SpanRecord) -> BTreeMap<&'static str, String> {
    let internal = (span.kind == SpanKind::Internal).then(|| (tags::KIND, span.kind.name().to_owned()));
    let http = span.status.http.map(|http| (tags::HTTP_STATUS, http.to_string()));
    let code = tags::otel_tag(span.status).map(|code| (tags::OTEL_STATUS, code.to_owned()));
    let error = tags::error_tag(span.status).then(|| (tags::ERROR, "true".to_owned()));
    let attributes = span.attributes.iter().map(|(key, value)| (key, value.to_owned()));
    [internal, http, code, error].into_iter().flatten().chain(attributes).collect()
}

#[cfg(test)]
mod tests;
