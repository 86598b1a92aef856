//! One request to a collector, until it is answered for good.

mod connection;
mod grpc;
mod headers;
mod http;
mod retry;

use std::{error::Error, path::Path, time::Duration};

use bytes::Bytes;
use prost::{DecodeError, Message};
use tokio_util::sync::CancellationToken;

use self::{connection::connector, grpc::GrpcClient, http::HttpClient};
pub use self::{
    headers::{Headers, InvalidHeader},
    retry::{MAX_ATTEMPTS, Retry},
};
use crate::{Endpoint, LiveError, Protocol, messages::ExportTraceServiceResponse};

/// Longest answer that is read, in bytes: one has a message in it at most.
const MAX_ANSWER_BYTES: usize = 64 << 10;

/// How much of a message from outside is quoted, in characters.
const QUOTED: usize = 300;

/// What a collector says to one attempt.
#[derive(Debug, Clone, PartialEq)]
enum Answer {
    /// All was taken but `rejected` spans; `message` may say why, or warn.
    Taken { rejected: u64, message: Option<String> },
    /// Nothing was taken or nobody knows; another attempt may succeed, `wait` from now at the earliest.
    Later { reason: String, wait: Option<Duration> },
    /// Nothing was taken, and nothing ever will be.
    Refused { reason: String },
}

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
        loop {
            let (reason, asked) = match self.attempt(request).await {
                Answer::Taken { rejected, message } => return (Outcome::Taken { rejected, message }, attempts - 1),
                Answer::Refused { reason } => return (Outcome::Refused { reason }, attempts - 1),
                Answer::Later { reason, wait } => (reason, wait),
            };
            let wait = match self.retry.wait(attempts, asked, rand::random()) {
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

/// What the body of a positive answer says.
fn taken(body: Bytes) -> Result<Answer, DecodeError> {
    let partial = ExportTraceServiceResponse::decode(body)?.partial_success.unwrap_or_default();
    let message = Some(quoted(&partial.error_message)).filter(|message| !message.is_empty());
    // A negative number of rejected spans has no meaning.
    Ok(Answer::Taken { rejected: partial.rejected_spans.try_into().unwrap_or(0), message })
}

/// A text from outside, short and without control characters, which could do things to a terminal.
fn quoted(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(QUOTED).collect()
}

/// An error with its causes: that of a connection says only in its last cause that it was refused.
fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        if !text.contains(&message) {
            text = format!("{text}: {message}");
        }
        cause = error.source();
    }
    quoted(&text)
}
