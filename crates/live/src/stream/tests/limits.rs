//! What ends a stream, and what may not begin.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use super::*;
use crate::{
    LiveError, Recording,
    testing::{Reply, http_collector},
};

fn good_collector() -> SocketAddr {
    http_collector(vec![Reply::http("200 OK", "", b"")]).0
}

/// Traces without end, and how many were taken.
fn endless() -> (impl Iterator<Item = Result<Vec<SpanRecord>, SourceError>> + Send, Arc<AtomicUsize>) {
    let taken = Arc::new(AtomicUsize::new(0));
    let counter = taken.clone();
    let traces = (0..).map(move |number| {
        counter.fetch_add(1, Ordering::SeqCst);
        Ok(numbered(number))
    });
    (traces, taken)
}

#[test]
fn other_machines_get_nothing_unless_it_is_allowed() {
    for protocol in Protocol::ALL {
        let remote = settings("http://192.0.2.1:4318", protocol);
        let error = stream(numbered_traces(1), &remote, &Stop::new()).unwrap_err();
        assert!(error.to_string().contains("is not a loopback address"), "{error}");
        // A second of waiting shows that it is tried.
        let allowed = StreamSettings { allow_remote: true, timeout: Duration::from_millis(100), ..remote };
        assert_eq!(streamed(1, &allowed).given_up.traces, 1);
    }
}

#[test]
fn rates_above_the_cap_are_refused_at_their_peak() {
    let with = |arrivals| StreamSettings { arrivals, max_rate: 100.0, ..settings("http://localhost:1", Protocol::Http) };
    let rate = |pattern: &str, rate| Arrivals::Pattern { pattern: pattern.parse().unwrap(), rate };
    let recorded = Recording::new((0..10).map(|trace| trace * 1_000_000 + 1).collect(), 0).unwrap();
    for arrivals in [rate("constant", 101.0), rate("diurnal:1h:0.5", 70.0), rate("constant", f64::NAN), Arrivals::Recorded(recorded)] {
        let error = stream(numbered_traces(1), &with(arrivals.clone()), &Stop::new()).unwrap_err();
        assert!(matches!(error, LiveError::TooFast { .. }), "{arrivals:?}");
    }
    assert!(with(rate("diurnal:1h:0.5", 66.0)).check().is_ok());
}

#[test]
fn a_stream_ends_after_its_traces_or_its_time() {
    let (traces, taken) = endless();
    let settings = StreamSettings { traces: Some(77), ..to(good_collector(), Protocol::Http) };
    let tally = stream(traces, &settings, &Stop::new()).unwrap();
    assert_eq!((tally.accepted.traces, taken.load(Ordering::SeqCst)), (77, 77));

    let settings = StreamSettings { duration: Some(Duration::from_millis(300)), traces: None, ..settings };
    let tally = stream(endless().0, &settings, &Stop::new()).unwrap();
    assert!((0.3..3.0).contains(&tally.seconds) && tally.is_good() && !tally.stopped, "{tally:?}");
    assert!((1..=3000).contains(&tally.accepted.traces), "{tally:?}");
    assert_balanced(&tally);
}

#[test]
fn a_stop_from_outside_ends_a_stream_in_good_order() {
    let stop = Stop::new();
    let later = stop.clone();
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(300));
        later.now();
    });
    let tally = stream(endless().0, &to(good_collector(), Protocol::Http), &stop).unwrap();
    assert!(tally.stopped && tally.is_good() && tally.accepted.traces > 0, "{tally:?}");
    assert_balanced(&tally);
}

#[test]
fn a_stop_does_not_wait_for_further_attempts() {
    let stop = Stop::new();
    let later = stop.clone();
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(300));
        later.now();
    });
    let (address, _) = http_collector(vec![Reply::http("503 Service Unavailable", "retry-after: 50\r\n", b"")]);
    let began = Instant::now();
    let tally = stream(endless().0, &to(address, Protocol::Http), &stop).unwrap();
    assert!(began.elapsed() < Duration::from_secs(5));
    assert!(tally.stopped && tally.given_up.traces > 0 && tally.failure.is_none(), "{tally:?}");
    assert_balanced(&tally);
}

#[test]
fn a_slow_collector_holds_the_source_back() {
    let (address, _) = http_collector(vec![Reply::Hang]);
    let (traces, taken) = endless();
    let slow = StreamSettings { spans_a_request: 1, concurrency: 3, timeout: Duration::from_secs(1), ..to(address, Protocol::Http) };
    let tally = stream(traces, &slow, &Stop::new()).unwrap();
    assert_balanced(&tally);
    // Three under way, one that waits for them, one that waits for its time, a full queue, and one at its door.
    assert!(taken.load(Ordering::SeqCst) <= 64 + 6, "{taken:?}");
}

#[test]
fn a_source_that_fails_ends_the_stream_with_its_reason() {
    let mut traces = numbered_traces(5);
    traces.push(Err("the model is broken".into()));
    traces.extend(numbered_traces(5));
    let tally = stream(traces, &to(good_collector(), Protocol::Http), &Stop::new()).unwrap();
    assert_eq!(tally.failure.as_deref(), Some("the source of traces failed: the model is broken"));
    assert_eq!(tally.due.traces, 5);
    assert_balanced(&tally);
}

#[test]
fn nothing_to_send_is_nothing_sent() {
    let tally = stream(vec![Ok(Vec::new())], &settings("http://localhost:1", Protocol::Http), &Stop::new()).unwrap();
    assert_eq!((tally.due, tally.requests, tally.is_good()), (Amount::default(), 0, true));
}
