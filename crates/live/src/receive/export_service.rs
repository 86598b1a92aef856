//! What is asked over a connection, and the answers.

use std::{sync::Arc, time::Duration};

use hyper::{
    Request, Response,
    body::Incoming,
    header::{CONTENT_TYPE, HeaderValue},
};
use tokio::time::timeout;
use tonic::{Status, body::Body};

use super::{grpc, http, intake::Intake};

/// Time for a request from its head to its last byte. One that comes more slowly keeps others waiting.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

const TOO_SLOW: &str = "the request did not come in time";

/// Answers a request: gRPC by its type, anything else is plain HTTP.
pub(super) async fn answer(intake: Arc<Intake>, request: Request<Incoming>) -> Response<Body> {
    let kind = request.headers().get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    let response = if kind.starts_with(b"application/grpc") {
        let answer = grpc::answer(intake.clone(), request);
        timeout(REQUEST_TIMEOUT, answer).await.unwrap_or_else(|_| Status::deadline_exceeded(TOO_SLOW).into_http())
    } else {
        timeout(REQUEST_TIMEOUT, http::answer(&intake, request)).await.unwrap_or_else(|_| http::too_slow(TOO_SLOW))
    };
    // Only a failed call of gRPC has its status before the body.
    if !response.status().is_success() || response.headers().contains_key(Status::GRPC_STATUS) {
        intake.refuse();
    }
    response
}
