//! What can be wrong with a file, said so that it can be mended.

use std::{io, path::PathBuf};

use thiserror::Error;

/// Why a file cannot be read or written.
#[derive(Debug, Error)]
pub enum FormatError {
    /// The file cannot be opened.
    #[error("cannot open {}: {source}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file can be opened but not read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file has no byte, or none after decompression.
    #[error("{} is empty", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A compressed stream ends before its end mark.
    #[error("{} is a truncated gzip or zstd file: copy or download it again", path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
    },
    /// The content is of no known format.
    #[error("{} is in no known format: it starts with {start:?}; files begin with {beginnings}", path.display())]
    UnknownContent {
        /// The file.
        path: PathBuf,
        /// Its first line, shortened.
        start: String,
        /// How files of the known formats begin.
        beginnings: String,
    },
    /// The header of a table is not that of the format.
    #[error("{}: the columns are {found:?}, but {format} has {expected:?}", path.display())]
    Columns {
        /// The file.
        path: PathBuf,
        /// The format.
        format: &'static str,
        /// Columns of the format.
        expected: String,
        /// Columns of the file.
        found: String,
    },
    /// A Parquet file has no column of a name that it needs.
    #[error("{}: there is no column {column:?}; the columns are {found}", path.display())]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// The name.
        column: &'static str,
        /// Columns of the file.
        found: String,
    },
    /// A column of a Parquet file has another type than it needs, or one that is not read.
    #[error("{}: the column {column:?} is {found}, expected {expected}", path.display())]
    ColumnType {
        /// The file.
        path: PathBuf,
        /// The column.
        column: &'static str,
        /// Its type.
        found: String,
        /// What it should be.
        expected: &'static str,
    },
    /// A Parquet file is a span table of another version.
    #[error(
        "{}: its table of spans has version {found:?} of the schema, and this tracesmith reads version {expected}: write the file again with this tracesmith, or read it with a newer one",
        path.display()
    )]
    SchemaVersion {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: String,
        /// The version that is read.
        expected: u32,
    },
    /// A file is no Parquet file, or a broken one.
    #[error("{}: this is no whole Parquet file: {reason}", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A row has too few or too many fields.
    #[error("{}, record {record}: {found} fields instead of {expected}", path.display())]
    FieldCount {
        /// The file.
        path: PathBuf,
        /// Number of the record; the first one after the header is 1.
        record: u64,
        /// Fields of the header.
        expected: u64,
        /// Fields of the row.
        found: u64,
    },
    /// A field cannot be understood.
    #[error("{}, record {record}: {column} is {value:?}, expected {expected}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// Number of the record, from 1; for OTLP protobuf that of the message, for Parquet that of the row.
        record: u64,
        /// Name of the column or key.
        column: &'static str,
        /// What stands there.
        value: String,
        /// What should.
        expected: &'static str,
    },
    /// A record is not UTF-8.
    #[error("{}, record {record}: the text is not UTF-8", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// Number of the record; the header is 0.
        record: u64,
    },
    /// A record of a table is longer than [`crate::MAX_RECORD_BYTES`].
    #[error("{}, record {record}: longer than {limit} bytes; is a line break or a closing quote missing?", path.display())]
    RecordTooLong {
        /// The file.
        path: PathBuf,
        /// Number of the record; the header is 0.
        record: u64,
        /// The limit in bytes.
        limit: usize,
    },
    /// The text is not the JSON that the format has.
    #[error("{}: {source}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        source: serde_json::Error,
    },
    /// The JSON ends in the middle.
    #[error("{}: the JSON ends in the middle (line {line}): the file is incomplete", path.display())]
    HalfJson {
        /// The file.
        path: PathBuf,
        /// Last line.
        line: usize,
    },
    /// A message is longer than [`crate::MAX_MESSAGE_BYTES`].
    #[error(
        "{}, message {record}: longer than {limit} bytes; let the exporter write smaller batches (for the Collector: `send_batch_max_size`)",
        path.display()
    )]
    MessageTooLong {
        /// The file.
        path: PathBuf,
        /// Number of the message, from 1.
        record: u64,
        /// The limit in bytes.
        limit: usize,
    },
    /// A protobuf message is not the one that the format has.
    #[error("{}, message {record}: this is no OTLP trace message: {reason}", path.display())]
    Protobuf {
        /// The file.
        path: PathBuf,
        /// Number of the message, from 1.
        record: u64,
        /// What is wrong.
        reason: String,
    },
    /// A protobuf file is not framed as its format wants it.
    #[error(
        "{}, message {record}: no message begins here; otlp-protobuf is for one request, otlp-protobuf-delimited for requests with their lengths",
        path.display()
    )]
    Framing {
        /// The file.
        path: PathBuf,
        /// Number of the message, from 1.
        record: u64,
    },
    /// A protobuf file ends within a message.
    #[error("{}: the file ends in the middle of message {record}: it is incomplete", path.display())]
    HalfMessage {
        /// The file.
        path: PathBuf,
        /// Number of the message, from 1.
        record: u64,
    },
    /// A trace to be written has no id, or that of another trace.
    #[error("trace id {id:?} is empty or stands twice: a file of traces needs distinct ids")]
    TraceId {
        /// The id.
        id: String,
    },
    /// The file cannot be written. No part of it is left behind.
    #[error(transparent)]
    Write(#[from] tracesmith_disk::WriteError),
}
