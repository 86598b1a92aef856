//! What is streamed to our own receiver is what arrives.

use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, SystemTime},
};

use super::*;
use crate::{Ended, ReceiveSettings, Received, Receiver, stream::relocate::move_to};

/// Streams traces to a receiver and returns what it got, and the time before and after in ns since the Unix epoch.
fn through_receiver(traces: Source, protocol: Protocol, change: impl FnOnce(&mut StreamSettings)) -> (Tally, Received, [i64; 2]) {
    let receiver = Receiver::bind(&["127.0.0.1:0".parse().unwrap()]).unwrap();
    let mut settings = StreamSettings { new_ids: false, ..to(receiver.addresses()[0], protocol) };
    change(&mut settings);
    let stop = Stop::new();
    let receiving = {
        let stop = stop.clone();
        thread::spawn(move || receiver.run(&ReceiveSettings::default(), &stop))
    };
    let before = now_ns();
    let tally = stream(traces, &settings, &Stop::new()).unwrap();
    let after = now_ns();
    assert_balanced(&tally);
    stop.now();
    (tally, receiving.join().unwrap(), [before, after])
}

fn now_ns() -> i64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos() as i64
}

/// Traces by id, each with its spans by id and its start at 0.
fn at_zero(spans: impl IntoIterator<Item = SpanRecord>) -> BTreeMap<String, Vec<SpanRecord>> {
    let mut traces: BTreeMap<String, Vec<SpanRecord>> = BTreeMap::new();
    spans.into_iter().for_each(|span| traces.entry(span.trace_id.clone()).or_default().push(span));
    for trace in traces.values_mut() {
        move_to(trace, 0);
        trace.sort_by(|a, b| a.span_id.cmp(&b.span_id));
    }
    traces
}

/// Traces with names of all kinds, and one that takes several requests.
fn awkward_traces() -> Source {
    let mut traces = numbered_traces(300);
    let large = crate::testing::trace(&"b".repeat(32), 2500);
    traces.push(Ok(large));
    for name in ["ü\u{1f980}", "\"quoted\"\n", "a".repeat(10_000).as_str()] {
        let mut trace = numbered(1000 + traces.len());
        trace[0].operation = name.to_owned();
        trace[0].service = name.to_owned();
        traces.push(Ok(trace));
    }
    traces
}

#[test]
fn streamed_spans_arrive_as_they_were_but_now() {
    let expected = at_zero(awkward_traces().into_iter().flat_map(Result::unwrap));
    for protocol in Protocol::ALL {
        for gzip in [false, true] {
            let (tally, received, [before, after]) = through_receiver(awkward_traces(), protocol, |settings| settings.gzip = gzip);
            assert!(tally.is_good(), "{tally:?}");
            assert_eq!(tally.accepted, Amount { traces: 304, spans: received.spans.len() as u64 });
            assert_eq!((received.traces, received.rejected_spans, received.ended), (304, 0, Ended::Stopped));
            // The last span of the large trace begins 2.5 ms after that trace.
            assert!(received.spans.iter().all(|span| (before..=after + 2_500_000).contains(&span.start_ns)));
            assert_eq!(at_zero(received.spans), expected, "{protocol:?}");
        }
    }
}

#[test]
fn traces_begin_at_the_times_of_their_arrivals() {
    let (tally, received, _) = through_receiver(numbered_traces(40), Protocol::Grpc, |settings| {
        settings.arrivals = Arrivals::Pattern { pattern: Pattern::Constant, rate: 50.0 };
    });
    assert!((0.78..3.0).contains(&tally.seconds), "{tally:?}");
    let mut begins: BTreeMap<String, i64> = BTreeMap::new();
    for span in &received.spans {
        let begin = begins.entry(span.trace_id.clone()).or_insert(i64::MAX);
        *begin = span.start_ns.min(*begin);
    }
    let begins: Vec<i64> = begins.into_values().collect();
    assert!(begins.windows(2).all(|pair| pair[1] - pair[0] == 20_000_000), "{begins:?}");
}

#[test]
fn new_ids_let_the_same_traces_come_twice() {
    let twice = || numbered_traces(5).into_iter().chain(numbered_traces(5)).collect();
    let ids = |new_ids| through_receiver(twice(), Protocol::Http, |settings| settings.new_ids = new_ids).1.traces;
    assert_eq!((ids(false), ids(true)), (5, 10));
}

#[test]
fn traces_are_sent_before_a_request_is_full() {
    let began = std::time::Instant::now();
    let (_, received, _) = through_receiver(numbered_traces(3), Protocol::Grpc, |settings| {
        settings.arrivals = Arrivals::Pattern { pattern: Pattern::Constant, rate: 5.0 };
        settings.linger = Duration::from_millis(10);
    });
    assert_eq!(received.requests, 3);
    assert!(began.elapsed() < Duration::from_secs(5));
}
