//! OTLP as protobuf, in two files: one `ExportTraceServiceRequest`, or many of them with their lengths.
//!
//! One request is a sequence of `ResourceSpans` and may be of any size: each of them is in memory alone. In a stream each request is. Lengths
//! are varints, as protobuf's `writeDelimitedTo` has them; the four bytes (big endian) of the Collector's file exporter are read, too.
//! See [`crate::otlp`] for what fields mean.

use std::{
    io::{self, BufRead, Read, Write},
    path::PathBuf,
};

use prost::Message;
use tracesmith_trace::SpanRecord;

use crate::{
    FormatError, MAX_MESSAGE_BYTES, ReadWarnings,
    capabilities::{Capabilities, Resolution},
    file_start::{Certainty, FileStart},
    format::{Format, Found, TraceFormat, Visit},
    input::{Input, read_error},
    otlp::{BadSpan, ExportTraceServiceRequest, WireError, resource_spans, trace_requests, visit_records},
};

/// First byte of a `ResourceSpans` within a request: field 1 with a length.
const RESOURCE_SPANS: u8 = 0x0a;

/// How messages follow each other in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    /// One request.
    Single,
    /// Requests, each after its length as a varint.
    Varint,
    /// Requests, each after its length in four bytes, big endian.
    BigEndian,
}

/// The framing of a file that starts with `start`; `None` if it is none of OTLP.
///
/// A request begins with field 1, a length, and a field 1, 2 or 3 of `ResourceSpans`. A stream has a length before that, which must be long
/// enough. Both cannot be true of one file: a length of 10 before a request looks like a field 1, but leaves only 8 bytes for what follows,
/// and 8 is no such field.
fn framing(start: &[u8]) -> Option<Framing> {
    if request_begins(start, u64::MAX) {
        return Some(Framing::Single);
    }
    if let Some((length, rest)) = varint(start)
        && request_begins(rest, length)
    {
        return Some(Framing::Varint);
    }
    let (length, rest) = start.split_first_chunk()?;
    request_begins(rest, u32::from_be_bytes(*length).into()).then_some(Framing::BigEndian)
}

/// Whether a request of up to `length` bytes may begin here.
fn request_begins(start: &[u8], length: u64) -> bool {
    let Some((&RESOURCE_SPANS, rest)) = start.split_first() else { return false };
    let Some((inner, rest_of_inner)) = varint(rest) else { return false };
    let head = 1 + (rest.len() - rest_of_inner.len()) as u64;
    let fits = inner <= length.saturating_sub(head) && length >= head;
    fits && (inner == 0 || matches!(rest_of_inner.first(), Some(0x0a | 0x12 | 0x1a)))
}

fn varint(mut bytes: &[u8]) -> Option<(u64, &[u8])> {
    let value = prost::encoding::decode_varint(&mut bytes).ok()?;
    Some((value, bytes))
}

/// OTLP in protobuf: a file that is one `ExportTraceServiceRequest`.
pub(crate) struct OtlpProtobuf;

impl Format {
    /// OTLP in protobuf: a file that is one `ExportTraceServiceRequest`.
    pub const OTLP_PROTOBUF: Self = Self::of(&OtlpProtobuf);
}

impl TraceFormat for OtlpProtobuf {
    fn name(&self) -> &'static str {
        "otlp-protobuf"
    }

    fn summary(&self) -> &'static str {
        "OTLP in protobuf, one `ExportTraceServiceRequest`"
    }

    fn beginning(&self) -> String {
        "OTLP protobuf".to_owned()
    }

    fn endings(&self) -> &'static [&'static str] {
        &[".pb"]
    }

    fn recognises(&self, start: FileStart<'_>) -> Certainty {
        match framing(start.bytes()) {
            Some(Framing::Single) => Certainty::Likely,
            Some(Framing::Varint | Framing::BigEndian) | None => Certainty::Not,
        }
    }

    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    fn read(&self, input: Input, visit: Visit<'_>) -> Result<Found, FormatError> {
        read_single(input, visit).map(Found::from)
    }

    fn write(&self, out: &mut (dyn Write + Send), traces: &mut dyn Iterator<Item = Vec<SpanRecord>>, _: bool) -> io::Result<()> {
        write_single(out, traces)
    }
}

/// OTLP in protobuf: a stream of `ExportTraceServiceRequest` messages with their lengths.
pub(crate) struct OtlpProtobufDelimited;

impl Format {
    /// OTLP in protobuf: a stream of `ExportTraceServiceRequest` messages with their lengths.
    pub const OTLP_PROTOBUF_DELIMITED: Self = Self::of(&OtlpProtobufDelimited);
}

impl TraceFormat for OtlpProtobufDelimited {
    fn name(&self) -> &'static str {
        "otlp-protobuf-delimited"
    }

    fn summary(&self) -> &'static str {
        "OTLP in protobuf, requests each after its length"
    }

    fn beginning(&self) -> String {
        "OTLP protobuf".to_owned()
    }

    fn recognises(&self, start: FileStart<'_>) -> Certainty {
        match framing(start.bytes()) {
            Some(Framing::Varint | Framing::BigEndian) => Certainty::Likely,
            Some(Framing::Single) | None => Certainty::Not,
        }
    }

    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    fn read(&self, input: Input, visit: Visit<'_>) -> Result<Found, FormatError> {
        read_delimited(input, visit).map(Found::from)
    }

    fn write(&self, out: &mut (dyn Write + Send), traces: &mut dyn Iterator<Item = Vec<SpanRecord>>, _: bool) -> io::Result<()> {
        write_delimited(out, traces)
    }
}

const CAPABILITIES: Capabilities = Capabilities { durations: Resolution::Nanoseconds, labels: false, any_id: false, ..Capabilities::ALL };

