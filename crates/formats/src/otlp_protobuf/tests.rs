use proptest::prelude::*;
use tracesmith_trace::{SpanKind, Status, StatusCode};

use super::*;
use crate::{
    Format,
    testing::{by_service, in_whole_nanoseconds, read_counted, records, round_trip, traces, with_written_codes},
};

/// A span of a Python SDK's exporter, written down by hand: resource, scope, and fields that are skipped here.
fn foreign_request() -> Vec<u8> {
    let field = |tag: u8, content: &[u8]| [vec![(tag << 3) | 2], with_varint(content)].concat();
    let string_attribute = |key: &str, value: &str| [field(1, key.as_bytes()), field(2, &field(1, value.as_bytes()))].concat();
    let array_attribute = [field(1, b"list"), field(2, &field(5, &field(1, &field(1, b"x"))))].concat();
    let status_attribute = [field(1, b"http.status_code"), field(2, &[3 << 3, 0xc8, 0x01])].concat();
    let resource = [field(1, &array_attribute), field(1, &string_attribute("service.name", "shop")), vec![2 << 3, 3]].concat();
    let span = [
        field(1, &[0x5b; 16]),
        field(2, &[0xee; 8]),
        field(3, b"state=1"),
        field(4, &[0xed; 8]),
        field(5, b"buy"),
        vec![6 << 3, 3],
        [&[(7 << 3) | 1][..], &1_544_712_660_000_000_001u64.to_le_bytes()].concat(),
        [&[(8 << 3) | 1][..], &1_544_712_660_000_002_251u64.to_le_bytes()].concat(),
        field(9, &status_attribute),
        vec![10 << 3, 2],
        field(11, &field(2, b"event")),
        field(15, &[3 << 3, 1]),
        vec![0x85, 0x01, 1, 1, 0, 0],
    ]
    .concat();
    let scope_spans = [field(1, &field(1, b"library")), field(2, &span), field(3, b"https://opentelemetry.io/schemas/1")].concat();
    field(1, &[field(1, &resource), field(2, &scope_spans)].concat())
}

/// Bytes after their length.
fn with_varint(request: &[u8]) -> Vec<u8> {
    let mut framed = Vec::new();
    prost::encoding::encode_varint(request.len() as u64, &mut framed);
    [framed, request.to_vec()].concat()
}

fn with_big_endian(request: &[u8]) -> Vec<u8> {
    [&(request.len() as u32).to_be_bytes()[..], request].concat()
}

fn error(content: &[u8], format: Format) -> String {
    read_counted(content, Some(format)).unwrap_err().to_string()
}

#[test]
fn a_request_of_another_exporter_is_read_in_every_framing() {
    let request = foreign_request();
    let files = [
        (request.repeat(2), Format::OTLP_PROTOBUF),
        (with_varint(&request).repeat(2), Format::OTLP_PROTOBUF_DELIMITED),
        (with_big_endian(&request).repeat(2), Format::OTLP_PROTOBUF_DELIMITED),
    ];
    for (file, format) in files {
        let (reading, spans) = read_counted(&file, None).unwrap();
        assert_eq!((reading.format, spans.len()), (format, 2));
        assert!(reading.warnings.is_nothing());
        let span = &spans[1];
        let status = Status { http: Some(200), code: StatusCode::Ok };
        assert_eq!((&span.trace_id, &span.span_id), (&"5b".repeat(16), &"ee".repeat(8)));
        assert_eq!((span.parent_id.as_deref(), span.kind, span.status), (Some("edededededededed"), SpanKind::Client, status));
        assert_eq!((span.start_ns, span.duration_us), (1_544_712_660_000_000_001, 2.25));
        assert_eq!((span.service.as_str(), span.operation.as_str()), ("shop", "buy"));
    }
}

#[test]
fn a_file_that_is_cut_anywhere_gives_an_error_and_its_whole_messages() {
    let request = foreign_request();
    for (message, format) in [
        (request.clone(), Format::OTLP_PROTOBUF),
        (with_varint(&request), Format::OTLP_PROTOBUF_DELIMITED),
        (with_big_endian(&request), Format::OTLP_PROTOBUF_DELIMITED),
    ] {
        for length in message.len() + 1..2 * message.len() {
            let error = error(&message.repeat(2)[..length], format);
            assert!(error.contains("ends in the middle of message 2"), "{length}: {error}");
        }
        assert!(error(&message[..message.len() - 1], format).contains("ends in the middle of message 1"));
    }
}

