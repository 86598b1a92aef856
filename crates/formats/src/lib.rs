//! Wire formats of distributed traces, both ways: one module a format, reader and writer side by side.
//!
//! Files are plain or gzip; reading decides by the content, writing by the ending `.gz`. Durations are µs.

mod eadro_csv;
mod error;
mod export;
mod fault_json;
mod format;
mod input;
mod jaeger_json;
mod nezha_csv;
mod output;
mod table;
#[cfg(test)]
mod testing;

pub use error::FormatError;
pub use export::{Written, write_corpus, write_records};
pub use fault_json::{FaultWindow, NEZHA_FAULT_SECONDS, read_faults, write_faults};
pub use format::{Format, UnknownFormat, detect, read_spans};
pub use input::MAX_RECORD_BYTES;
pub use output::write_atomically;
