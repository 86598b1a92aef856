//! Jaeger's JSON, as its API answers and as Eadro ships it in `spans.json`.
//!
//! A trace is an object `{traceID, spans, processes}`. A file may hold `{"data": [trace, …]}`, an array of traces (nested or not), or one of
//! these after the other, for example a trace a line. One trace at a time is in memory.
//! Starts and durations are whole µs: writing rounds to them. Of several references to spans of the same trace the first `CHILD_OF` is the
//! parent, else the first `FOLLOWS_FROM`. A negative or non-finite duration cannot be written: it becomes 0.
//! Kind, status and attributes are tags: see [`crate::tags`].

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    io::{self, Write},
};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;
use tracesmith_trace::{Label, SpanKind, SpanRecord};

use crate::{
    FormatError, ReadWarnings,
    capabilities::{Capabilities, Resolution},
    file_start::{Certainty, FileStart},
    format::{Format, Found, TraceFormat, Visit},
    input::{Budget, Input},
    json_stream::{Objects, Sink, TakeObject, read_objects},
    json_tags::tag_signs,
    tags::{self, Meaning, TagSigns},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JaegerSpan {
    #[serde(rename = "traceID")]
    trace_id: String,
    #[serde(rename = "spanID")]
    span_id: String,
    operation_name: String,
    #[serde(default)]
    references: Option<Vec<Reference>>,
    start_time: i64,
    duration: f64,
    #[serde(default, deserialize_with = "tag_signs")]
    tags: TagSigns,
    #[serde(rename = "processID")]
    process_id: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reference {
    ref_type: String,
    #[serde(rename = "traceID")]
    trace_id: String,
    #[serde(rename = "spanID")]
    span_id: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Process {
    service_name: String,
}

impl JaegerSpan {
    fn parent(&self) -> Option<String> {
        let references = self.references.as_deref().unwrap_or_default();
        let first = |kind| references.iter().find(|reference| reference.ref_type == kind && reference.trace_id == self.trace_id);
        first("CHILD_OF").or_else(|| first("FOLLOWS_FROM")).map(|reference| reference.span_id.clone())
    }

    fn into_record(self, processes: &HashMap<String, Process>, warnings: &mut ReadWarnings) -> Result<SpanRecord, String> {
        let Some(process) = processes.get(&self.process_id) else {
            return Err(format!("span {:?} is of the process {:?}, which its trace does not list", self.span_id, self.process_id));
        };
        let Some(start_ns) = self.start_time.checked_mul(1000) else {
            return Err(format!("span {:?} starts at {}, which is no time in µs", self.span_id, self.start_time));
        };
        let parent_id = self.parent();
        let Meaning { kind, status, attributes } = self.tags.conclude(warnings);
        Ok(SpanRecord {
            parent_id,
            status,
            kind,
            attributes,
            service: warnings.service(Some(process.service_name.clone())),
            start_ns,
            duration_us: self.duration,
            trace_id: self.trace_id,
            span_id: self.span_id,
            operation: self.operation_name,
            label: Label::Unknown,
        })
    }
}

/// Jaeger's JSON.
pub(crate) struct JaegerJson;

impl Format {
    /// Jaeger's JSON.
    pub const JAEGER_JSON: Self = Self::of(&JaegerJson);
}

impl TraceFormat for JaegerJson {
    fn name(&self) -> &'static str {
        "jaeger-json"
    }

    fn summary(&self) -> &'static str {
        "Jaeger: the answer of its API `{\"data\": …}`, and bare lists"
    }

    fn beginning(&self) -> String {
        "JSON (`{` or `[`)".to_owned()
    }

    fn endings(&self) -> &'static [&'static str] {
        &[".json"]
    }

    fn json_keys(&self) -> &'static [&'static str] {
        &["traceID", "spans", "processes", "data"]
    }

    fn recognises(&self, start: FileStart<'_>) -> Certainty {
        // JSON without a telling key is as an empty answer of Jaeger's API; of broken JSON the reader says where.
        match start.looks_like_json() {
            true if start.is_json() => Certainty::Likely,
            true => Certainty::Possible,
            false => Certainty::Not,
        }
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { starts: Resolution::Microseconds, durations: Resolution::Microseconds, labels: false, ..Capabilities::ALL }
    }

    fn read(&self, input: Input, visit: Visit<'_>) -> Result<Found, FormatError> {
        read(input, visit).map(Found::from)
    }

    fn write(&self, out: &mut (dyn Write + Send), traces: &mut dyn Iterator<Item = Vec<SpanRecord>>, _: bool) -> io::Result<()> {
        write(out, traces)
    }
}

