//! Streams to our own receiver, and to collectors that misbehave.

mod faults;
mod limits;
mod round_trip;
mod tls;

use std::{net::SocketAddr, time::Duration};

use tracesmith_trace::SpanRecord;

use super::{SourceError, StreamSettings, stream};
use crate::{
    Amount, Arrivals, Endpoint, Pattern, Protocol, Retry, Stop, Tally,
    testing::{numbered, origin},
};

/// Fast, with little patience.
fn settings(url: &str, protocol: Protocol) -> StreamSettings {
    let arrivals = Arrivals::Pattern { pattern: Pattern::Constant, rate: 10_000.0 };
    let endpoint = Endpoint::parse(url, protocol).unwrap();
    StreamSettings {
        max_rate: f64::INFINITY,
        linger: Duration::from_millis(20),
        timeout: Duration::from_secs(5),
        retry: Retry { attempts: 3, first_wait: Duration::from_millis(10), ..Retry::default() },
        ..StreamSettings::new(endpoint, origin(), arrivals)
    }
}

fn to(address: SocketAddr, protocol: Protocol) -> StreamSettings {
    settings(&format!("http://{address}"), protocol)
}

type Source = Vec<Result<Vec<SpanRecord>, SourceError>>;

fn numbered_traces(count: usize) -> Source {
    (0..count).map(|number| Ok(numbered(number))).collect()
}

/// Streams `count` traces and checks that every one is counted once.
fn streamed(count: usize, settings: &StreamSettings) -> Tally {
    let tally = stream(numbered_traces(count), settings, &Stop::new()).unwrap();
    assert_balanced(&tally);
    tally
}

fn assert_balanced(tally: &Tally) {
    let mut sum = Amount::default();
    [tally.accepted, tally.rejected, tally.given_up, tally.unsent].into_iter().for_each(|amount| sum.add(amount));
    assert_eq!(sum, tally.due, "{tally:?}");
    assert_eq!(tally.sent.spans + tally.unsent.spans, tally.due.spans, "{tally:?}");
}
