//! Opening files: plain, gzip or zstd, whole or broken.

use std::{
    cell::Cell,
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
    rc::Rc,
};

use flate2::bufread::MultiGzDecoder;

use crate::FormatError;

/// Longest record of a table that is read, in bytes. A longer one is a broken file, and must not fill the memory.
pub const MAX_RECORD_BYTES: usize = 1 << 20;

/// Longest part of a JSON or protobuf file that is read at once, in bytes: in OTLP the spans of one resource (in a delimited stream one
/// request), in Zipkin and Jaeger one span. The default limit of a gRPC message is a sixteenth of it.
pub const MAX_MESSAGE_BYTES: usize = 64 << 20;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Bytes that [`Input::peek`] shows, if the file has so many.
const PEEKED_BYTES: usize = 1 << 16;

/// An opened file after decompression, positioned at its first byte.
pub struct Input {
    /// Where it is.
    pub path: PathBuf,
    /// Its content.
    pub reader: BufReader<Box<dyn Read>>,
}

impl Input {
    /// Opens `path`; gzip and zstd are known by their magic bytes.
    ///
    /// # Errors
    /// [`FormatError`] if it cannot be opened or read, or is empty.
    pub fn open(path: &Path) -> Result<Self, FormatError> {
        let file = File::open(path).map_err(|source| FormatError::Open { path: path.to_owned(), source })?;
        let start = decompressed(file).and_then(|mut plain| {
            // Read in full: a decoder, or a pipe, may hand out a few bytes at a time, which would not show the format.
            let mut start = Vec::new();
            plain.by_ref().take(PEEKED_BYTES as u64).read_to_end(&mut start)?;
            Ok((start, plain))
        });
        let (start, rest) = start.map_err(|source| read_error(path, source))?;
        if start.is_empty() {
            return Err(FormatError::Empty { path: path.to_owned() });
        }
        let whole: Box<dyn Read> = Box::new(io::Cursor::new(start).chain(rest));
        Ok(Self { path: path.to_owned(), reader: BufReader::with_capacity(PEEKED_BYTES, whole) })
    }

    /// The first bytes, without taking them.
    ///
    /// # Errors
    /// [`FormatError`] if it cannot be read.
    pub fn peek(&mut self) -> Result<&[u8], FormatError> {
        let Self { path, reader } = self;
        reader.fill_buf().map_err(|source| read_error(path, source))
    }

    /// Takes the mark that some programs put before UTF-8.
    ///
    /// # Errors
    /// [`FormatError`] if it cannot be read.
    pub fn skip_byte_order_mark(&mut self) -> Result<(), FormatError> {
        const MARK: &[u8] = b"\xef\xbb\xbf";
        if self.peek()?.starts_with(MARK) {
            self.reader.consume(MARK.len());
        }
        Ok(())
    }
}

fn decompressed(file: File) -> io::Result<Box<dyn Read>> {
    let mut raw = BufReader::with_capacity(1 << 16, file);
    let start = raw.fill_buf()?;
    if start.starts_with(&GZIP_MAGIC) {
        Ok(Box::new(MultiGzDecoder::new(raw)))
    } else if start.starts_with(&ZSTD_MAGIC) {
        Ok(Box::new(zstd::Decoder::with_buffer(raw)?))
    } else {
        Ok(Box::new(raw))
    }
}

/// The error that a failed read of `path` means: only a compressed stream ends unexpectedly.
pub(crate) fn read_error(path: &Path, source: io::Error) -> FormatError {
    let path = path.to_owned();
    if let Some(&BudgetSpent { record }) = budget_spent(&source) {
        return FormatError::MessageTooLong { path, record, limit: MAX_MESSAGE_BYTES };
    }
    if source.kind() == io::ErrorKind::UnexpectedEof { FormatError::Truncated { path } } else { FormatError::Read { path, source } }
}

/// The error that failed JSON of `path` means.
pub(crate) fn json_error(path: &Path, source: serde_json::Error) -> FormatError {
    match source.classify() {
        serde_json::error::Category::Io => read_error(path, source.into()),
        serde_json::error::Category::Eof => FormatError::HalfJson { path: path.to_owned(), line: source.line() },
        _ => FormatError::Json { path: path.to_owned(), source },
    }
}

/// How many bytes may be read before the next record must have begun. Clones share one count.
#[derive(Debug, Clone)]
pub(crate) struct Budget(Rc<Counts>);

#[derive(Debug)]
struct Counts {
    limit: usize,
    left: Cell<usize>,
    record: Cell<u64>,
}

impl Budget {
    pub fn new(limit: usize) -> Self {
        Self(Rc::new(Counts { limit, left: Cell::new(limit), record: Cell::new(0) }))
    }

    /// For formats with records of up to [`MAX_MESSAGE_BYTES`]. What a buffer has read ahead is not held against a record.
    pub fn of_messages() -> Self {
        Self::new(MAX_MESSAGE_BYTES + PEEKED_BYTES)
    }

    /// Starts the count of the next record.
    pub fn begin_record(&self) {
        self.0.record.set(self.0.record.get() + 1);
        self.refill();
    }

    /// Starts the count anew within a record that is read part by part.
    pub fn refill(&self) {
        self.0.left.set(self.0.limit);
    }
}

/// Hands out no more than a budget of bytes between two calls of [`Budget::begin_record`]. A reader that buffers takes a buffer at a time, and what
/// it takes is what counts.
pub(crate) struct RecordLimit<R> {
    inner: R,
    budget: Budget,
}

/// The mark of an exhausted budget inside an [`io::Error`].
#[derive(Debug, thiserror::Error)]
#[error("record {record} is too long")]
pub(crate) struct BudgetSpent {
    record: u64,
}

/// The mark, if reading failed because a record is too long.
pub(crate) fn budget_spent(error: &io::Error) -> Option<&BudgetSpent> {
    error.get_ref()?.downcast_ref()
}

impl<R: Read> RecordLimit<R> {
    pub fn new(inner: R, budget: Budget) -> Self {
        Self { inner, budget }
    }
}

impl<R: Read> Read for RecordLimit<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Counts { left, record, .. } = &*self.budget.0;
        if left.get() == 0 {
            return Err(io::Error::other(BudgetSpent { record: record.get() }));
        }
        let most = buffer.len().min(left.get());
        let read = self.inner.read(&mut buffer[..most])?;
        left.set(left.get() - read);
        Ok(read)
    }
}
