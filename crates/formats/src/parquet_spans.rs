//! Parquet, a row a span: the span table of [`tracesmith_trace::span_table`], whose version the file's metadata have.
//!
//! | column | type written | read, too | null means |
//! |---|---|---|---|
//! | `trace_id` | text | | an error |
//! | `span_id` | text | | an error |
//! | `parent_id` | text | | a root |
//! | `service` | text | | a service without a name |
//! | `operation` | text | | an operation without a name |
//! | `span_kind`, or `kind` | text: `unspecified`, `internal`, `server`, `client`, `producer`, `consumer` | these in any case, with or without `SPAN_KIND_` | unspecified; the column may be missing |
//! | `status_code` | text: `unset`, `ok`, `error` | these in any case, with or without `STATUS_CODE_`; OTLP's numbers | unset; the column may be missing |
//! | `http_status` | 16-bit unsigned integer | any number; 0 is none | none; the column may be missing |
//! | `start`, or `start_ns` | timestamp in ns, UTC | a timestamp of any unit; 64-bit integers: ns since the Unix epoch | not measured; the column may be missing |
//! | `duration_us` | double: µs | float, integer | unfinished |
//! | `label` | text: `normal`, `abnormal` | | unknown; the column may be missing |
//! | `fault_kind`, `fault_service` | text | | no fault; the columns may be missing |
//! | `attributes` | text: a JSON object of texts | an object with any attributes | none; the column may be missing |
//! | `status` | not written | any number: HTTP status; 1 ok, 2 error, where only that is known; else 0 | none; the column may be missing |
//!
//! Names after *or*, and `status`, are those of files of the first version, which has no version in its metadata; files of other programs have
//! none either. Columns of other names are not looked at, and neither are those of labels if they are not text. Any encoding is read,
//! uncompressed or compressed with snappy, zstd, gzip or LZ4. Ids are kept as they are. Without measured starts only roots have one, and a
//! span whose start is missing gets that of the span before it in its trace.
//!
//! In memory are a row group in writing (of 65,536 spans), and in reading a page and a batch of rows of every column. A Parquet file that is
//! itself inside gzip or zstd, or comes through a pipe, is unpacked into a temporary file first.

mod broken;
mod column;
mod field;
mod pages;
mod read;
mod rows;
mod write;

use std::io::{self, Write};

use tracesmith_trace::SpanRecord;

use crate::{
    FormatError,
    capabilities::Capabilities,
    file_start::{Certainty, FileStart},
    format::{Format, Found, TraceFormat, Visit},
    input::Input,
};

/// Parquet, a row a span.
pub(crate) struct Parquet;

impl Format {
    /// Parquet, a row a span.
    pub const PARQUET: Self = Self::of(&Parquet);
}

impl TraceFormat for Parquet {
    fn name(&self) -> &'static str {
        "parquet"
    }

    fn summary(&self) -> &'static str {
        "Parquet, a row a span, zstd"
    }

    fn beginning(&self) -> String {
        "Parquet (`PAR1`)".to_owned()
    }

    fn endings(&self) -> &'static [&'static str] {
        &[".parquet"]
    }

    fn recognises(&self, start: FileStart<'_>) -> Certainty {
        if pages::begins(start.bytes()) { Certainty::Sure } else { Certainty::Not }
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::ALL
    }

    fn read(&self, input: Input, visit: Visit<'_>) -> Result<Found, FormatError> {
        let (warnings, has_starts) = read::read(input, visit)?;
        Ok(Found { warnings, lacks_starts: !has_starts })
    }

    fn write(&self, out: &mut (dyn Write + Send), traces: &mut dyn Iterator<Item = Vec<SpanRecord>>, has_starts: bool) -> io::Result<()> {
        write::write(out, traces, has_starts)
    }
}

#[cfg(test)]
mod tests;
