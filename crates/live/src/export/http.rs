//! OTLP over HTTP, with protobuf in the bodies.

use std::{
    io::Read,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use flate2::{Compression, bufread::GzEncoder};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    HeaderMap, Request, Response, StatusCode,
    body::Incoming,
    header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER, USER_AGENT},
    http::Uri,
};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use prost::Message;

use super::{
    answer::{Answer, MAX_ANSWER_BYTES, quoted, taken, with_causes},
    connection::Connector,
    headers::Headers,
};
use crate::Endpoint;

pub(super) struct HttpClient {
    client: Client<Connector, Full<Bytes>>,
    uri: Uri,
    headers: HeaderMap,
    gzip: bool,
}

impl HttpClient {
    pub fn new(endpoint: &Endpoint, connector: Connector, headers: &Headers, gzip: bool) -> Self {
        let mut all = HeaderMap::new();
        all.insert(USER_AGENT, HeaderValue::from_static(concat!("tracesmith/", env!("CARGO_PKG_VERSION"))));
        all.extend(headers.map().clone());
        all.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        if gzip {
            all.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        Self { client: Client::builder(TokioExecutor::new()).build(connector), uri: endpoint.uri().clone(), headers: all, gzip }
    }

    pub async fn send(&self, request: Bytes) -> Answer {
        let mut post = Request::new(Full::new(if self.gzip { compressed(&request) } else { request }));
        *post.method_mut() = hyper::Method::POST;
        *post.uri_mut() = self.uri.clone();
        *post.headers_mut() = self.headers.clone();
        match self.client.request(post).await {
            Ok(response) => of_response(response).await,
            Err(error) => Answer::Later { reason: with_causes(&error), wait: None },
        }
    }
}

fn compressed(request: &Bytes) -> Bytes {
    let mut bytes = Vec::new();
    // Memory does not fail to be read or written.
    let _ = GzEncoder::new(&request[..], Compression::fast()).read_to_end(&mut bytes);
    bytes.into()
}

async fn of_response(response: Response<Incoming>) -> Answer {
    let (head, body) = response.into_parts();
    let body = match Limited::new(body, MAX_ANSWER_BYTES).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) => Err(with_causes(error.as_ref())),
    };
    of_parts(head.status, &head.headers, body)
}

/// What an answer means, as OTLP's specification has it in its sections on responses and failures over HTTP. `body` is an error if the
/// answer broke off or is longer than any answer need be.
fn of_parts(status: StatusCode, headers: &HeaderMap, body: Result<Bytes, String>) -> Answer {
    if headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc")) {
        return Answer::Refused { reason: "this port speaks gRPC, not HTTP".to_owned() };
    }
    if status.is_success() {
        let answer = body.and_then(|body| taken(body).map_err(|error| error.to_string()));
        return answer.unwrap_or_else(|error| Answer::Refused {
            reason: quoted(&format!("the answer ({status}) is not that of an OTLP collector: {error}")),
        });
    }
    let what = match headers.get(LOCATION) {
        Some(location) if status.is_redirection() => format!("elsewhere is {location:?}, where nothing is sent"),
        _ => said(body.unwrap_or_default()),
    };
    let reason = format!("the collector answered {status}: {what}").trim_end_matches([' ', ':']).to_owned();
    match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
            Answer::Later { reason, wait: headers.get(RETRY_AFTER).and_then(|value| retry_after(value, SystemTime::now())) }
        }
        _ => Answer::Refused { reason },
    }
}

/// What the body of an error says: the message of a `google.rpc.Status`, or its text.
fn said(body: Bytes) -> String {
    match tonic_types::Status::decode(body.clone()) {
        Ok(status) if !status.message.is_empty() => quoted(&status.message),
        _ => quoted(&String::from_utf8_lossy(&body)),
    }
}

/// A time to wait, given in seconds or as a date.
fn retry_after(value: &HeaderValue, now: SystemTime) -> Option<Duration> {
    let text = value.to_str().ok()?.trim();
    let seconds = || text.parse().ok().map(Duration::from_secs);
    let date = || httpdate::parse_http_date(text).ok().map(|date| date.duration_since(now).unwrap_or_default());
    seconds().or_else(date)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::{ExportTracePartialSuccess, ExportTraceServiceResponse};

    fn answer(status: u16, body: &[u8]) -> Answer {
        of_parts(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), Ok(Bytes::copy_from_slice(body)))
    }

    #[test]
    fn statuses_are_retried_as_the_specification_says() {
        for status in (300..=599).map(|code| StatusCode::from_u16(code).unwrap()) {
            let is_later = matches!(answer(status.as_u16(), b""), Answer::Later { .. });
            assert_eq!(is_later, [429, 502, 503, 504].contains(&status.as_u16()), "{status}");
        }
    }

    #[test]
    fn a_partial_success_is_counted_and_garbage_is_no_success() {
        let partial_success = Some(ExportTracePartialSuccess { rejected_spans: 3, error_message: "too\u{1b}old".into() });
        let partly = ExportTraceServiceResponse { partial_success }.encode_to_vec();
        assert_eq!(answer(200, &partly), Answer::Taken { rejected: 3, message: Some("tooold".into()) });
        assert_eq!(answer(200, b""), Answer::Taken { rejected: 0, message: None });
        for garbage in [&b"<html>hello</html>"[..], b"OK", &[0xff; 9]] {
            assert!(matches!(answer(200, garbage), Answer::Refused { reason } if reason.contains("not that of an OTLP collector")));
        }
    }

    #[test]
    fn the_reason_is_what_the_collector_says() {
        let status = tonic_types::Status { code: 3, message: "no such tenant".into(), details: Vec::new() };
        let reason = |status, body: &[u8]| match answer(status, body) {
            Answer::Refused { reason } => reason,
            other => panic!("{other:?}"),
        };
        assert_eq!(reason(400, &status.encode_to_vec()), "the collector answered 400 Bad Request: no such tenant");
        assert_eq!(reason(401, b"who are you?"), "the collector answered 401 Unauthorized: who are you?");
        assert_eq!(reason(404, b""), "the collector answered 404 Not Found");
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let wait = |text| retry_after(&HeaderValue::from_static(text), now).map(|wait| wait.as_secs());
        assert_eq!(wait("120"), Some(120));
        assert_eq!(wait("Sun, 06 Nov 1994 08:50:07 GMT"), Some(30));
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:07 GMT"), Some(0));
        assert_eq!(wait("-1"), None);
        assert_eq!(wait("soon"), None);
    }
}
