//! Collectors that misbehave.

use std::{
    net::TcpListener,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use prost::Message;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use super::*;
use crate::{
    messages::{ExportTracePartialSuccess, ExportTraceServiceResponse},
    testing::{Reply, grpc_collector, http_collector},
};

fn taken() -> Reply {
    Reply::http("200 OK", "", b"")
}

/// Streams 10 traces (34 spans in all) to an HTTP collector with these replies.
fn to_http(replies: Vec<Reply>) -> (Tally, usize) {
    let (address, requests) = http_collector(replies);
    let tally = streamed(10, &to(address, Protocol::Http));
    (tally, requests.load(Ordering::SeqCst))
}

const ALL: Amount = Amount { traces: 10, spans: 34 };

#[test]
fn a_collector_that_is_busy_for_a_while_gets_everything_once_it_is_not() {
    let busy = Reply::http("429 Too Many Requests", "retry-after: 1\r\n", b"");
    let (tally, requests) = to_http(vec![busy, Reply::http("503 Service Unavailable", "", b""), taken()]);
    assert_eq!((tally.accepted, tally.retries, tally.requests, requests), (ALL, 2, 1, 3));
    assert!(tally.is_good() && tally.seconds >= 1.0, "{tally:?}");
}

#[test]
fn a_collector_that_is_busy_for_ever_is_given_up() {
    for status in ["429 Too Many Requests", "502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout"] {
        let (tally, requests) = to_http(vec![Reply::http(status, "", b"come back later")]);
        assert_eq!((tally.given_up, tally.retries, requests), (ALL, 2, 3));
        let failure = tally.failure.unwrap();
        assert_eq!(failure, format!("the collector answered {status}: come back later (after 3 attempts)"));
    }
}

#[test]
fn a_collector_that_asks_for_too_long_a_wait_is_given_up_at_once() {
    let (tally, requests) = to_http(vec![Reply::http("503 Service Unavailable", "retry-after: 86400\r\n", b"")]);
    assert_eq!((tally.given_up, requests), (ALL, 1));
    assert!(tally.failure.unwrap().contains("it asks for a wait of 86400 s, longer than 60 s"));
}

#[test]
fn a_collector_that_refuses_is_not_asked_again() {
    let (tally, requests) = to_http(vec![Reply::http("401 Unauthorized", "", b"no token")]);
    assert_eq!((tally.rejected, tally.sent, requests), (ALL, ALL, 1));
    assert_eq!(tally.failure.unwrap(), "the collector answered 401 Unauthorized: no token");
}

#[test]
fn after_a_refusal_nothing_more_is_sent() {
    let (address, requests) = http_collector(vec![taken(), Reply::http("400 Bad Request", "", b"")]);
    let settings = StreamSettings { spans_a_request: 1, concurrency: 1, ..to(address, Protocol::Http) };
    let tally = streamed(1000, &settings);
    assert_eq!((tally.accepted.traces, tally.rejected.traces, requests.load(Ordering::SeqCst)), (1, 1, 2));
    assert!(tally.due.traces < 100, "{tally:?}");
}

#[test]
fn what_is_no_answer_of_a_collector_is_no_success() {
    let (tally, _) = to_http(vec![Reply::http("200 OK", "content-type: text/html\r\n", b"<html>Welcome</html>")]);
    assert_eq!(tally.rejected, ALL);
    assert!(tally.failure.unwrap().contains("is not that of an OTLP collector"));
    let (tally, _) = to_http(vec![Reply::http("200 OK", "", &vec![b'x'; 1 << 20])]);
    assert_eq!(tally.rejected, ALL);
    let (tally, requests) = to_http(vec![Reply::Raw(b"220 mail.example ESMTP\r\n".to_vec())]);
    assert_eq!((tally.given_up, requests), (ALL, 3));
    let (tally, _) = to_http(vec![Reply::Raw(Vec::new())]);
    assert_eq!(tally.given_up, ALL);
}

#[test]
fn no_redirection_is_followed() {
    let (tally, requests) = to_http(vec![Reply::http("307 Temporary Redirect", "location: http://collector.example/v1/traces\r\n", b"")]);
    assert_eq!((tally.rejected, requests), (ALL, 1));
    assert!(tally.failure.unwrap().contains("where nothing is sent"));
}

#[test]
fn a_collector_that_hangs_is_given_up_in_bounded_time() {
    for protocol in Protocol::ALL {
        let (address, _) = http_collector(vec![Reply::Hang]);
        let settings = StreamSettings { timeout: Duration::from_millis(300), ..to(address, protocol) };
        let began = Instant::now();
        let tally = streamed(10, &settings);
        assert_eq!(tally.given_up, ALL);
        assert!(tally.failure.unwrap().contains("no answer within 0.3 s (after 3 attempts)"));
        assert!(began.elapsed() < Duration::from_secs(5));
    }
}

#[test]
fn a_port_that_nobody_listens_on_is_given_up_and_named_the_cause() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for protocol in Protocol::ALL {
        let tally = streamed(10, &to(free, protocol));
        assert_eq!(tally.given_up, ALL);
        let failure = tally.failure.unwrap();
        assert!(failure.starts_with("client error (Connect): tcp connect error: ") && failure.contains("refused"), "{failure}");
    }
}

