//! Streams to a real collector: rotel, whose program must be named by the variable `ROTEL_AGENT`. `benches/stream_to_rotel.sh` installs it
//! and runs this.

#![allow(clippy::unwrap_used)]

use std::{
    fs::{self, File},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command},
    thread::sleep,
    time::{Duration, Instant},
};

use tracesmith_live::{Arrivals, Endpoint, Origin, Pattern, Protocol, SourceError, Stop, StreamSettings, stream};
use tracesmith_trace::{SpanKind, SpanRecord, Status};

const TRACES: u64 = 10_000;
const SPANS_A_TRACE: u64 = 10;

/// A collector that ends with the test.
struct Rotel(Child);

impl Drop for Rotel {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn start(program: &str, folder: &Path, log: &Path) -> (Rotel, SocketAddr, SocketAddr) {
    let (grpc, http) = (free_address(), free_address());
    let child = Command::new(program)
        .args(["start", "--exporter", "blackhole", "--debug-log", "traces"])
        .args(["--otlp-grpc-endpoint", &grpc.to_string(), "--otlp-http-endpoint", &http.to_string(), "--pid-file"])
        .arg(folder.join("pid"))
        .stdout(File::create(log).unwrap())
        .stderr(File::create(folder.join("errors")).unwrap())
        .spawn()
        .unwrap();
    let rotel = Rotel(child);
    let began = Instant::now();
    while [grpc, http].iter().any(|address| TcpStream::connect(address).is_err()) {
        assert!(began.elapsed() < Duration::from_secs(20), "rotel does not listen");
        sleep(Duration::from_millis(50));
    }
    (rotel, grpc, http)
}

/// Spans that the log of rotel says it has received. It has colours between names and numbers.
fn spans_received(log: &Path) -> u64 {
    let text = fs::read_to_string(log).unwrap();
    let spans = |line: &str| {
        line.rsplit_once("spans")?
            .1
            .rsplit(|character: char| !character.is_ascii_digit())
            .find(|part| !part.is_empty())?
            .parse::<u64>()
            .ok()
    };
    text.lines().filter(|line| line.contains("Received traces")).filter_map(spans).sum()
}

fn trace(number: u64) -> Vec<SpanRecord> {
    let span = |position: u64| SpanRecord {
        trace_id: format!("{:032x}", (1u128 << 64) + u128::from(number)),
        span_id: format!("{:016x}", position + 1),
        parent_id: (position > 0).then(|| format!("{position:016x}")),
        service: format!("service-{}", position % 4),
        operation: format!("GET /operation/{position}"),
        start_ns: position as i64 * 1_000_000,
        duration_us: 20_000.0 - 1_000.0 * position as f64,
        status: Status::of_http(200),
        kind: SpanKind::Server,
        ..SpanRecord::default()
    };
    (0..SPANS_A_TRACE).map(span).collect()
}

#[test]
#[ignore = "needs the program rotel-agent: benches/stream_to_rotel.sh installs it and runs this"]
fn all_of_100_000_spans_arrive_at_a_collector() {
    let program = std::env::var("ROTEL_AGENT").expect("ROTEL_AGENT names the program rotel-agent");
    for protocol in Protocol::ALL {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let (rotel, grpc, http) = start(&program, folder.path(), &log);
        let address = if protocol == Protocol::Grpc { grpc } else { http };
        let endpoint = Endpoint::parse(&format!("http://{address}"), protocol).unwrap();
        let origin = Origin { dataset: "test".into(), version: "1".into(), scenario: "none".into(), seed: 0 };
        let arrivals = Arrivals::Pattern { pattern: Pattern::Poisson, rate: 2_000.0 };
        let settings = StreamSettings { max_rate: 10_000.0, ..StreamSettings::new(endpoint, origin, arrivals) };
        let traces = (0..TRACES).map(|number| Ok::<_, SourceError>(trace(number)));
        let tally = stream(traces, &settings, &Stop::new()).unwrap();
        // rotel writes its log a little later.
        let began = Instant::now();
        while spans_received(&log) < TRACES * SPANS_A_TRACE && began.elapsed() < Duration::from_secs(10) {
            sleep(Duration::from_millis(100));
        }
        drop(rotel);
        println!("{}: {} of {} spans received; {tally:?}", protocol.name(), spans_received(&log), TRACES * SPANS_A_TRACE);
        assert!(tally.is_good());
        assert_eq!((tally.accepted.traces, tally.accepted.spans), (TRACES, TRACES * SPANS_A_TRACE));
        assert_eq!(spans_received(&log), TRACES * SPANS_A_TRACE);
    }
}
