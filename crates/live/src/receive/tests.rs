//! Requests as other exporters send them, and as nobody should.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use flate2::{Compression, write::GzEncoder};
use prost::Message;
use serde_json::Value;
use tracesmith_formats::otlp::trace_requests;
use tracesmith_trace::SpanRecord;

use super::*;
use crate::testing::{numbered, trace};

fn receiver(settings: ReceiveSettings) -> (SocketAddr, Stop, JoinHandle<Received>) {
    let receiver = Receiver::bind(&["127.0.0.1:0".parse().unwrap(), "[::1]:0".parse().unwrap()]).unwrap();
    let address = receiver.addresses()[0];
    let stop = Stop::new();
    let outside = stop.clone();
    (address, outside, thread::spawn(move || receiver.run(&settings, &stop)))
}

/// Sends a request and returns the status and the body of the answer.
fn ask(address: SocketAddr, line: &str, headers: &str, body: &[u8]) -> (u16, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!("{line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
    stream.write_all(head.as_bytes()).unwrap();
    // The receiver may answer before it has all of a request that is too long.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("an answer has a head");
    let status = std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap();
    (status, answer.split_off(end + 4))
}

fn post(address: SocketAddr, headers: &str, body: &[u8]) -> (u16, Vec<u8>) {
    ask(address, "POST /v1/traces", headers, body)
}

const JSON: &str = "content-type: application/json; charset=utf-8\r\n";
const PROTOBUF: &str = "content-type: application/x-protobuf\r\n";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn request(number: usize) -> tracesmith_formats::otlp::ExportTraceServiceRequest {
    trace_requests(&numbered(number)).next().unwrap()
}

#[test]
fn protobuf_and_json_are_taken_plain_and_compressed() {
    let (address, stop, receiving) = receiver(ReceiveSettings::default());
    let json = serde_json::to_vec(&request(6)).unwrap();
    assert_eq!(post(address, JSON, &json), (200, b"{}".to_vec()));
    assert_eq!(post(address, &format!("{JSON}content-encoding: gzip\r\n"), &gzip(&json)), (200, b"{}".to_vec()));
    let protobuf = request(5).encode_to_vec();
    assert_eq!(post(address, PROTOBUF, &protobuf), (200, Vec::new()));
    assert_eq!(post(address, &format!("{PROTOBUF}content-encoding: gzip\r\n"), &gzip(&protobuf)), (200, Vec::new()));
    stop.now();
    let received = receiving.join().unwrap();
    assert_eq!((received.spans.len(), received.traces, received.requests, received.refused_requests), (7 + 7 + 6 + 6, 2, 4, 0));
}

#[test]
fn what_is_no_export_is_refused_with_a_reason_and_counted() {
    let (address, stop, receiving) = receiver(ReceiveSettings::default());
    let bomb = gzip(&vec![0; 100 << 20]);
    assert!(bomb.len() < MAX_REQUEST_BYTES);
    let cases = [
        (post(address, JSON, b"{\"resourceSpans\": ["), 400, "the body is no ExportTraceServiceRequest in JSON"),
        (post(address, PROTOBUF, b"\xff\xff\xff"), 400, "the body is no ExportTraceServiceRequest"),
        (post(address, &format!("{JSON}content-encoding: gzip\r\n"), b"{}"), 400, "the body is no gzip"),
        (post(address, &format!("{JSON}content-encoding: br\r\n"), b"{}"), 415, "must be gzip or none"),
        (post(address, "", b"{}"), 415, "the Content-Type must be"),
        (ask(address, "POST /v1/metrics", JSON, b"{}"), 404, "there is no /v1/metrics here"),
        (ask(address, "GET /v1/traces", JSON, b""), 405, "traces are posted"),
        (post(address, PROTOBUF, &vec![b' '; MAX_REQUEST_BYTES + 1]), 413, "send smaller batches"),
        (post(address, &format!("{JSON}content-encoding: gzip\r\n"), &bomb), 413, "send smaller batches"),
    ];
    let count = cases.len() as u64;
    for ((status, body), expected, reason) in cases {
        let text = String::from_utf8_lossy(&body);
        assert!(status == expected && text.contains(reason), "{status}: {text}, expected {expected}: {reason}");
    }
    // The reader is left in the middle.
    TcpStream::connect(address).unwrap().write_all(b"POST /v1/traces HTTP/1.1\r\ncontent-le").unwrap();
    stop.now();
    let received = receiving.join().unwrap();
    assert_eq!((received.requests, received.refused_requests, received.spans.len()), (0, count, 0));
}

#[test]
fn spans_without_ids_are_rejected_one_by_one() {
    let (address, stop, receiving) = receiver(ReceiveSettings::default());
    let mut request = request(6);
    request.resource_spans[0].scope_spans[0].spans[0].trace_id.clear();
    let (status, body) = post(address, PROTOBUF, &request.encode_to_vec());
    let answer = crate::messages::ExportTraceServiceResponse::decode(&body[..]).unwrap().partial_success.unwrap();
    assert_eq!((status, answer.rejected_spans, answer.error_message.as_str()), (200, 1, "a span has no id"));
    stop.now();
    let received = receiving.join().unwrap();
    assert_eq!((received.spans.len(), received.rejected_spans), (6, 1));
}

#[test]
fn a_receiver_with_all_its_traces_takes_their_late_spans_and_ends() {
    let (address, _stop, receiving) = receiver(ReceiveSettings { max_traces: Some(1), ..ReceiveSettings::default() });
    let spans = trace(&"a".repeat(32), 6);
    let send = |spans: &[SpanRecord]| {
        let request = trace_requests(spans).next().unwrap();
        let (status, body) = post(address, JSON, &serde_json::to_vec(&request).unwrap());
        assert_eq!(status, 200);
        serde_json::from_slice::<Value>(&body).unwrap()
    };
    assert_eq!(send(&spans[..3]), serde_json::json!({}));
    let answer = send(&numbered(3));
    assert_eq!(answer["partialSuccess"]["rejectedSpans"], "4");
    assert_eq!(answer["partialSuccess"]["errorMessage"], "the receiver has its 1 traces");
    assert_eq!(send(&spans[3..]), serde_json::json!({}));
    let received = receiving.join().unwrap();
    assert_eq!((received.traces, received.spans.len(), received.rejected_spans, received.ended), (1, 6, 4, Ended::Traces));
}

#[test]
fn a_receiver_keeps_no_more_spans_than_it_may() {
    let (address, _stop, receiving) = receiver(ReceiveSettings { max_spans: 5, ..ReceiveSettings::default() });
    let (status, body) = post(address, JSON, &serde_json::to_vec(&request(6)).unwrap());
    assert_eq!(status, 200);
    assert!(String::from_utf8(body).unwrap().contains("the receiver has its 5 spans"));
    let received = receiving.join().unwrap();
    assert_eq!((received.spans.len(), received.rejected_spans, received.ended), (5, 2, Ended::Spans));
}

#[test]
fn a_receiver_ends_in_time_although_a_connection_is_open() {
    let (address, _stop, receiving) =
        receiver(ReceiveSettings { duration: Some(Duration::from_millis(300)), ..ReceiveSettings::default() });
    let began = Instant::now();
    let _open = TcpStream::connect(address).unwrap();
    assert_eq!(receiving.join().unwrap().ended, Ended::Duration);
    assert!(began.elapsed() < LAST_ANSWERS + Duration::from_secs(3));
}

#[test]
fn a_port_that_is_taken_is_named() {
    let first = Receiver::bind(&["127.0.0.1:0".parse().unwrap()]).unwrap();
    let error = Receiver::bind(first.addresses()).err().unwrap().to_string();
    assert!(error.starts_with(&format!("cannot listen on {}", first.addresses()[0])), "{error}");
}
