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

mod column;
mod pages;
mod read;
mod rows;
mod write;

use tracesmith_trace::span_table;

pub(crate) use self::{read::read, write::write};

/// A column that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    TraceId,
    SpanId,
    ParentId,
    Service,
    Operation,
    Kind,
    StatusCode,
    HttpStatus,
    /// Code and HTTP status in one number, in files of the first version.
    Status,
    Start,
    Duration,
    Label,
    FaultKind,
    FaultService,
    Attributes,
}

/// What a column may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Text,
    Time,
    Number,
    TextOrNumber,
}

impl Field {
    const ALL: [Self; 15] = [
        Self::TraceId,
        Self::SpanId,
        Self::ParentId,
        Self::Service,
        Self::Operation,
        Self::Kind,
        Self::StatusCode,
        Self::HttpStatus,
        Self::Status,
        Self::Start,
        Self::Duration,
        Self::Label,
        Self::FaultKind,
        Self::FaultService,
        Self::Attributes,
    ];

    /// Names of the column, that of today first.
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::TraceId => &[span_table::TRACE_ID],
            Self::SpanId => &[span_table::SPAN_ID],
            Self::ParentId => &[span_table::PARENT_ID],
            Self::Service => &[span_table::SERVICE],
            Self::Operation => &[span_table::OPERATION],
            Self::Kind => &[span_table::SPAN_KIND, "kind"],
            Self::StatusCode => &[span_table::STATUS_CODE],
            Self::HttpStatus => &[span_table::HTTP_STATUS],
            Self::Status => &["status"],
            Self::Start => &[span_table::START, "start_ns"],
            Self::Duration => &[span_table::DURATION_US],
            Self::Label => &[span_table::LABEL],
            Self::FaultKind => &[span_table::FAULT_KIND],
            Self::FaultService => &[span_table::FAULT_SERVICE],
            Self::Attributes => &[span_table::ATTRIBUTES],
        }
    }

    /// Name of the column of today.
    fn name(self) -> &'static str {
        self.names()[0]
    }

    fn content(self) -> Content {
        match self {
            Self::Start => Content::Time,
            Self::Duration | Self::HttpStatus | Self::Status => Content::Number,
            Self::StatusCode => Content::TextOrNumber,
            _ => Content::Text,
        }
    }

    /// Whether a file without the column can be read.
    fn may_be_missing(self) -> bool {
        !matches!(self, Self::TraceId | Self::SpanId | Self::ParentId | Self::Service | Self::Operation | Self::Duration)
    }

    /// Whether a column of another type is one of another program, which means something else by the name.
    fn may_mean_something_else(self) -> bool {
        matches!(self, Self::Label | Self::FaultKind | Self::FaultService)
    }
}

const MAGIC: &[u8] = b"PAR1";
/// Of files with an encrypted footer, which cannot be read.
const MAGIC_ENCRYPTED: &[u8] = b"PARE";

/// Whether a file that starts with `start` says that it is Parquet.
pub(crate) fn begins(start: &[u8]) -> bool {
    start.starts_with(MAGIC) || start.starts_with(MAGIC_ENCRYPTED)
}

#[cfg(test)]
mod tests;
