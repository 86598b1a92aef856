//! OTLP over gRPC.

use std::error::Error;

use bytes::Bytes;
use hyper::http::uri::PathAndQuery;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use tonic::{Code, Extensions, Request, Status, body::Body, client::Grpc, codec::CompressionEncoding, metadata::MetadataMap};
use tonic_types::StatusExt;

use super::{
    answer::{Answer, MAX_ANSWER_BYTES, quoted, taken, with_causes},
    connection::Connector,
    headers::Headers,
};
use crate::{Endpoint, byte_codec::ByteCodec, messages::EXPORT_METHOD};

pub(super) struct GrpcClient {
    grpc: Grpc<Client<Connector, Body>>,
    metadata: MetadataMap,
}

impl GrpcClient {
    pub fn new(endpoint: &Endpoint, connector: Connector, headers: &Headers, gzip: bool) -> Self {
        let client = Client::builder(TokioExecutor::new()).http2_only(true).build(connector);
        let grpc = Grpc::with_origin(client, endpoint.uri().clone()).max_decoding_message_size(MAX_ANSWER_BYTES);
        let grpc = if gzip { grpc.send_compressed(CompressionEncoding::Gzip) } else { grpc };
        Self { grpc, metadata: MetadataMap::from_headers(headers.map().clone()) }
    }

    pub async fn send(&self, request: Bytes) -> Answer {
        let mut grpc = self.grpc.clone();
        if let Err(error) = grpc.ready().await {
            return Answer::Later { reason: with_causes(&error), wait: None };
        }
        let request = Request::from_parts(self.metadata.clone(), Extensions::default(), request);
        match grpc.unary(request, PathAndQuery::from_static(EXPORT_METHOD), ByteCodec).await {
            Ok(response) => taken(response.into_inner())
                .unwrap_or_else(|_| Answer::Refused { reason: "the answer is not that of an OTLP collector".to_owned() }),
            Err(status) => of_status(&status),
        }
    }
}

/// What a status means, as OTLP's specification has it in the table of its section on failures over gRPC.
fn of_status(status: &Status) -> Answer {
    // A status with a cause was made here: there was no answer that could be understood.
    if let Some(cause) = status.source() {
        return Answer::Later { reason: with_causes(cause), wait: None };
    }
    let reason = quoted(&format!("the collector answered {:?}: {}", status.code(), status.message()));
    let wait = status.get_details_retry_info().and_then(|info| info.retry_delay);
    match status.code() {
        Code::Cancelled | Code::DeadlineExceeded | Code::Aborted | Code::OutOfRange | Code::Unavailable | Code::DataLoss => {
            Answer::Later { reason, wait }
        }
        // Without a time to wait it means that the request is too large for good.
        Code::ResourceExhausted if wait.is_some() => Answer::Later { reason, wait },
        _ => Answer::Refused { reason },
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tonic_types::ErrorDetails;

    use super::*;

    #[test]
    fn codes_are_retried_as_the_specification_says() {
        let retried = [Code::Cancelled, Code::DeadlineExceeded, Code::Aborted, Code::OutOfRange, Code::Unavailable, Code::DataLoss];
        for code in (1..=16).map(Code::from_i32) {
            let is_later = matches!(of_status(&Status::new(code, "")), Answer::Later { wait: None, .. });
            assert_eq!(is_later, retried.contains(&code), "{code:?}");
        }
        let seven = Some(Duration::from_secs(7));
        let details = ErrorDetails::with_retry_info(seven);
        for (code, is_retried) in [(Code::ResourceExhausted, true), (Code::Unavailable, true), (Code::InvalidArgument, false)] {
            let answer = of_status(&Status::with_error_details(code, "", details.clone()));
            assert_eq!(matches!(answer, Answer::Later { wait, .. } if wait == seven), is_retried, "{code:?}");
        }
    }
}
