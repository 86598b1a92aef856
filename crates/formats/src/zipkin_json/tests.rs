use proptest::prelude::*;
use tracesmith_trace::{SpanKind, Status};

use super::*;
use crate::{
    Format, UNKNOWN_OPERATION, UNKNOWN_SERVICE,
    testing::{in_whole_microseconds, read_counted, read_text, round_trip, traces, with_written_codes},
};

const SPAN: &str = r#"{"traceId":"5AF7183FB1D4CF5F","parentId":"6b221d5bc9e6496c","id":"352bff9a74ca9ad2","kind":"SERVER","name":"get /api",
    "timestamp":1556604172355737,"duration":1431,"localEndpoint":{"serviceName":"backend","ipv4":"192.168.99.1","port":3306},
    "remoteEndpoint":{"ipv4":"172.19.0.2"},"annotations":[{"timestamp":1,"value":"x"}],"tags":{"http.method":"GET","http.status_code":"200"}}"#;

#[test]
fn every_way_to_hold_spans_is_read() {
    let line = SPAN.replace('\n', "");
    for file in
        [format!("[{SPAN},{SPAN}]"), format!("[[{SPAN}],[{SPAN}]]"), format!("\u{feff}{line}\n{line}\n"), format!("[{SPAN}]\n[{SPAN}]")]
    {
        let (format, spans) = read_text(&file, None).unwrap();
        assert_eq!((format, spans.len()), (Format::ZIPKIN_JSON, 2), "{file}");
        let span = &spans[0];
        assert_eq!((span.trace_id.as_str(), span.span_id.as_str()), ("5af7183fb1d4cf5f", "352bff9a74ca9ad2"));
        assert_eq!((span.parent_id.as_deref(), span.kind, span.status), (Some("6b221d5bc9e6496c"), SpanKind::Server, Status::of_http(200)));
        assert_eq!((span.start_ns, span.duration_us), (1_556_604_172_355_737_000, 1431.0));
        assert_eq!((span.service.as_str(), span.operation.as_str()), ("backend", "get /api"));
    }
}

#[test]
fn a_span_of_nothing_but_ids_is_read_as_unfinished() {
    let (reading, spans) =
        read_counted(br#"[{"traceId":"a","id":"b","kind":"JESTER","tags":{"error":""},"localEndpoint":{}}]"#, None).unwrap();
    assert_eq!((spans[0].service.as_str(), spans[0].operation.as_str()), (UNKNOWN_SERVICE, UNKNOWN_OPERATION));
    assert!(spans[0].duration_us.is_nan());
    assert_eq!((&spans[0].parent_id, spans[0].kind, spans[0].status), (&None, SpanKind::Unspecified, Status::ERROR));
    let expected = ReadWarnings { unknown_kinds: 1, unnamed_services: 1, unnamed_operations: 1, ..ReadWarnings::default() };
    assert_eq!(reading.warnings, expected);
}

#[test]
fn a_span_with_a_million_tags_is_read() {
    let many: String = (0..1_000_000).map(|i| format!("\"{i}\":\"v\",")).collect();
    let text = SPAN.replace("\"tags\":{", &format!("\"tags\":{{{many}"));
    let (reading, spans) = read_counted(text.as_bytes(), None).unwrap();
    assert_eq!(
        (spans[0].status, spans[0].attributes.get("http.method"), reading.warnings.other_attributes),
        (Status::of_http(200), Some("GET"), 1)
    );
}

#[test]
fn a_negative_duration_is_left_to_cleaning() {
    let (_, spans) = read_text(&format!("[{}]", SPAN.replace("1431", "-5")), None).unwrap();
    assert_eq!(spans[0].duration_us, -5.0);
}

#[test]
fn what_is_no_span_is_said() {
    let cases = [
        (SPAN.replace("1556604172355737", "9000000000000000000"), "no time in µs"),
        (SPAN.replace("\"id\":\"352bff9a74ca9ad2\",", ""), "missing field `id`"),
        (SPAN.replace("352bff9a74ca9ad2", "0000000000000000"), "has no id"),
        (SPAN.replace("\"tags\":{", "\"binaryAnnotations\":[],\"tags\":{"), "version 1 of Zipkin's format"),
        (SPAN.replace("1431", "\"long\""), "invalid type: string \"long\""),
        (format!("{SPAN}, 7"), "expected value"),
        (format!("[{SPAN}, 7]"), "expected a Zipkin span or an array of spans"),
    ];
    for (text, message) in cases {
        let error = read_text(&text, None).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn what_zipkin_has_no_number_for_is_left_out() {
    let mut trace = crate::testing::records(2);
    (trace[0].duration_us, trace[1].duration_us) = (-1.0, f64::INFINITY);
    let read = round_trip(vec![trace], Format::ZIPKIN_JSON);
    assert!(read.iter().all(|span| span.duration_us.is_nan()) && read.len() == 2);
}

proptest! {
    #[test]
    fn writing_and_reading_gives_the_same_spans_in_whole_microseconds(traces in traces()) {
        let expected = in_whole_microseconds(with_written_codes(traces.concat()));
        prop_assert_eq!(round_trip(traces, Format::ZIPKIN_JSON), expected);
    }
}