#[test]
fn a_length_that_cannot_be_is_refused_without_reserving_it() {
    let huge = [&[0x0a][..], &[0xff, 0xff, 0xff, 0xff, 0x0f]].concat();
    assert!(error(&huge, Format::OTLP_PROTOBUF).contains("message 1: longer than 67108864 bytes"));
    let promised = [&[0x0a, 0x80, 0x80, 0x80, 0x10][..], &[0; 100]].concat();
    assert!(error(&promised, Format::OTLP_PROTOBUF).contains("ends in the middle of message 1"));
    assert!(error(&[0xff; 32], Format::OTLP_PROTOBUF_DELIMITED).contains("no message begins here"));
}

#[test]
fn what_is_no_trace_is_said() {
    let request = foreign_request();
    assert!(error(&with_varint(&request), Format::OTLP_PROTOBUF).contains("no message begins here"));
    assert!(error(&request, Format::OTLP_PROTOBUF_DELIMITED).contains("no message begins here"));
    let name = request.windows(3).position(|bytes| bytes == b"buy").unwrap();
    let mut latin = request.clone();
    latin[name] = 0xe9;
    assert!(error(&latin, Format::OTLP_PROTOBUF).contains("message 1: this is no OTLP trace message"));
    let mut zero_id = request;
    let id = zero_id.windows(8).position(|bytes| bytes == [0xee; 8]).unwrap();
    zero_id[id..id + 8].fill(0);
    assert!(error(&[foreign_request(), zero_id].concat(), Format::OTLP_PROTOBUF).contains("record 2: spanId is \"0000000000000000\""));
}

#[test]
fn framings_are_told_apart_at_every_length() {
    // The name of the service moves the lengths through one and two bytes of varint, among them the 10 that looks like a field.
    for length in 0..300 {
        let mut spans = records(1);
        spans[0].service = "s".repeat(length);
        let request = trace_requests(&spans).next().unwrap().encode_to_vec();
        assert_eq!(framing(&request), Some(Framing::Single), "{length}");
        assert_eq!(framing(&with_varint(&request)), Some(Framing::Varint), "{length}");
        assert_eq!(framing(&with_big_endian(&request)), Some(Framing::BigEndian), "{length}");
    }
    let ten = [&[10, 0x0a, 8, 0x12, 6][..], &[0x12, 4, 0x2a, 2, b'a', b'b']].concat();
    assert_eq!(framing(&ten), Some(Framing::Varint));
    for text in ["", "\n", "once upon a time", "trace,span\n1,2\n", "\n\nname\n"] {
        assert_eq!(framing(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn a_single_request_may_be_larger_than_a_message() {
    let mut spans = records(1);
    spans[0].service = "x".repeat(1 << 20);
    let one = trace_requests(&spans).next().unwrap().encode_to_vec();
    let (_, spans) = read_counted(&one.repeat(MAX_MESSAGE_BYTES / one.len() + 2), None).unwrap();
    assert_eq!(spans.len(), MAX_MESSAGE_BYTES / one.len() + 2);
}

#[test]
fn messages_of_empty_parts_take_no_more_memory_than_their_bytes() {
    let field = |tag: u8, content: &[u8]| [vec![(tag << 3) | 2], with_varint(content)].concat();
    let ids = [field(1, &[1; 16]), field(2, &[2; 8])].concat();
    let span = [ids, field(9, &[]).repeat(1_000_000)].concat();
    let (reading, spans) = read_counted(&field(1, &field(2, &field(2, &span))), None).unwrap();
    assert_eq!((spans.len(), spans[0].status, reading.warnings.other_attributes), (1, Status::UNSET, 1));
    let empty_spans = field(1, &field(2, &field(2, &[]).repeat(1_000_000)));
    assert!(error(&empty_spans, Format::OTLP_PROTOBUF).contains("record 1: traceId is \"\""));
    let overlong = field(1, &field(2, &[(2 << 3) | 2, 100]));
    assert!(error(&overlong, Format::OTLP_PROTOBUF).contains("longer than the whole"));
}

proptest! {
    #[test]
    fn writing_and_reading_gives_the_same_spans_in_whole_nanoseconds(traces in traces()) {
        let expected = by_service(in_whole_nanoseconds(with_written_codes(traces.concat())));
        // A file without a trace has no byte.
        prop_assume!(!traces.is_empty());
        for format in [Format::OTLP_PROTOBUF, Format::OTLP_PROTOBUF_DELIMITED] {
            prop_assert_eq!(by_service(round_trip(traces.clone(), format)), expected.clone());
        }
    }
}
