//! One request to a collector, until it is answered for good.

mod answer;
mod connection;
mod grpc;
mod headers;
mod http;
mod retry;

use std::{path::Path, time::Duration};

use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use self::{answer::Answer, connection::connector, grpc::GrpcClient, http::HttpClient};
pub use self::{
    headers::{Headers, InvalidHeader},
    retry::{MAX_ATTEMPTS, Retry},
};
use crate::{Endpoint, LiveError, Protocol};

/// How a request ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    /// All was taken but `rejected` spans; `message` may say why, or warn.
    Taken { rejected: u64, message: Option<String> },
    /// The collector refused it.
    Refused { reason: String },
    /// Attempts or patience are used up.
    GivenUp { reason: String },
}

/// What [`Exporter::new`] needs beside the endpoint.
pub(crate) struct Connecting<'a> {
    pub headers: &'a Headers,
    pub tls_ca: Option<&'a Path>,
    pub gzip: bool,
    /// For an attempt from beginning to end.
    pub timeout: Duration,
}

/// Sends requests to one collector; connections are made when needed and kept.
pub(crate) struct Exporter {
    transport: Transport,
    timeout: Duration,
    retry: Retry,
}

enum Transport {
    Grpc(GrpcClient),
    Http(HttpClient),
}

impl Exporter {
    pub fn new(endpoint: &Endpoint, retry: Retry, connecting: &Connecting<'_>) -> Result<Self, LiveError> {
        let &Connecting { headers, tls_ca, gzip, timeout } = connecting;
        let connector = connector(endpoint, tls_ca, timeout)?;
        let transport = match endpoint.protocol() {
            Protocol::Grpc => Transport::Grpc(GrpcClient::new(endpoint, connector, headers, gzip)),
            Protocol::Http => Transport::Http(HttpClient::new(endpoint, connector, headers, gzip)),
        };
        Ok(Self { transport, timeout, retry })
    }

    /// Sends an encoded request as often as it takes and is allowed, and says how many further attempts that were. Once `stop` is cancelled
    /// there is no further attempt.
    pub async fn deliver(&self, request: &Bytes, stop: &CancellationToken) -> (Outcome, u32) {
        let mut attempts = 1;
        let mut waits = self.retry.waits(rand::random());
        loop {
            let (reason, asked) = match self.attempt(request).await {
                Answer::Taken { rejected, message } => return (Outcome::Taken { rejected, message }, attempts - 1),
                Answer::Refused { reason } => return (Outcome::Refused { reason }, attempts - 1),
                Answer::Later { reason, wait } => (reason, wait),
            };
            let wait = match waits.next(asked) {
                Ok(wait) => wait,
                Err(why) => return (Outcome::GivenUp { reason: format!("{reason} ({why})") }, attempts - 1),
            };
            tracing::warn!("{reason}; attempt {} in {:.1} s", attempts + 1, wait.as_secs_f64());
            if stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
                return (Outcome::GivenUp { reason: format!("{reason} (stopped before another attempt)") }, attempts - 1);
            }
            attempts += 1;
        }
    }

    async fn attempt(&self, request: &Bytes) -> Answer {
        let answer = async {
            match &self.transport {
                Transport::Grpc(client) => client.send(request.clone()).await,
                Transport::Http(client) => client.send(request.clone()).await,
            }
        };
        let unanswered = |_| Answer::Later { reason: format!("no answer within {:.1} s", self.timeout.as_secs_f64()), wait: None };
        tokio::time::timeout(self.timeout, answer).await.unwrap_or_else(unanswered)
    }
}
