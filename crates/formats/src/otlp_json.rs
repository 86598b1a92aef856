//! OTLP as JSON: `ExportTraceServiceRequest` objects, one or many, as the Collector's file exporter writes them a line each.
//!
//! The spans of one resource are in memory at a time. See [`crate::otlp`] for what fields mean.

use std::{
    fmt,
    io::{self, Write},
};

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use tracesmith_trace::SpanRecord;

use crate::{
    FormatError, ReadWarnings,
    capabilities::{Capabilities, Resolution},
    file_start::{Certainty, FileStart},
    format::{Format, Found, TraceFormat, Visit},
    input::{Budget, Input},
    json_stream::{Sink, TakeObject, read_objects},
    otlp::{ResourceSpans, span_records, trace_requests},
};

/// OTLP in JSON, an `ExportTraceServiceRequest` a line.
pub(crate) struct OtlpJson;

impl Format {
    /// OTLP in JSON, an `ExportTraceServiceRequest` a line.
    pub const OTLP_JSON: Self = Self::of(&OtlpJson);
}

impl TraceFormat for OtlpJson {
    fn name(&self) -> &'static str {
        "otlp-json"
    }

    fn summary(&self) -> &'static str {
        "OTLP in JSON, a request a line as the Collector's file exporter writes them"
    }

    fn beginning(&self) -> String {
        "JSON (`{` or `[`)".to_owned()
    }

    fn endings(&self) -> &'static [&'static str] {
        &[".jsonl"]
    }

    fn json_keys(&self) -> &'static [&'static str] {
        &["resourceSpans", "resourceMetrics", "resourceLogs"]
    }

    fn recognises(&self, _: FileStart<'_>) -> Certainty {
        Certainty::Not
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { durations: Resolution::Nanoseconds, labels: false, any_id: false, ..Capabilities::ALL }
    }

    fn read(&self, input: Input, visit: Visit<'_>) -> Result<Found, FormatError> {
        read(input, visit).map(Found::from)
    }

    fn write(&self, out: &mut (dyn Write + Send), traces: &mut dyn Iterator<Item = Vec<SpanRecord>>, _: bool) -> io::Result<()> {
        write(out, traces)
    }
}

fn read(input: Input, visit: Visit<'_>) -> Result<ReadWarnings, FormatError> {
    let mut requests = Requests(Sink::new(visit, Budget::of_messages()));
    read_objects(input, &mut requests)?;
    Ok(requests.0.warnings)
}

struct Requests<'a>(Sink<'a>);

impl TakeObject for Requests<'_> {
    const EXPECTED: &'static str = "an OTLP request with `resourceSpans`, or an array of them";

    fn take<'de, A: MapAccess<'de>>(&mut self, mut object: A) -> Result<(), A::Error> {
        let mut other = None;
        let mut has_spans = false;
        while let Some(key) = object.next_key::<String>()? {
            if key == "resourceSpans" {
                has_spans = true;
                object.next_value_seed(Resources(&mut self.0))?;
            } else {
                object.next_value::<IgnoredAny>()?;
                other = Some(key);
            }
        }
        match other {
            Some(key) if !has_spans => {
                Err(A::Error::custom(format!("an object has {key:?} and no `resourceSpans`: this is no OTLP trace")))
            }
            _ => Ok(()),
        }
    }

    fn budget(&self) -> &Budget {
        &self.0.budget
    }

    fn refusal(&mut self) -> Option<FormatError> {
        self.0.refusal()
    }
}

/// Takes an array of [`ResourceSpans`] one by one.
struct Resources<'s, 'a>(&'s mut Sink<'a>);

impl<'de> DeserializeSeed<'de> for Resources<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Resources<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of the spans of resources")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<(), A::Error> {
        let sink = self.0;
        while let Some(resource_spans) = array.next_element::<ResourceSpans>()? {
            sink.budget.refill();
            let mut warnings = ReadWarnings::default();
            for record in span_records(resource_spans, &mut warnings) {
                let record = record.map_err(A::Error::custom)?;
                sink.send(record).map_err(|refusal| sink.refuse::<A::Error>(refusal))?;
            }
            sink.warnings += warnings;
        }
        Ok(())
    }
}