#[test]
fn spans_that_a_collector_rejects_are_counted() {
    fn partly(rejected_spans: i64) -> Vec<u8> {
        let partial = ExportTracePartialSuccess { rejected_spans, error_message: "too old".into() };
        ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec()
    }
    let (tally, _) = to_http(vec![Reply::http("200 OK", "", &partly(4))]);
    let (address, _) = grpc_collector(|_| Ok(partly(4)));
    for tally in [tally, streamed(10, &to(address, Protocol::Grpc))] {
        assert_eq!((tally.accepted, tally.rejected), (Amount { traces: 0, spans: 30 }, Amount { traces: 10, spans: 4 }));
        assert_eq!((tally.message.as_deref(), tally.failure.as_ref(), tally.is_good()), (Some("too old"), None, false));
    }
    let (tally, _) = to_http(vec![Reply::http("200 OK", "", &partly(999))]);
    assert_eq!(tally.rejected, ALL);
    let (tally, _) = to_http(vec![Reply::http("200 OK", "", &partly(0))]);
    assert!(tally.is_good() && tally.message.as_deref() == Some("too old"));
}

#[test]
fn grpc_codes_are_retried_or_not() {
    let (address, calls) = grpc_collector(|call| if call < 2 { Err(Status::unavailable("starting")) } else { Ok(Vec::new()) });
    let tally = streamed(10, &to(address, Protocol::Grpc));
    assert_eq!((tally.accepted, tally.retries, calls.load(Ordering::SeqCst)), (ALL, 2, 3));

    let (address, calls) = grpc_collector(|_| Err(Status::resource_exhausted("message larger than max")));
    let tally = streamed(10, &to(address, Protocol::Grpc));
    assert_eq!((tally.rejected, calls.load(Ordering::SeqCst)), (ALL, 1));
    assert_eq!(tally.failure.unwrap(), "the collector answered ResourceExhausted: message larger than max");

    let (address, calls) = grpc_collector(|_| Err(Status::unavailable("still starting")));
    let tally = streamed(10, &to(address, Protocol::Grpc));
    assert_eq!((tally.given_up, calls.load(Ordering::SeqCst)), (ALL, 3));
}

#[test]
fn the_wait_that_grpc_asks_for_is_kept() {
    let (address, _) = grpc_collector(|call| {
        let details = ErrorDetails::with_retry_info(Some(Duration::from_millis(700)));
        if call == 0 { Err(Status::with_error_details(Code::ResourceExhausted, "slow down", details)) } else { Ok(Vec::new()) }
    });
    let tally = streamed(10, &to(address, Protocol::Grpc));
    assert_eq!((tally.accepted, tally.retries), (ALL, 1));
    assert!(tally.seconds >= 0.7, "{tally:?}");
}

#[test]
fn the_wrong_protocol_is_an_error_in_bounded_time() {
    let (http, _) = http_collector(vec![taken()]);
    let (grpc, _) = grpc_collector(|_| Ok(Vec::new()));
    for settings in [to(http, Protocol::Grpc), to(grpc, Protocol::Http)] {
        let tally = streamed(10, &StreamSettings { timeout: Duration::from_millis(500), ..settings });
        assert!(tally.failure.is_some() && tally.accepted == Amount::default(), "{tally:?}");
    }
}