fn read(input: Input, visit: Visit<'_>) -> Result<ReadWarnings, FormatError> {
    let mut traces = Traces(Sink::new(visit, Budget::of_messages()));
    read_objects(input, &mut traces)?;
    Ok(traces.0.warnings)
}

/// Takes a trace, or an object with traces below the key `data`.
struct Traces<'a>(Sink<'a>);

impl TakeObject for Traces<'_> {
    const EXPECTED: &'static str = "a Jaeger trace, an array of traces, or an object with the key `data`";

    fn take<'de, A: MapAccess<'de>>(&mut self, mut object: A) -> Result<(), A::Error> {
        let mut spans: Option<Vec<JaegerSpan>> = None;
        let mut processes = HashMap::new();
        let mut has_data = false;
        while let Some(key) = object.next_key::<String>()? {
            match key.as_str() {
                "data" => {
                    has_data = true;
                    object.next_value_seed(Objects(&mut *self))?;
                }
                "spans" => spans = Some(object.next_value_seed(Spans(&self.0.budget))?),
                "processes" => processes = object.next_value()?,
                _ => {
                    object.next_value::<IgnoredAny>()?;
                }
            }
        }
        if spans.is_none() && !has_data {
            return Err(A::Error::custom("an object has neither `spans` nor `data`: this is no Jaeger trace"));
        }
        for span in spans.into_iter().flatten() {
            let record = span.into_record(&processes, &mut self.0.warnings).map_err(A::Error::custom)?;
            self.0.send(record).map_err(|refusal| self.0.refuse::<A::Error>(refusal))?;
        }
        Ok(())
    }

    fn budget(&self) -> &Budget {
        &self.0.budget
    }

    fn refusal(&mut self) -> Option<FormatError> {
        self.0.refusal()
    }
}

/// Takes the spans of a trace. A trace may be of any size, a span may not.
struct Spans<'b>(&'b Budget);

impl<'de> DeserializeSeed<'de> for Spans<'_> {
    type Value = Vec<JaegerSpan>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<JaegerSpan>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Spans<'_> {
    type Value = Vec<JaegerSpan>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of spans")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Vec<JaegerSpan>, A::Error> {
        let mut spans = Vec::new();
        while let Some(span) = array.next_element()? {
            self.0.refill();
            spans.push(span);
        }
        Ok(spans)
    }
}

#[derive(Serialize)]
struct JaegerTrace {
    #[serde(rename = "traceID")]
    trace_id: String,
    spans: Vec<WrittenSpan>,
    processes: BTreeMap<String, Process>,
}

