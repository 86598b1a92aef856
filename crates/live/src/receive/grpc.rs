//! OTLP over gRPC.

use std::{future::Future, pin::Pin, sync::Arc};

use bytes::Bytes;
use hyper::body::Incoming;
use prost::Message;
use tonic::{
    Request, Response, Status,
    body::Body,
    codec::CompressionEncoding,
    server::{Grpc, UnaryService},
};

use super::{
    decode,
    intake::{Intake, response},
    settings::MAX_REQUEST_BYTES,
};
use crate::{byte_codec::ByteCodec, messages::EXPORT_METHOD};

/// Answers a call.
pub(super) async fn answer(intake: Arc<Intake>, request: hyper::Request<Incoming>) -> hyper::Response<Body> {
    if request.uri().path() != EXPORT_METHOD {
        let other = request.uri().path();
        return Status::unimplemented(format!("there is no {other} here: this receiver takes traces only")).into_http();
    }
    let mut grpc = Grpc::new(ByteCodec).accept_compressed(CompressionEncoding::Gzip).max_decoding_message_size(MAX_REQUEST_BYTES);
    grpc.unary(Export(intake), request).await
}

struct Export(Arc<Intake>);

impl UnaryService<Bytes> for Export {
    type Response = Bytes;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Bytes>, Status>> + Send>>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let intake = self.0.clone();
        Box::pin(async move {
            let taken = intake.take(request.into_inner(), decode::protobuf);
            let partial = taken.map_err(|error| Status::invalid_argument(error.to_string()))?;
            Ok(Response::new(response(partial).encode_to_vec().into()))
        })
    }
}
