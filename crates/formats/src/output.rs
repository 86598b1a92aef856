//! Files that are compressed where their names say so.

use std::{
    io::{self, Write},
    path::Path,
};

use flate2::{Compression, write::GzEncoder};
use tracesmith_disk::{WriteError, write_atomically};

/// [`write_atomically`], compressed if `path` ends in `.gz` or `.zst`. The bytes depend on the content alone: no name and no time is stored.
pub(crate) fn write_compressed<T>(path: &Path, body: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<T>) -> Result<T, WriteError> {
    let ending = path.extension().map(|extension| extension.to_ascii_lowercase());
    write_atomically(path, |out| match ending.as_ref().and_then(|ending| ending.to_str()) {
        Some("gz") => {
            let mut encoder = GzEncoder::new(out, Compression::default());
            let value = body(&mut encoder)?;
            encoder.finish()?;
            Ok(value)
        }
        Some("zst") => {
            let mut encoder = zstd::Encoder::new(out, zstd::DEFAULT_COMPRESSION_LEVEL)?;
            let value = body(&mut encoder)?;
            encoder.finish()?;
            Ok(value)
        }
        _ => body(out),
    })
}