#[derive(Serialize)]
struct Tag {
    key: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    value: Value,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenSpan {
    #[serde(rename = "traceID")]
    trace_id: String,
    #[serde(rename = "spanID")]
    span_id: String,
    flags: u32,
    operation_name: String,
    references: Vec<Reference>,
    start_time: i64,
    duration: u64,
    tags: Vec<Tag>,
    logs: [(); 0],
    #[serde(rename = "processID")]
    process_id: String,
    warnings: Option<()>,
}

/// Writes traces in the form of Jaeger's API, a trace a line.
fn write(out: &mut dyn Write, traces: &mut dyn Iterator<Item = Vec<SpanRecord>>) -> io::Result<()> {
    out.write_all(b"{\"data\":[")?;
    for (i, trace) in traces.enumerate() {
        out.write_all(if i == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *out, &jaeger_trace(trace))?;
    }
    out.write_all(b"\n]}\n")
}

fn jaeger_trace(trace: Vec<SpanRecord>) -> JaegerTrace {
    let trace_id = trace.first().map(|span| span.trace_id.clone()).unwrap_or_default();
    let mut services: Vec<&str> = trace.iter().map(|span| span.service.as_str()).collect();
    services.sort_unstable();
    services.dedup();
    let process_id = |service: &str| format!("p{}", services.partition_point(|&other| other < service) + 1);
    let processes = services.iter().map(|&service| (process_id(service), Process { service_name: service.to_owned() })).collect();
    let spans = trace.iter().map(|span| written_span(span, process_id(&span.service))).collect();
    JaegerTrace { trace_id, spans, processes }
}

fn written_span(span: &SpanRecord, process_id: String) -> WrittenSpan {
    let reference = |parent: &String| Reference { ref_type: "CHILD_OF".into(), trace_id: span.trace_id.clone(), span_id: parent.clone() };
    WrittenSpan {
        trace_id: span.trace_id.clone(),
        span_id: span.span_id.clone(),
        flags: 1,
        operation_name: span.operation.clone(),
        references: span.parent_id.iter().map(reference).collect(),
        start_time: (span.start_ns.saturating_add(500)).div_euclid(1000),
        duration: span.duration_us.round() as u64,
        tags: tags(span),
        logs: [],
        process_id,
        warnings: None,
    }
}

fn tags(span: &SpanRecord) -> Vec<Tag> {
    let tag = |key, kind, value| Tag { key, kind, value };
    let kind = (span.kind != SpanKind::Unspecified).then(|| tag(tags::KIND, "string", span.kind.name().into()));
    let http = span.status.http.map(|http| tag(tags::HTTP_STATUS, "int64", http.into()));
    let code = tags::otel_tag(span.status).map(|code| tag(tags::OTEL_STATUS, "string", code.into()));
    let error = tags::error_tag(span.status).then(|| tag(tags::ERROR, "bool", true.into()));
    let attribute = |(key, value)| match tags::as_number(key, value) {
        Some(number) => tag(key, "int64", number.into()),
        None => tag(key, "string", value.into()),
    };
    [kind, http, code, error].into_iter().flatten().chain(span.attributes.iter().map(attribute)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tracesmith_trace::{SpanKind, Status};

    use crate::{
        Format,
        testing::{in_whole_microseconds, read_counted, read_text, round_trip, traces, with_written_codes},
    };

    fn trace(id: &str) -> String {
        format!(
            r#"{{"traceID":"{id}","spans":[
                {{"traceID":"{id}","spanID":"b","flags":1,"operationName":"GET","references":[
                    {{"refType":"FOLLOWS_FROM","traceID":"{id}","spanID":"x"}},{{"refType":"CHILD_OF","traceID":"other","spanID":"y"}},
                    {{"refType":"CHILD_OF","traceID":"{id}","spanID":"a"}}],
                  "startTime":1650161395000123,"duration":833,"tags":[{{"key":"http.status_code","type":"int64","value":200}},
                    {{"key":"span.kind","type":"string","value":"client"}}],"logs":[],
                  "processID":"p1","warnings":null}},
                {{"traceID":"{id}","spanID":"a","operationName":"/","startTime":1650161395000000,"duration":2961,
                  "tags":[{{"key":"http.status_code","value":"302"}},{{"key":"span.kind","value":"bystander"}}],"processID":"p2"}}],
              "processes":{{"p1":{{"serviceName":"text","tags":[]}},"p2":{{"serviceName":"web"}}}},"warnings":null}}"#
        )
    }

    #[test]
    fn every_way_to_hold_traces_is_read() {
        let (one, two) = (trace("1"), trace("2"));
        let files = [
            format!("{{\"data\":[{one},{two}],\"total\":0,\"errors\":null}}"),
            format!("[{one},{two}]"),
            format!("\u{feff}[[{one}],[{two}]]"),
            format!("{}\n{}\n", one.replace('\n', ""), two.replace('\n', "")),
            format!("{{\"data\":[{one}]}}{{\"data\":[{two}]}}"),
        ];
        for file in files {
            let (format, spans) = read_text(&file, None).unwrap();
            assert_eq!((format, spans.len()), (Format::JAEGER_JSON, 4), "{file}");
            assert_eq!(spans.iter().map(|span| span.trace_id.as_str()).collect::<Vec<_>>(), ["1", "1", "2", "2"]);
        }
    }

    #[test]
    fn the_parent_is_the_child_of_reference_within_the_trace() {
        let (_, spans) = read_text(&trace("t"), None).unwrap();
        assert_eq!((spans[0].parent_id.as_deref(), spans[0].status, spans[0].service.as_str()), (Some("a"), Status::of_http(200), "text"));
        assert_eq!((spans[0].start_ns, spans[0].duration_us), (1_650_161_395_000_123_000, 833.0));
        assert_eq!((&spans[1].parent_id, spans[1].status, spans[1].service.as_str()), (&None, Status::of_http(302), "web"));
        assert_eq!((spans[0].kind, spans[1].kind), (SpanKind::Client, SpanKind::Unspecified));
        let (_, spans) = read_text(&trace("t").replace("CHILD_OF", "CHILD_OF_OTHER"), None).unwrap();
        assert_eq!(spans[0].parent_id.as_deref(), Some("x"));
    }

    #[test]
    fn attributes_are_read_and_the_others_counted() {
        let tags = r#"{"key":"http.route","value":"/a"},{"key":"rpc.grpc.status_code","value":14},{"key":"db.name","value":[1]},
            {"key":"http.url","value":"/a?b"},"#;
        let text = trace("t").replacen("\"tags\":[", &format!("\"tags\":[{tags}"), 1);
        let (reading, spans) = read_counted(text.as_bytes(), None).unwrap();
        let expected = [("http.route", "/a"), ("rpc.grpc.status_code", "14")];
        assert_eq!(spans[0].attributes.iter().collect::<Vec<_>>(), expected);
        let counts = (reading.warnings.other_attributes, reading.warnings.unusable_attributes);
        assert_eq!((spans[0].status, counts), (Status::of_http(200), (1, 1)));
    }

    #[test]
    fn a_span_with_a_million_tags_is_read() {
        let many = "{\"key\":\"http.route\",\"type\":\"string\",\"value\":\"/\"},".repeat(1_000_000);
        let text = trace("t").replacen("\"tags\":[", &format!("\"tags\":[{many}"), 1);
        let (_, spans) = read_text(&text, None).unwrap();
        assert_eq!((spans[0].status, spans[0].attributes.iter().len()), (Status::of_http(200), 1));
    }

    #[test]
    fn an_answer_without_traces_has_no_span() {
        assert_eq!(read_text("{\"data\":null,\"errors\":[]}", None).unwrap().1, []);
    }

    #[test]
    fn what_is_no_trace_is_said() {
        let cases = [
            ("{\"a\":1}".to_owned(), "neither `spans` nor `data`"),
            ("[1]".to_owned(), "invalid type: integer `1`, expected a Jaeger trace"),
            (trace("t").replace("\"processID\":\"p1\"", "\"processID\":\"p9\""), "of the process \"p9\""),
            (trace("t").replace("1650161395000000", "9000000000000000000"), "no time in µs"),
            (trace("t").replace("\"duration\":833", "\"duration\":\"long\""), "invalid type: string \"long\""),
            (trace("t").replace("\"spanID\":\"b\",", ""), "missing field `spanID`"),
        ];
        for (text, message) in cases {
            let error = read_text(&text, None).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }

    proptest! {
        #[test]
        fn writing_and_reading_gives_the_same_spans_in_whole_microseconds(traces in traces()) {
            let expected = in_whole_microseconds(with_written_codes(traces.concat()));
            prop_assert_eq!(round_trip(traces, Format::JAEGER_JSON), expected);
        }
    }
}
