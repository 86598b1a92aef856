//! Unpacking what others packed: nothing leaves the folder, nothing fills the disk, and no link is made.

mod destination;
mod kind;
mod meter;
mod packed_path;
#[cfg(test)]
mod tests;

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};

use flate2::read::MultiGzDecoder;
use lzma_rust2::XzReader;
use thiserror::Error;
use zip::ZipArchive;

use destination::Destination;
use kind::Kind;
use meter::Meter;

pub(crate) use destination::{Progress, Selection};
pub use meter::Breach;

/// Most memory of an xz decoder, in KiB: what `xz -9` needs is a quarter of it.
const XZ_MEMORY_KIB: u32 = 256 * 1024;

/// How much an archive may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnpackLimits {
    /// Most files.
    pub files: u64,
    /// Most unpacked bytes.
    pub bytes: u64,
    /// Most unpacked bytes a packed one, once more than 16 MiB are unpacked. JSON of traces has about 30; DEFLATE can do no more than 1032.
    pub ratio: u64,
}

impl Default for UnpackLimits {
    fn default() -> Self {
        Self { files: 200_000, bytes: 256 << 30, ratio: 200 }
    }
}

/// What came out of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Unpacked {
    /// Number of files.
    pub(crate) files: u64,
    /// Links, devices and the like, which are not unpacked.
    pub(crate) skipped: u64,
}

/// Why an archive is not unpacked.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// It cannot be read to its end.
    #[error("{} is damaged or cut off: {reason}", path.display())]
    Damaged {
        /// The archive.
        path: PathBuf,
        /// What the decoder says.
        reason: String,
    },
    /// It is a page for people, not a file of data.
    #[error("{} is a web page, not an archive: does the address need a login, or is it that of a page?", path.display())]
    WebPage {
        /// The file.
        path: PathBuf,
    },
    /// A path inside leads out of the folder, or is none.
    #[error("{}: the path {entry:?} inside leads out of the folder or is no path: nothing is unpacked from this archive", path.display())]
    Path {
        /// The archive.
        path: PathBuf,
        /// The path inside.
        entry: String,
    },
    /// Two files inside have one path.
    #[error("{}: {entry:?} is inside twice", path.display())]
    Duplicate {
        /// The archive.
        path: PathBuf,
        /// The path inside.
        entry: String,
    },
    /// It holds more than the limits allow.
    #[error("{}: {breach}: this looks like an archive made to fill a disk", path.display())]
    Limit {
        /// The archive.
        path: PathBuf,
        /// The limit.
        breach: Breach,
    },
    /// It is packed in a way that is not supported.
    #[error("{}: {reason}: unpack it by hand", path.display())]
    Unsupported {
        /// The archive.
        path: PathBuf,
        /// What is not supported.
        reason: String,
    },
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Unpacks a zip, tar, tar.gz or tar.xz into `folder`, which must exist; any other file is copied there under `name`.
///
/// # Errors
/// [`ArchiveError`]; what is unpacked until then stays in `folder`.
pub(crate) fn unpack(
    archive: &Path,
    name: &str,
    folder: &Path,
    selection: &Selection<'_>,
    limits: &UnpackLimits,
    progress: &mut Progress<'_>,
) -> Result<Unpacked, ArchiveError> {
    let failed = |source| ArchiveError::Io { path: archive.to_owned(), source };
    let packed_bytes = archive.metadata().map_err(failed)?.len();
    let kind = Kind::of(archive, name).map_err(failed)?;
    let reader = BufReader::with_capacity(1 << 16, File::open(archive).map_err(failed)?);
    let meter = Meter::new(packed_bytes, *limits);
    let mut destination = Destination::new(archive, folder, selection, &meter, progress);
    match kind {
        Kind::WebPage => Err(ArchiveError::WebPage { path: archive.to_owned() }),
        Kind::Zip => unpack_zip(reader, &mut destination),
        Kind::Tar => unpack_tar(reader, &mut destination),
        Kind::TarGz => unpack_tar(MultiGzDecoder::new(reader), &mut destination),
        Kind::TarXz => unpack_tar(XzReader::new_mem_limit(reader, true, XZ_MEMORY_KIB), &mut destination),
        Kind::Other => destination.write(Path::new(name), name, &mut meter.watch(reader)),
    }?;
    Ok(destination.unpacked())
}

fn unpack_tar(reader: impl Read, destination: &mut Destination<'_>) -> Result<(), ArchiveError> {
    let meter = destination.meter();
    let mut watched = meter.watch(reader);
    let mut archive = tar::Archive::new(&mut watched);
    for entry in archive.entries().map_err(|error| destination.damaged(&error))? {
        let mut entry = entry.map_err(|error| destination.damaged(&error))?;
        let bytes = entry.path_bytes();
        let name = String::from_utf8_lossy(&bytes).into_owned();
        drop(bytes);
        let kind = entry.header().entry_type();
        if kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse() {
            destination.take(&name, &mut entry)?;
        } else if !kind.is_dir() && !kind.is_pax_global_extensions() {
            destination.skip(&name)?;
        }
    }
    // What follows the end mark still belongs to the compressed stream, whose checksum comes last.
    io::copy(&mut watched, &mut io::sink()).map_err(|error| destination.damaged(&error))?;
    Ok(())
}

fn unpack_zip(reader: BufReader<File>, destination: &mut Destination<'_>) -> Result<(), ArchiveError> {
    let mut archive = ZipArchive::new(reader).map_err(|error| destination.refused(&error))?;
    let meter = destination.meter();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(|error| destination.refused(&error))?;
        let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
        if entry.is_file() {
            destination.take(&name, &mut meter.watch(&mut entry))?;
        } else if !entry.is_dir() {
            destination.skip(&name)?;
        }
    }
    Ok(())
}