/// Writes requests, one a line.
fn write(out: &mut dyn Write, traces: &mut dyn Iterator<Item = Vec<SpanRecord>>) -> io::Result<()> {
    for trace in traces {
        for request in trace_requests(&trace) {
            serde_json::to_writer(&mut *out, &request)?;
            out.write_all(b"\n")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tracesmith_trace::{SpanKind, Status};

    use crate::{
        Format,
        testing::{by_service, in_whole_nanoseconds, read_counted, read_text, round_trip, traces, with_written_codes},
    };

    const REQUEST: &str = r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"host.ids","value":{"arrayValue":{"values":[{"intValue":"1"}]}}},
        {"key":"service.name","value":{"stringValue":"shop"}}]},"scopeSpans":[{"scope":{"name":"my.library"},"spans":[
        {"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174","parentSpanId":"EEE19B7EC3C1B173","name":"buy","kind":2,
        "startTimeUnixNano":"1544712660000000001","endTimeUnixNano":1544712661000000001,"attributes":[
        {"key":"http.status_code","value":{"intValue":"200"}},{"key":"price","value":{"doubleValue":1.5}}],"status":{},"events":[{"name":"e"}]}]}]}]}"#;

    #[test]
    fn every_way_to_hold_requests_is_read() {
        let line = REQUEST.replace('\n', "");
        for file in
            [REQUEST.to_owned() + REQUEST, format!("{line}\n{line}\n"), format!("[{REQUEST},{REQUEST}]"), format!("{{}}\n{line}\n{line}")]
        {
            let (format, spans) = read_text(&file, Some(Format::OTLP_JSON)).unwrap();
            assert_eq!((format, spans.len()), (Format::OTLP_JSON, 2));
            let span = &spans[0];
            assert_eq!((span.trace_id.as_str(), span.span_id.as_str()), ("5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174"));
            assert_eq!(
                (span.parent_id.as_deref(), span.kind, span.status),
                (Some("eee19b7ec3c1b173"), SpanKind::Server, Status::of_http(200))
            );
            assert_eq!((span.start_ns, span.duration_us), (1_544_712_660_000_000_001, 1e6));
            assert_eq!((span.service.as_str(), span.operation.as_str()), ("shop", "buy"));
        }
        assert_eq!(read_text(REQUEST, None).unwrap().0, Format::OTLP_JSON);
    }

    #[test]
    fn enumerations_are_read_by_number_and_by_name_and_unknown_ones_counted() {
        let kind = |kind: &str, status: &str| {
            let text = REQUEST.replace("\"kind\":2", &format!("\"kind\":{kind}")).replace("\"http.status_code\"", "\"x\"");
            let text = text.replace("\"status\":{}", &format!("\"status\":{{\"code\":{status}}}"));
            let (reading, spans) = read_counted(text.as_bytes(), None).unwrap();
            let counts = (reading.warnings.unknown_kinds, reading.warnings.unknown_statuses);
            (spans[0].kind, spans[0].status, counts)
        };
        assert_eq!(kind("3", "2"), (SpanKind::Client, Status::ERROR, (0, 0)));
        assert_eq!(kind("\"SPAN_KIND_PRODUCER\"", "\"STATUS_CODE_ERROR\""), (SpanKind::Producer, Status::ERROR, (0, 0)));
        assert_eq!(kind("null", "0"), (SpanKind::Unspecified, Status::UNSET, (0, 0)));
        assert_eq!(kind("\"SPAN_KIND_JESTER\"", "12"), (SpanKind::Unspecified, Status::UNSET, (1, 1)));
        assert_eq!(kind("9999999999", "{}"), (SpanKind::Unspecified, Status::UNSET, (1, 1)));
    }

    #[test]
    fn fields_that_are_null_or_missing_are_as_if_empty() {
        let bare = r#"{"resourceSpans":[{"resource":null,"scopeSpans":[{"spans":[{"traceId":"01","spanId":"02","parentSpanId":"","name":null,
            "attributes":null,"status":null,"startTimeUnixNano":null}]},{"spans":null}]},{}]}"#;
        let (reading, spans) = read_counted(bare.as_bytes(), None).unwrap();
        assert_eq!((spans.len(), spans[0].start_ns, spans[0].duration_us, &spans[0].parent_id), (1, 0, 0.0, &None));
        assert_eq!((reading.warnings.unnamed_services, reading.warnings.unnamed_operations), (1, 1));
    }

    #[test]
    fn a_span_with_a_million_attributes_is_read() {
        let many = "{\"key\":\"k\",\"value\":{\"stringValue\":\"v\"}},".repeat(1_000_000);
        let text = REQUEST.replace("\"attributes\":[\n        {\"key\":\"http", &format!("\"attributes\":[{many}{{\"key\":\"http"));
        assert!(text.len() > 40_000_000);
        assert_eq!(read_text(&text, None).unwrap().1[0].status, Status::of_http(200));
    }

    #[test]
    fn what_is_no_trace_is_said() {
        let cases = [
            (REQUEST.replace("resourceSpans", "resourceLogs"), "an object has \"resourceLogs\" and no `resourceSpans`"),
            (REQUEST.replace("EEE19B7EC3C1B174", "not hex"), "the id \"not hex\" is not hexadecimal"),
            (REQUEST.replace("EEE19B7EC3C1B174", ""), "spanId is \"\", expected up to 8 bytes"),
            (REQUEST.replace("\"1544712660000000001\"", "\"yesterday\""), "\"yesterday\" is not a Unix time in whole ns"),
            (REQUEST.replace("\"1544712660000000001\"", "-1"), "\"-1\" is not a Unix time in whole ns"),
            (REQUEST.replace("\"1544712660000000001\"", "18446744073709551615"), "startTimeUnixNano is \"18446744073709551615\""),
            (format!("[{REQUEST}, 7]"), "expected an OTLP request"),
        ];
        for (text, message) in cases {
            let error = read_text(&text, Some(Format::OTLP_JSON)).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }

    proptest! {
        #[test]
        fn writing_and_reading_gives_the_same_spans_in_whole_nanoseconds(traces in traces()) {
            // A file without a trace has no byte.
            prop_assume!(!traces.is_empty());
            let expected = by_service(in_whole_nanoseconds(with_written_codes(traces.concat())));
            prop_assert_eq!(by_service(round_trip(traces, Format::OTLP_JSON)), expected);
        }
    }
}
