use super::*;
use crate::otlp::message::is_wanted;
use crate::{UNKNOWN_OPERATION, UNKNOWN_SERVICE, testing::records};

fn span() -> Span {
    Span { trace_id: vec![1; 16], span_id: vec![2; 8], start_time_unix_nano: 5000, end_time_unix_nano: 7250, ..Span::default() }
}

fn read(spans: Vec<Span>) -> (Vec<Result<SpanRecord, BadSpan>>, ReadWarnings) {
    let mut warnings = ReadWarnings::default();
    let message = ResourceSpans { resource: None, scope_spans: vec![ScopeSpans { spans }] };
    (span_records(message, &mut warnings).collect(), warnings)
}

fn read_one(span: Span) -> SpanRecord {
    read(vec![span]).0.remove(0).unwrap()
}

#[test]
fn a_span_without_names_gets_names_that_are_counted() {
    let (records, warnings) = read(vec![span()]);
    let record = records[0].as_ref().unwrap();
    assert_eq!((record.service.as_str(), record.operation.as_str()), (UNKNOWN_SERVICE, UNKNOWN_OPERATION));
    assert_eq!(warnings, ReadWarnings { unnamed_services: 1, unnamed_operations: 1, ..ReadWarnings::default() });
    assert_eq!((record.start_ns, record.duration_us, &record.parent_id), (5000, 2.25, &None));
}

#[test]
fn trace_ids_of_32_and_64_bits_are_taken_and_wrong_ones_named() {
    let with_trace_id = |trace_id: Vec<u8>| read(vec![Span { trace_id, ..span() }]).0.remove(0);
    assert_eq!(with_trace_id(vec![0xab; 4]).unwrap().trace_id, "abababab");
    assert_eq!(with_trace_id(vec![0xab; 8]).unwrap().trace_id, "abababababababab");
    assert_eq!(with_trace_id([[0; 8], [0xab; 8]].concat()).unwrap().trace_id, "abababababababab");
    for wrong in [vec![], vec![0; 16], vec![1; 17]] {
        assert_eq!(with_trace_id(wrong).unwrap_err().field, "traceId");
    }
    assert_eq!(read(vec![Span { span_id: vec![0; 8], ..span() }]).0[0].as_ref().unwrap_err().field, "spanId");
    assert_eq!(read(vec![Span { parent_span_id: vec![1; 9], ..span() }]).0[0].as_ref().unwrap_err().field, "parentSpanId");
    assert_eq!(read_one(Span { parent_span_id: vec![0; 8], ..span() }).parent_id, None);
}

#[test]
fn impossible_times_are_left_to_cleaning_and_an_unusable_start_is_named() {
    assert_eq!(read_one(Span { end_time_unix_nano: 4000, ..span() }).duration_us, -1.0);
    assert!(read_one(Span { end_time_unix_nano: 0, ..span() }).duration_us.is_nan());
    let bad = read(vec![Span { start_time_unix_nano: u64::MAX, ..span() }]).0.remove(0).unwrap_err();
    assert_eq!(bad.to_string(), "startTimeUnixNano is \"18446744073709551615\", expected a Unix time in ns of 63 bits");
}

#[test]
fn unknown_enumeration_values_are_counted() {
    let (records, warnings) = read(vec![Span { kind: 77, status: Some(Status { code: 9 }), name: "o".into(), ..span() }]);
    assert_eq!(
        records[0].as_ref().map(|record| (record.kind, record.status)),
        Ok((SpanKind::Unspecified, tracesmith_trace::Status::UNSET))
    );
    assert_eq!((warnings.unknown_kinds, warnings.unknown_statuses), (1, 1));
}

#[test]
fn every_status_goes_where_it_came_from() {
    for http in [None, Some(200), Some(404), Some(503)] {
        for code in StatusCode::ALL {
            let status = tracesmith_trace::Status { http, code };
            let span = message(&SpanRecord { status, ..records(1).remove(0) });
            assert_eq!(span.attributes.len(), usize::from(http.is_some()), "{status}");
            let read = read_one(span);
            assert_eq!((read.status.http, read.status.is_error()), (http, status.is_error()));
            assert_eq!(read.status.code, written_code(status));
        }
    }
    let old = KeyValue { key: "http.status_code".into(), value: Some(string("302")) };
    assert_eq!(read_one(Span { attributes: vec![old], ..span() }).status, tracesmith_trace::Status::of_http(302));
}

#[test]
fn an_error_behind_http_200_is_an_error() {
    let http = attribute("http.response.status_code", number(200));
    let record = read_one(Span { attributes: vec![http], status: Some(Status { code: 2 }), ..span() });
    assert_eq!(record.status, tracesmith_trace::Status { http: Some(200), code: StatusCode::Error });
    assert!(record.status.is_error());
}

#[test]
fn attributes_are_kept_as_the_conventions_have_them_and_others_counted() {
    let text = |key: &str, value: &str| attribute(key, string(value));
    let code = attribute("rpc.grpc.status_code", number(14));
    let list = KeyValue { key: "db.name".into(), value: Some(AnyValue::default()) };
    let attributes =
        vec![text("http.route", "/a"), text("http.route", "/b"), code.clone(), list, text("http.url", "/a?b"), text("user", "7")];
    let (records, warnings) = read(vec![Span { attributes, name: "o".into(), ..span() }]);
    let record = records.into_iter().next().unwrap().unwrap();
    assert_eq!(record.attributes.iter().collect::<Vec<_>>(), [("http.route", "/a"), ("rpc.grpc.status_code", "14")]);
    assert_eq!((warnings.other_attributes, warnings.unusable_attributes), (1, 1));
    assert_eq!(message(&record).attributes, [text("http.route", "/a"), code]);
}

#[test]
fn of_many_attributes_few_are_kept_until_the_record_is_made() {
    let mut kept = Vec::new();
    for key in ["http.route", "http.route", "a", "b", "http.status_code", "a"] {
        let attribute = attribute(key, string("x"));
        if is_wanted(&kept, &attribute) {
            kept.push(attribute);
        }
    }
    assert_eq!(kept.iter().map(|attribute| attribute.key.as_str()).collect::<Vec<_>>(), ["http.route", "a", "http.status_code"]);
}

#[test]
fn a_large_trace_is_written_in_parts() {
    let requests: Vec<_> = trace_requests(&records(2500)).collect();
    assert_eq!(requests.iter().map(|request| request.resource_spans.len()).collect::<Vec<_>>(), [1000, 1000, 500]);
}
