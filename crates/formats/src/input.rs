//! Opening files: plain or gzip, whole or broken.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use flate2::bufread::MultiGzDecoder;

use crate::FormatError;

/// Longest record of a table that is read, in bytes. A longer one is a broken file, and must not fill the memory.
pub const MAX_RECORD_BYTES: usize = 1 << 20;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// An opened file after decompression, positioned at its first byte.
pub(crate) struct Input {
    pub path: PathBuf,
    pub reader: BufReader<Box<dyn Read>>,
}

impl Input {
    /// Opens `path`; gzip is known by its magic bytes.
    pub fn open(path: &Path) -> Result<Self, FormatError> {
        let file = File::open(path).map_err(|source| FormatError::Open { path: path.to_owned(), source })?;
        let mut raw = BufReader::with_capacity(1 << 16, file);
        let compressed = raw.fill_buf().map_err(|source| read_error(path, source))?.starts_with(&GZIP_MAGIC);
        let plain: Box<dyn Read> = if compressed { Box::new(MultiGzDecoder::new(raw)) } else { Box::new(raw) };
        let mut input = Self { path: path.to_owned(), reader: BufReader::with_capacity(1 << 16, plain) };
        if input.peek()?.is_empty() {
            return Err(FormatError::Empty { path: path.to_owned() });
        }
        Ok(input)
    }

    /// The first bytes, without taking them.
    pub fn peek(&mut self) -> Result<&[u8], FormatError> {
        let Self { path, reader } = self;
        reader.fill_buf().map_err(|source| read_error(path, source))
    }
}

/// The error that a failed read of `path` means: only a gzip stream ends unexpectedly.
pub(crate) fn read_error(path: &Path, source: io::Error) -> FormatError {
    let path = path.to_owned();
    if source.kind() == io::ErrorKind::UnexpectedEof { FormatError::TruncatedGzip { path } } else { FormatError::Read { path, source } }
}

/// The error that failed JSON of `path` means.
pub(crate) fn json_error(path: &Path, source: serde_json::Error) -> FormatError {
    match source.classify() {
        serde_json::error::Category::Io => read_error(path, source.into()),
        serde_json::error::Category::Eof => FormatError::HalfJson { path: path.to_owned(), line: source.line() },
        _ => FormatError::Json { path: path.to_owned(), source },
    }
}

/// Hands out no more than a budget of bytes between two calls of [`RecordLimit::renew`].
///
/// The budget is counted in what the CSV reader takes, which is a buffer at a time; a record is therefore refused somewhere between one and
/// two times [`MAX_RECORD_BYTES`] at the latest, and never before.
pub(crate) struct RecordLimit<R> {
    inner: R,
    budget: usize,
}

/// The mark of an exhausted budget inside an [`io::Error`].
#[derive(Debug, thiserror::Error)]
#[error("the record is too long")]
pub(crate) struct BudgetSpent;

impl<R: Read> RecordLimit<R> {
    pub fn new(inner: R) -> Self {
        Self { inner, budget: 2 * MAX_RECORD_BYTES }
    }

    /// Starts the count of the next record.
    pub fn renew(&mut self) {
        self.budget = 2 * MAX_RECORD_BYTES;
    }
}

impl<R: Read> Read for RecordLimit<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.budget == 0 {
            return Err(io::Error::other(BudgetSpent));
        }
        let most = buffer.len().min(self.budget);
        let read = self.inner.read(&mut buffer[..most])?;
        self.budget -= read;
        Ok(read)
    }
}
