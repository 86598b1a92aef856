//! Parquet, a row a span.
//!
//! | column | type written | read, too | null means |
//! |---|---|---|---|
//! | `trace_id` | text | | an error |
//! | `span_id` | text | | an error |
//! | `parent_id` | text | | a root |
//! | `service` | text | | a service without a name |
//! | `operation` | text | | an operation without a name |
//! | `start_ns` | 64-bit integer: ns since the Unix epoch, UTC | a timestamp of any unit | not measured; the column may be missing |
//! | `duration_us` | double: µs | float, integer | unfinished |
//! | `status` | 16-bit unsigned integer: HTTP status; 1 ok, 2 error, where only that is known; else 0 | any number | 0; the column may be missing |
//! | `kind` | text: `unspecified`, `internal`, `server`, `client`, `producer`, `consumer` | these in any case, with or without `SPAN_KIND_` | unspecified; the column may be missing |
//! | `attributes` | text: a JSON object of texts | an object with any attributes | none; the column may be missing |
//!
//! Columns of other names are not looked at. Any encoding is read, uncompressed or compressed with snappy, zstd, gzip or LZ4. Ids are kept as
//! they are. Without measured starts only roots have one, and a span whose start is missing gets that of the span before it in its trace.
//!
//! In memory are a row group in writing (of 65,536 spans), and in reading a page and a batch of rows of every column. A Parquet file that is
//! itself inside gzip or zstd, or comes through a pipe, is unpacked into a temporary file first.

mod column;
mod pages;
mod read;
mod rows;
mod write;

pub(crate) use self::{read::read, write::write};

/// A column, in the order in which they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    TraceId,
    SpanId,
    ParentId,
    Service,
    Operation,
    StartNs,
    DurationUs,
    Status,
    Kind,
    Attributes,
}

/// What a column may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Text,
    Time,
    Number,
}

impl Field {
    const ALL: [Self; 10] = [
        Self::TraceId,
        Self::SpanId,
        Self::ParentId,
        Self::Service,
        Self::Operation,
        Self::StartNs,
        Self::DurationUs,
        Self::Status,
        Self::Kind,
        Self::Attributes,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::TraceId => "trace_id",
            Self::SpanId => "span_id",
            Self::ParentId => "parent_id",
            Self::Service => "service",
            Self::Operation => "operation",
            Self::StartNs => "start_ns",
            Self::DurationUs => "duration_us",
            Self::Status => "status",
            Self::Kind => "kind",
            Self::Attributes => "attributes",
        }
    }

    fn content(self) -> Content {
        match self {
            Self::StartNs => Content::Time,
            Self::DurationUs | Self::Status => Content::Number,
            _ => Content::Text,
        }
    }

    /// Whether a file without the column can be read.
    fn may_be_missing(self) -> bool {
        matches!(self, Self::StartNs | Self::Status | Self::Kind | Self::Attributes)
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
