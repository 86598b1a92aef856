//! Wire formats of distributed traces, both ways: one module a format, reader and writer side by side.
//!
//! Files are plain, gzip or zstd; reading decides by the content, writing by the ending `.gz` or `.zst`. Durations are µs.

mod detection;
mod eadro_csv;
mod error;
mod export;
mod fault_json;
mod format;
mod input;
mod jaeger_json;
mod json_stream;
mod json_tags;
mod lost;
mod nezha_csv;
pub mod otlp;
mod otlp_json;
mod otlp_protobuf;
mod output;
mod parquet_spans;
mod table;
mod tags;
#[cfg(test)]
mod testing;
mod tolerated;
mod wire_id;
mod zipkin_json;

pub use error::FormatError;
pub use export::{Written, corpus_records, write_corpus, write_records};
pub use fault_json::{FaultWindow, NEZHA_FAULT_SECONDS, read_faults, write_faults};
pub use format::{Format, UnknownFormat, detect, read_spans};
pub use input::{MAX_MESSAGE_BYTES, MAX_RECORD_BYTES};
pub use output::write_atomically;
pub use tolerated::{Reading, Tolerated, UNKNOWN_OPERATION, UNKNOWN_SERVICE};
