//! What a collector says to one attempt.

use std::{error::Error, time::Duration};

use bytes::Bytes;
use prost::{DecodeError, Message};

use crate::messages::ExportTraceServiceResponse;

/// Longest answer that is read, in bytes: one has a message in it at most.
pub(super) const MAX_ANSWER_BYTES: usize = 64 << 10;

/// How much of a message from outside is quoted, in characters.
const QUOTED: usize = 300;

/// What a collector says to one attempt.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answer {
    /// All was taken but `rejected` spans; `message` may say why, or warn.
    Taken { rejected: u64, message: Option<String> },
    /// Nothing was taken or nobody knows; another attempt may succeed, `wait` from now at the earliest.
    Later { reason: String, wait: Option<Duration> },
    /// Nothing was taken, and nothing ever will be.
    Refused { reason: String },
}

/// What the body of a positive answer says.
pub(super) fn taken(body: Bytes) -> Result<Answer, DecodeError> {
    let partial = ExportTraceServiceResponse::decode(body)?.partial_success.unwrap_or_default();
    let message = Some(quoted(&partial.error_message)).filter(|message| !message.is_empty());
    // A negative number of rejected spans has no meaning.
    Ok(Answer::Taken { rejected: partial.rejected_spans.try_into().unwrap_or(0), message })
}

/// A text from outside, short and without control characters, which could do things to a terminal.
pub(super) fn quoted(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(QUOTED).collect()
}

/// An error with its causes: that of a connection says only in its last cause that it was refused.
pub(super) fn with_causes(error: &dyn Error) -> String {
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
