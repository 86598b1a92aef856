//! Traces over the network, from one command to another.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::Child,
    sync::mpsc,
    thread,
};

use crate::{sandbox::Sandbox, scenario::fitted};

/// Two traces of two spans and of one, 100 ms apart.
const TRACES: &str = r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeSpans":[{"spans":[
{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"buy","kind":2,"startTimeUnixNano":"1544712660000000001","endTimeUnixNano":"1544712660000500001"},
{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b175","parentSpanId":"eee19b7ec3c1b174","name":"pay","kind":3,"startTimeUnixNano":"1544712660000000101","endTimeUnixNano":"1544712660000400001"},
{"traceId":"6b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"buy","kind":2,"startTimeUnixNano":"1544712660100000001","endTimeUnixNano":"1544712660100500001"}]}]}]}"#;

/// Starts `receive` and says where it listens.
fn receiver(sandbox: &Sandbox, options: &str) -> (Child, String) {
    let mut receiver = sandbox.start(&format!("receive --port 0 {options}"));
    let mut line = String::new();
    BufReader::new(receiver.stderr.as_mut().unwrap()).read_line(&mut line).unwrap();
    let address = line.strip_prefix("listening on ").and_then(|rest| rest.split(',').next()).unwrap();
    (receiver, address.to_owned())
}

/// A collector that takes everything over HTTP, and the bodies that it got.
fn collector() -> (SocketAddr, mpsc::Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (bodies, received) = mpsc::channel();
    thread::spawn(move || listener.incoming().map(|peer| bodies.send(body(peer.unwrap()))).all(|sent| sent.is_ok()));
    (address, received)
}

fn body(peer: TcpStream) -> Vec<u8> {
    let mut reader = BufReader::new(peer);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        match line.to_ascii_lowercase().strip_prefix("content-length:") {
            Some(value) => length = value.trim().parse().unwrap(),
            None if line.trim().is_empty() => break,
            None => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    reader.into_inner().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
    body
}

/// A span of a file of OTLP JSON.
struct Received {
    trace: String,
    span: String,
    name: String,
    is_root: bool,
    start_ns: i64,
}

fn spans(sandbox: &Sandbox, file: &str) -> Vec<Received> {
    let text = String::from_utf8(sandbox.read(file)).unwrap();
    let mut spans = Vec::new();
    for line in text.lines() {
        let request: serde_json::Value = serde_json::from_str(line).unwrap();
        let list = |value: &serde_json::Value, key: &str| value[key].as_array().unwrap().clone();
        let scopes = list(&request, "resourceSpans").into_iter().flat_map(|resource| list(&resource, "scopeSpans"));
        spans.extend(scopes.flat_map(|scope| list(&scope, "spans")).map(|span| Received {
            // OTLP has ids of 128 bits: one of 64 gets zeros.
            trace: span["traceId"].as_str().unwrap().trim_start_matches("0000000000000000").to_owned(),
            span: span["spanId"].as_str().unwrap().to_owned(),
            name: span["name"].as_str().unwrap().to_owned(),
            is_root: span["parentSpanId"].as_str().is_none_or(str::is_empty),
            start_ns: span["startTimeUnixNano"].as_str().unwrap().parse().unwrap(),
        }));
    }
    spans
}

/// Earliest start of every trace.
fn starts(spans: &[Received]) -> BTreeMap<&str, i64> {
    let mut starts = BTreeMap::new();
    for span in spans {
        starts.entry(span.trace.as_str()).and_modify(|start: &mut i64| *start = span.start_ns.min(*start)).or_insert(span.start_ns);
    }
    starts
}

#[test]
fn a_streamed_file_is_received_and_written() {
    for protocol in ["grpc", "http"] {
        let sandbox = Sandbox::new();
        sandbox.write("traces.jsonl", TRACES);
        let (receiver, address) = receiver(&sandbox, "--max-traces 2 --output got.jsonl");
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
fn a_scenario_arrives_when_it_planned_to_and_with_the_ids_of_its_ground_truth() {
    let sandbox = fitted("markov-tree");
    let scenario = "--seed 3 --scenario slow-dependency --scenario-set duration_s=3 --scenario-set load.rate=20 \
        --scenario-set interventions.0.from_s=1 --scenario-set interventions.0.for_s=1";
    sandbox.succeed(&format!("generate model {scenario} --out planned.jsonl --ground-truth planned-truth.jsonl"));
    let (receiver, address) = receiver(&sandbox, "--max-traces 60 --output got.jsonl");
    let tally = sandbox.json(&format!("stream model {scenario} --endpoint http://{address} --ground-truth truth.jsonl --json"));
    assert_eq!(tally["accepted"]["traces"], 60);
    assert!(receiver.wait_with_output().unwrap().status.success());

    let (planned, got) = (spans(&sandbox, "planned.jsonl"), spans(&sandbox, "got.jsonl"));
    let ids = |spans: &[Received]| spans.iter().map(|span| (span.trace.clone(), span.span.clone())).collect::<BTreeSet<_>>();
    assert!(ids(&got) == ids(&planned), "the traces are those that `generate` writes");
    let (began, planned) = (starts(&got), starts(&planned));
    let moved_by: Vec<i64> = began.iter().map(|(trace, start_ns)| start_ns - planned[trace]).collect();
    let (least, most) = (moved_by.iter().min().unwrap(), moved_by.iter().max().unwrap());
    let late_ns = tally["late_seconds"].as_f64().unwrap() * 1e9;
    assert!((most - least) as f64 <= late_ns + 1_000.0, "all traces are moved by the same time: {least} to {most} ns");

    assert!(sandbox.read("truth.jsonl") == sandbox.read("planned-truth.jsonl"));
    let truth = String::from_utf8(sandbox.read("truth.jsonl")).unwrap();
    let touched: Vec<serde_json::Value> = truth.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!touched.is_empty());
    let arrived = ids(&got);
    for span in &touched {
        let id = (span["trace_id"].as_str().unwrap().to_owned(), span["span_id"].as_str().unwrap().to_owned());
        assert!(arrived.contains(&id), "{span} did not arrive");
    }
}

#[test]
fn resources_say_which_scenario_they_are_from() {
    let sandbox = fitted("markov-tree");
    sandbox.write("traces.jsonl", TRACES);
    for (options, scenario) in [
        ("model --scenario error-burst", "error-burst"),
        ("model", "none"),
        ("traces.jsonl --scenario calm", "calm"),
        ("traces.jsonl", "none"),
    ] {
        let (address, bodies) = collector();
        sandbox.succeed(&format!("stream {options} --endpoint http://{address} --protocol http -n 40 --rate 100"));
        let bodies: Vec<Vec<u8>> = bodies.try_iter().collect();
        assert!(!bodies.is_empty());
        // The key and the value as protobuf has them: fields 1 and 2 of an attribute, in which the value is field 1.
        let length = u8::try_from(scenario.len()).unwrap();
        let attribute = [b"tracesmith.scenario", &[0x12, length + 2, 0x0a, length][..], scenario.as_bytes()].concat();
        let named = |body: &Vec<u8>| body.windows(attribute.len()).any(|bytes| bytes == attribute);
        assert!(bodies.iter().all(named), "{options}: no resource is of scenario {scenario}");
    }
}

#[test]
fn a_stream_of_a_model_keeps_to_the_conditions_that_are_asked_for() {
    let sandbox = fitted("markov-tree");
    sandbox.succeed("generate model -n 100 --out any.jsonl");
    let mut roots: BTreeMap<String, usize> = BTreeMap::new();
    spans(&sandbox, "any.jsonl").into_iter().filter(|span| span.is_root).for_each(|span| *roots.entry(span.name).or_default() += 1);
    let (root, count) = roots.iter().min_by_key(|(_, count)| **count).unwrap();
    assert!(*count < 100, "the model knows one root only: {root}");
    let (receiver, address) = receiver(&sandbox, "--max-traces 20 --output got.jsonl");
    sandbox.succeed(&format!("stream model --root {root} --endpoint http://{address} -n 20 --rate 100"));
    assert!(receiver.wait_with_output().unwrap().status.success());
    let got = spans(&sandbox, "got.jsonl");
    let found: Vec<&str> = got.iter().filter(|span| span.is_root).map(|span| span.name.as_str()).collect();
    assert_eq!(found, vec![root.as_str(); 20]);
}

#[test]
fn conditions_and_scenarios_that_cannot_be_met_are_said_before_anything_is_sent() {
    let sandbox = fitted("markov-tree");
    sandbox.write("traces.jsonl", TRACES);
    for (options, reason) in [
        ("model --scenario cascad", "did you mean \"cascade\"?"),
        ("model --scenario cascade --faults-out faults.json", "use --ground-truth"),
        ("model --scenario cascade --ground-truth truth.jsonl --rate 500", "--max-rate 500"),
        ("model --root nothing", "no training trace begins with \"nothing\""),
        ("traces.jsonl --label normal --size model", "leave out --size, --label"),
        ("traces.jsonl --scenario calm --ground-truth truth.jsonl", "leave out --ground-truth"),
        ("no-model --root buy", "give the folder that `tracesmith fit` wrote"),
    ] {
        let done = sandbox.run(&format!("stream {options} --endpoint http://localhost:1"));
        assert!(done.code == Some(1) && done.stderr.contains(reason), "{options}: {}", done.stderr);
        assert!(done.stdout.is_empty(), "{options}: {}", done.stdout);
    }
    assert_eq!(sandbox.run("stream model --endpoint http://localhost:1 --ground-truth truth.jsonl").code, Some(2));
    assert!(!sandbox.content().iter().any(|name| name == "truth.jsonl" || name == "faults.json"));
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
