//! Wire formats of distributed traces, both ways: one module a format, reader and writer side by side.
//!
//! Files are plain, gzip or zstd; reading decides by the content, writing by the ending `.gz` or `.zst`. Durations are µs.
//!
//! A format is an implementation of [`TraceFormat`] and a line in the registry ([`all`], [`register`]); [`Format`] is the handle by which the
//! rest of the program knows it.

mod capabilities;
mod detection;
mod eadro_csv;
mod error;
mod export;
mod fault_json;
mod file_start;
mod format;
mod input;
mod jaeger_json;
mod json_stream;
mod json_tags;
mod nezha_csv;
pub mod otlp;
mod otlp_json;
mod otlp_protobuf;
mod output;
mod parquet_spans;
mod read_warnings;
mod reading;
mod registry;
mod table;
mod tags;
#[cfg(test)]
mod testing;
mod wire_id;
mod zipkin_json;

pub use capabilities::{Capabilities, Resolution, Statuses};
pub use detection::detect;
pub use error::FormatError;
pub use export::{Written, corpus_records, write_corpus, write_records};
pub use fault_json::{FaultWindow, NEZHA_FAULT_SECONDS, read_faults, write_faults};
pub use file_start::{Certainty, FileStart};
pub use format::{Format, Found, TraceFormat, Visit};
pub use input::{Input, MAX_MESSAGE_BYTES, MAX_RECORD_BYTES};
pub use read_warnings::{ReadWarnings, UNKNOWN_OPERATION, UNKNOWN_SERVICE};
pub use reading::{Reading, read_spans};
pub use registry::{NameTaken, UnknownFormat, all, endings, format_of_name, names, register};
