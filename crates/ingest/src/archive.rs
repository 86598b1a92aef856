//! Unpacking what others packed: nothing leaves the folder, nothing fills the disk, and no link is made.

mod destination;
mod error;
mod kind;
mod limits;
mod meter;
mod packed_path;
#[cfg(test)]
mod tests;

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::Path,
};

use flate2::read::MultiGzDecoder;
use lzma_rust2::XzReader;
use zip::ZipArchive;

use destination::Destination;
use kind::Kind;
use meter::Meter;

pub(crate) use destination::{Progress, Selection, Unpacked};
pub use error::ArchiveError;
pub use limits::UnpackLimits;
pub use meter::Breach;

/// Most memory of an xz decoder, in KiB: what `xz -9` needs is a quarter of it.
const XZ_MEMORY_KIB: u32 = 256 * 1024;

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
