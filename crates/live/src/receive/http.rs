//! OTLP over HTTP: protobuf or JSON in the bodies.

use std::io::Read;

use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::Incoming,
    header::{ALLOW, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue},
};
use prost::Message;
use tonic::{Code, body::Body};

use super::{
    decode,
    intake::{Intake, response},
    settings::MAX_REQUEST_BYTES,
};
use crate::{endpoint::TRACES_PATH, messages::ExportTracePartialSuccess};

/// The encoding of a body, in which the answer is given, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Protobuf,
    Json,
}

/// Why a request is not taken.
type Refusal = (StatusCode, String);

/// Answers a request.
pub(super) async fn answer(intake: &Intake, request: Request<Incoming>) -> Response<Body> {
    let Some(encoding) = Encoding::of(request.headers()) else {
        let reason = "the Content-Type must be application/x-protobuf or application/json".to_owned();
        return Encoding::Json.refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, reason);
    };
    match export(intake, request, encoding).await {
        Ok(partial) => encoding.success(partial),
        Err((status, reason)) => encoding.refusal(status, reason),
    }
}

/// The answer to a request that took too long.
pub(super) fn too_slow(reason: &str) -> Response<Body> {
    Encoding::Json.refusal(StatusCode::REQUEST_TIMEOUT, reason.to_owned())
}

async fn export(intake: &Intake, request: Request<Incoming>, encoding: Encoding) -> Result<Option<ExportTracePartialSuccess>, Refusal> {
    if request.uri().path() != TRACES_PATH {
        let reason = format!("there is no {} here: this receiver takes traces only, at {TRACES_PATH}", request.uri().path());
        return Err((StatusCode::NOT_FOUND, reason));
    }
    if request.method() != Method::POST {
        return Err((StatusCode::METHOD_NOT_ALLOWED, format!("traces are posted to {TRACES_PATH}")));
    }
    let body = body(request).await?;
    let taken = intake.take(body, |body| match encoding {
        Encoding::Protobuf => decode::protobuf(body),
        Encoding::Json => decode::json(&body),
    });
    taken.map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))
}

/// The body of a request, decompressed.
async fn body(request: Request<Incoming>) -> Result<Bytes, Refusal> {
    let encoding = request.headers().get(CONTENT_ENCODING).cloned();
    let body = Limited::new(request.into_body(), MAX_REQUEST_BYTES).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() { too_long() } else { (StatusCode::BAD_REQUEST, format!("the body broke off: {error}")) }
    })?;
    match encoding.as_ref().map_or(&b"identity"[..], HeaderValue::as_bytes) {
        b"identity" => Ok(body.to_bytes()),
        b"gzip" => decompressed(&body.to_bytes()),
        _ => Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, "the Content-Encoding must be gzip or none".to_owned())),
    }
}

fn decompressed(body: &[u8]) -> Result<Bytes, Refusal> {
    let mut bytes = Vec::new();
    let read = MultiGzDecoder::new(body).take(MAX_REQUEST_BYTES as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| (StatusCode::BAD_REQUEST, format!("the body is no gzip: {error}")))?;
    if bytes.len() > MAX_REQUEST_BYTES { Err(too_long()) } else { Ok(bytes.into()) }
}

fn too_long() -> Refusal {
    (StatusCode::PAYLOAD_TOO_LARGE, format!("a request may have {MAX_REQUEST_BYTES} bytes: send smaller batches"))
}

impl Encoding {
    fn of(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
        match value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "application/x-protobuf" => Some(Self::Protobuf),
            "application/json" => Some(Self::Json),
            _ => None,
        }
    }

    fn success(self, partial: Option<ExportTracePartialSuccess>) -> Response<Body> {
        let bytes = match (self, partial) {
            (Self::Protobuf, partial) => response(partial).encode_to_vec(),
            (Self::Json, None) => b"{}".to_vec(),
            (Self::Json, Some(partial)) => {
                let rejected = partial.rejected_spans.to_string();
                serde_json::json!({"partialSuccess": {"rejectedSpans": rejected, "errorMessage": partial.error_message}}).to_string().into()
            }
        };
        self.respond(StatusCode::OK, bytes)
    }

    /// A `google.rpc.Status`, as OTLP wants it.
    fn refusal(self, status: StatusCode, reason: String) -> Response<Body> {
        let code = Code::InvalidArgument as i32;
        let bytes = match self {
            Self::Protobuf => tonic_types::Status { code, message: reason, details: Vec::new() }.encode_to_vec(),
            Self::Json => serde_json::json!({"code": code, "message": reason}).to_string().into(),
        };
        let mut response = self.respond(status, bytes);
        if status == StatusCode::METHOD_NOT_ALLOWED {
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        }
        response
    }

    fn respond(self, status: StatusCode, bytes: Vec<u8>) -> Response<Body> {
        let mut response = Response::new(Body::new(Full::new(Bytes::from(bytes))));
        *response.status_mut() = status;
        let kind = match self {
            Self::Protobuf => "application/x-protobuf",
            Self::Json => "application/json",
        };
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        response
    }
}
