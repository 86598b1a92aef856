//! Counts what comes out of a decoder, and stops it in time.

use std::{
    cell::Cell,
    fmt,
    io::{self, Read},
};

use super::limits::UnpackLimits;

/// Below this size no ratio is suspicious: a file of zeros is.
const UNSUSPICIOUS_BYTES: u64 = 16 << 20;

/// The limit that an archive breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breach {
    /// Too many files.
    Files(u64),
    /// Too many bytes.
    Bytes(u64),
    /// Too many bytes a packed byte.
    Ratio(u64),
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Files(limit) => write!(f, "it holds more than {limit} files"),
            Self::Bytes(limit) => write!(f, "it unpacks to more than {limit} bytes"),
            Self::Ratio(limit) => write!(f, "it unpacks to more than {limit} times its size"),
        }
    }
}

/// Bytes that came out of an archive so far.
pub(super) struct Meter {
    packed_bytes: u64,
    limits: UnpackLimits,
    bytes: Cell<u64>,
    files: Cell<u64>,
    breach: Cell<Option<Breach>>,
}

impl Meter {
    pub(super) fn new(packed_bytes: u64, limits: UnpackLimits) -> Self {
        Self { packed_bytes, limits, bytes: Cell::new(0), files: Cell::new(0), breach: Cell::new(None) }
    }

    /// `reader`, which fails as soon as a limit is broken.
    pub(super) fn watch<R: Read>(&self, reader: R) -> Watched<'_, R> {
        Watched { reader, meter: self }
    }

    /// One more file.
    pub(super) fn count_file(&self) -> Option<Breach> {
        self.files.set(self.files.get() + 1);
        if self.files.get() > self.limits.files {
            self.breach.set(Some(Breach::Files(self.limits.files)));
        }
        self.breach()
    }

    /// The limit that is broken.
    pub(super) fn breach(&self) -> Option<Breach> {
        self.breach.get()
    }

    fn count(&self, read: usize) -> io::Result<()> {
        let bytes = self.bytes.get() + read as u64;
        self.bytes.set(bytes);
        let UnpackLimits { bytes: most, ratio, .. } = self.limits;
        let breach = if bytes > most {
            Breach::Bytes(most)
        } else if bytes > UNSUSPICIOUS_BYTES && bytes > self.packed_bytes.saturating_mul(ratio) {
            Breach::Ratio(ratio)
        } else {
            return Ok(());
        };
        self.breach.set(Some(breach));
        Err(io::Error::other(breach.to_string()))
    }
}

/// A reader under watch.
pub(super) struct Watched<'a, R> {
    reader: R,
    meter: &'a Meter,
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.meter.count(read)?;
        Ok(read)
    }
}