/// Reads a file that is one request.
fn read_single(input: Input, visit: Visit<'_>) -> Result<ReadWarnings, FormatError> {
    let mut messages = Messages::new(input, visit);
    while let Some(key) = messages.varint()? {
        if key != u64::from(RESOURCE_SPANS) {
            return Err(messages.misframed());
        }
        let length = messages.varint()?.ok_or_else(|| messages.half())?;
        let message = messages.message(length)?;
        messages.take(|warnings, visit| visit_records(&message, warnings, visit))?;
    }
    Ok(messages.warnings)
}

/// Reads a file of requests with their lengths.
fn read_delimited(mut input: Input, visit: Visit<'_>) -> Result<ReadWarnings, FormatError> {
    let framing = framing(input.peek()?);
    let mut messages = Messages::new(input, visit);
    if framing == Some(Framing::Single) {
        return Err(messages.misframed());
    }
    let is_big_endian = framing == Some(Framing::BigEndian);
    while let Some(length) = if is_big_endian { messages.big_endian()? } else { messages.varint()? } {
        let request = messages.message(length)?;
        messages.take(|warnings, visit| resource_spans(&request).try_for_each(|message| visit_records(message?, warnings, visit)))?;
    }
    Ok(messages.warnings)
}

/// The messages of a file, and where their spans go.
struct Messages<'a> {
    path: PathBuf,
    reader: io::BufReader<Box<dyn Read>>,
    visit: Visit<'a>,
    warnings: ReadWarnings,
    /// Number of the current message, from 1.
    record: u64,
}

impl<'a> Messages<'a> {
    fn new(input: Input, visit: Visit<'a>) -> Self {
        Self { path: input.path, reader: input.reader, visit, warnings: ReadWarnings::default(), record: 1 }
    }

    fn half(&self) -> FormatError {
        FormatError::HalfMessage { path: self.path.clone(), record: self.record }
    }

    fn misframed(&self) -> FormatError {
        FormatError::Framing { path: self.path.clone(), record: self.record }
    }

    fn byte(&mut self) -> Result<Option<u8>, FormatError> {
        let byte = self.reader.fill_buf().map_err(|source| read_error(&self.path, source))?.first().copied();
        self.reader.consume(usize::from(byte.is_some()));
        Ok(byte)
    }

    /// The next varint; `None` at the end of the file.
    fn varint(&mut self) -> Result<Option<u64>, FormatError> {
        let mut bytes = Vec::with_capacity(10);
        while bytes.len() < 10 {
            match self.byte()? {
                Some(byte) => bytes.push(byte),
                None if bytes.is_empty() => return Ok(None),
                None => return Err(self.half()),
            }
            if let Some((value, _)) = varint(&bytes) {
                return Ok(Some(value));
            }
        }
        Err(self.misframed())
    }

    /// The next number of four bytes; `None` at the end of the file.
    fn big_endian(&mut self) -> Result<Option<u64>, FormatError> {
        let mut number = None;
        for i in 0..4 {
            match self.byte()? {
                Some(byte) => number = Some(number.unwrap_or(0) << 8 | u64::from(byte)),
                None if i == 0 => return Ok(None),
                None => return Err(self.half()),
            }
        }
        Ok(number)
    }

    /// The next `length` bytes. The memory for them grows with what the file has, not with what a broken length promises.
    fn message(&mut self, length: u64) -> Result<Vec<u8>, FormatError> {
        if length > MAX_MESSAGE_BYTES as u64 {
            return Err(FormatError::MessageTooLong { path: self.path.clone(), record: self.record, limit: MAX_MESSAGE_BYTES });
        }
        let mut bytes = Vec::new();
        self.reader.by_ref().take(length).read_to_end(&mut bytes).map_err(|source| read_error(&self.path, source))?;
        if (bytes.len() as u64) < length { Err(self.half()) } else { Ok(bytes) }
    }

    /// Hands on the spans of the current message with `read`.
    fn take(&mut self, read: impl FnOnce(&mut ReadWarnings, Visit<'_>) -> Result<(), WireError>) -> Result<(), FormatError> {
        let read = read(&mut self.warnings, self.visit);
        let (path, record) = (|| self.path.clone(), self.record);
        read.map_err(|error| match error {
            WireError::Refused(refusal) => refusal,
            WireError::Span(BadSpan { field, value, expected }) => {
                FormatError::Value { path: path(), record, column: field, value, expected }
            }
            WireError::Decode(error) => FormatError::Protobuf { path: path(), record, reason: error.to_string() },
            WireError::Length => FormatError::Protobuf { path: path(), record, reason: "a part of it is longer than the whole".to_owned() },
        })?;
        self.record += 1;
        Ok(())
    }
}

/// Writes one request.
fn write_single(out: &mut dyn Write, traces: &mut dyn Iterator<Item = Vec<SpanRecord>>) -> io::Result<()> {
    // Repeated fields may be written part by part: the encoded requests one after the other are one request.
    each_request(traces, |request| out.write_all(&request.encode_to_vec()))
}

/// Writes requests, each after its length as a varint.
fn write_delimited(out: &mut dyn Write, traces: &mut dyn Iterator<Item = Vec<SpanRecord>>) -> io::Result<()> {
    each_request(traces, |request| out.write_all(&request.encode_length_delimited_to_vec()))
}

fn each_request(
    traces: &mut dyn Iterator<Item = Vec<SpanRecord>>,
    mut write: impl FnMut(ExportTraceServiceRequest) -> io::Result<()>,
) -> io::Result<()> {
    for trace in traces {
        trace_requests(&trace).try_for_each(&mut write)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
