//! The answer to an export, as in `opentelemetry/proto/collector/trace/v1/trace_service.proto`.

/// Name of the gRPC method of which `ExportTraceServiceRequest` is the argument.
pub(crate) const EXPORT_METHOD: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/// What a collector answers when it has taken a request.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ExportTraceServiceResponse {
    /// There if not everything was taken, or with a warning.
    #[prost(message, optional, tag = "1")]
    pub partial_success: Option<ExportTracePartialSuccess>,
}

/// What was not taken.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ExportTracePartialSuccess {
    /// Number of spans that were not taken.
    #[prost(int64, tag = "1")]
    pub rejected_spans: i64,
    /// Why, or a warning if nothing was rejected.
    #[prost(string, tag = "2")]
    pub error_message: String,
}
