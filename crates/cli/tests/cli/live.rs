//! Traces over the network, from one command to another.

use std::io::{BufRead, BufReader};

use crate::sandbox::Sandbox;

/// Two traces of two spans and of one, 100 ms apart.
const TRACES: &str = r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeSpans":[{"spans":[
{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"buy","kind":2,"startTimeUnixNano":"1544712660000000001","endTimeUnixNano":"1544712660000500001"},
{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b175","parentSpanId":"eee19b7ec3c1b174","name":"pay","kind":3,"startTimeUnixNano":"1544712660000000101","endTimeUnixNano":"1544712660000400001"},
{"traceId":"6b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"buy","kind":2,"startTimeUnixNano":"1544712660100000001","endTimeUnixNano":"1544712660100500001"}]}]}]}"#;

#[test]
fn a_streamed_file_is_received_and_written() {
    for protocol in ["grpc", "http"] {
        let sandbox = Sandbox::new();
        sandbox.write("traces.jsonl", TRACES);
        let mut receiver = sandbox.start("receive --port 0 --max-traces 2 --output got.jsonl");
        let mut line = String::new();
        BufReader::new(receiver.stderr.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.strip_prefix("listening on ").and_then(|rest| rest.split(',').next()).unwrap();
        let line = format!("stream traces.jsonl --endpoint http://{address} --protocol {protocol} --replay-arrivals --keep-ids --json");
        let done = sandbox.run(&line);
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        let tally: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
        assert_eq!(tally["accepted"], serde_json::json!({"traces": 2, "spans": 3}));
        let received = receiver.wait_with_output().unwrap();
        assert!(received.status.success());
        let text = String::from_utf8(received.stdout).unwrap();
        assert!(text.starts_with("2 traces, 3 spans in 1 requests; all traces are there\ngot.jsonl: 2 traces, 3 spans"), "{text}");
        let written = String::from_utf8(sandbox.read("got.jsonl")).unwrap();
        assert!(written.contains("\"spanId\":\"eee19b7ec3c1b175\",\"parentSpanId\":\"eee19b7ec3c1b174\",\"name\":\"pay\""), "{written}");
        assert!(!written.contains("15447126"), "the starts are those of today: {written}");
    }
}

#[test]
fn a_stream_that_may_not_begin_says_why() {
    let sandbox = Sandbox::new();
    sandbox.write("traces.jsonl", TRACES);
    let cases = [
        ("--endpoint http://192.0.2.1:4317", "is not a loopback address"),
        ("--endpoint localhost:1 --rate 500", "raise it with --max-rate 500"),
        ("--endpoint localhost:1 --tls-ca ca.pem", "is not encrypted"),
        ("--endpoint localhost:1 --keep-ids -n 3", "has 2 traces: more of them would repeat ids"),
        ("--endpoint localhost:1 --header token", "a header is NAME=VALUE"),
        ("--endpoint localhost:1 --attempts 1", "the stream ended early"),
    ];
    for (options, reason) in cases {
        let done = sandbox.run(&format!("stream traces.jsonl {options}"));
        assert_eq!(done.code, Some(1), "{options}");
        assert!(done.stderr.contains(reason), "{options}: {}", done.stderr);
    }
}

#[test]
fn a_receiver_says_at_once_that_it_could_not_write() {
    let sandbox = Sandbox::new();
    for (output, reason) in [("none/x.jsonl", "there is no folder none"), ("x.csv", "does not say a format")] {
        let done = sandbox.run(&format!("receive --port 0 --output {output}"));
        assert_eq!(done.code, Some(1), "{}", done.stderr);
        assert!(done.stderr.contains(reason), "{}", done.stderr);
    }
}
