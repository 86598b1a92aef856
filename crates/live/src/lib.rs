//! Traces over the network: [`stream`] sends them to an OpenTelemetry collector as if a system were running now, and a [`Receiver`] takes
//! what any exporter sends, as a collector in miniature.
//!
//! Both speak OTLP over gRPC and over HTTP. Everything has a bound: the traces that wait, the requests under way, the attempts a request gets,
//! the time each may take, the bytes of an answer. What is sent says that it is synthetic (see [`Origin`]) and stays on this machine unless
//! the caller allows otherwise.

mod arrival;
mod byte_codec;
mod endpoint;
mod error;
mod export;
mod messages;
mod origin;
mod receive;
mod source;
mod stop;
mod stream;
mod tally;
#[cfg(test)]
mod testing;

pub use arrival::{ArrivalError, Arrivals, LearntGaps, Pattern, Recording, UnknownPattern};
pub use endpoint::{Endpoint, EndpointError, Protocol};
pub use error::LiveError;
pub use export::{Headers, InvalidHeader, MAX_ATTEMPTS, Retry};
pub use origin::{Origin, content_version};
pub use receive::{Ended, MAX_HELD_BYTES, MAX_REQUEST_BYTES, MAX_SPANS, ReceiveSettings, Received, Receiver};
pub use source::{RecordedTraces, read_traces};
pub use stop::Stop;
pub use stream::{MAX_RATE, SPANS_A_REQUEST, SourceError, StreamSettings, stream};
pub use tally::{Amount, Tally};
