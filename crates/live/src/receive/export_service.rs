//! What is asked over a connection, and the answers.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use hyper::{
    Request, Response,
    body::Incoming,
    header::{CONTENT_TYPE, HeaderValue},
};
use tokio::{sync::Semaphore, time::timeout};
use tonic::{Status, body::Body};

use super::{
    decode::{Decoded, NoRequest},
    grpc, http,
    store::{Rejected, Store},
};
use crate::messages::{ExportTracePartialSuccess, ExportTraceServiceResponse};

/// Requests that are read at a time; each takes [`super::MAX_REQUEST_BYTES`] twice at most.
const REQUESTS: usize = 16;

/// Time for a request from its head to its last byte. One that comes more slowly keeps others waiting.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Answers requests of any kind.
pub(super) struct ExportService {
    store: Arc<Store>,
    reading: Semaphore,
}

impl ExportService {
    pub fn new(store: Arc<Store>) -> Self {
        Self { store, reading: Semaphore::new(REQUESTS) }
    }

    /// Answers a request: gRPC by its type, anything else is plain HTTP.
    pub async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Response<Body> {
        // The semaphore is never closed.
        let _permit = self.reading.acquire().await;
        let kind = request.headers().get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
        let response = if kind.starts_with(b"application/grpc") {
            let answer = grpc::answer(self.clone(), request);
            timeout(REQUEST_TIMEOUT, answer).await.unwrap_or_else(|_| Status::deadline_exceeded(TOO_SLOW).into_http())
        } else {
            timeout(REQUEST_TIMEOUT, http::answer(&self, request)).await.unwrap_or_else(|_| http::too_slow(TOO_SLOW))
        };
        // Only a failed call of gRPC has its status before the body.
        if !response.status().is_success() || response.headers().contains_key(Status::GRPC_STATUS) {
            self.store.refuse();
        }
        response
    }

    /// Takes the spans of a request and says what was not taken.
    pub fn take(
        &self,
        request: Bytes,
        decode: impl FnOnce(Bytes) -> Result<Decoded, NoRequest>,
    ) -> Result<Option<ExportTracePartialSuccess>, NoRequest> {
        let Rejected { spans, reason } = self.store.add(request.len(), || decode(request))?;
        let partial = || ExportTracePartialSuccess { rejected_spans: i64::try_from(spans).unwrap_or(i64::MAX), error_message: reason };
        Ok((spans > 0).then(partial))
    }
}

const TOO_SLOW: &str = "the request did not come in time";

pub(super) fn response(partial_success: Option<ExportTracePartialSuccess>) -> ExportTraceServiceResponse {
    ExportTraceServiceResponse { partial_success }
}
