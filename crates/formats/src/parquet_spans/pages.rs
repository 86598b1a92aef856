//! The bytes of a file, with a limit on what a page of it may become.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use parquet::{
    errors::ParquetError,
    file::reader::{ChunkReader, Length},
};
use prost::bytes::Bytes;

use super::broken::broken;
use crate::{
    FormatError,
    input::{Input, read_error},
};

const MAGIC: &[u8] = b"PAR1";
/// Of files with an encrypted footer, which cannot be read.
const MAGIC_ENCRYPTED: &[u8] = b"PARE";

/// Largest page after decompression, and largest footer, in bytes. Writers make pages of one, at most a hundred megabytes.
const MAX_PAGE_BYTES: u64 = 128 << 20;

/// Largest temporary file for what cannot be read at any place.
const MAX_UNPACKED_BYTES: u64 = 4 << 30;

/// Whether a file that starts with `start` says that it is Parquet.
pub(super) fn begins(start: &[u8]) -> bool {
    start.starts_with(MAGIC) || start.starts_with(MAGIC_ENCRYPTED)
}

/// The file of an input: itself, or a copy where it is compressed or cannot be read at any place.
pub(super) fn file_of(mut input: Input) -> Result<File, FormatError> {
    if !begins(input.peek()?) {
        return Err(broken(&input.path, "it does not begin with PAR1"));
    }
    let Input { path, reader } = input;
    match plain_file(&path).map_err(|source| FormatError::Read { path: path.clone(), source })? {
        Some(file) => Ok(file),
        None => unpacked(&path, reader),
    }
}

fn plain_file(path: &Path) -> std::io::Result<Option<File>> {
    if !std::fs::metadata(path)?.is_file() {
        return Ok(None);
    }
    let mut file = File::open(path)?;
    let mut start = [0; MAGIC.len()];
    file.read_exact(&mut start)?;
    Ok(begins(&start).then_some(file))
}

fn unpacked(path: &Path, reader: impl Read) -> Result<File, FormatError> {
    let mut file = tempfile::tempfile().map_err(|source| FormatError::Read { path: path.to_owned(), source })?;
    let copied = std::io::copy(&mut reader.take(MAX_UNPACKED_BYTES + 1), &mut file).map_err(|source| read_error(path, source))?;
    if copied > MAX_UNPACKED_BYTES {
        return Err(broken(path, "it is larger than 4 GiB when unpacked; unpack it before, Parquet is compressed by itself"));
    }
    Ok(file)
}

/// Checks the end of a file: what a broken length promises must not be reserved.
pub(super) fn check_footer(path: &Path, file: &mut File) -> Result<(), FormatError> {
    let failed = |source| read_error(path, source);
    let size = file.seek(SeekFrom::End(0)).map_err(failed)?;
    let mut end = [0; 8];
    // The least that a file has is a mark at each end and the length between them.
    if size >= 12 {
        file.seek(SeekFrom::End(-8)).and_then(|_| file.read_exact(&mut end)).map_err(failed)?;
    }
    let [l0, l1, l2, l3, mark @ ..] = end;
    let length = u64::from(u32::from_le_bytes([l0, l1, l2, l3]));
    if !begins(&mark) {
        return Err(broken(path, "its end is missing"));
    }
    if length + 12 > size || length > MAX_PAGE_BYTES {
        return Err(broken(path, &format!("it says that its footer has {length} bytes")));
    }
    Ok(())
}

/// A file as the reader of its pages sees it.
pub(super) struct Pages(pub File);

impl Length for Pages {
    fn len(&self) -> u64 {
        self.0.len()
    }
}

impl ChunkReader for Pages {
    type T = BufReader<File>;

    /// The reader of pages asks for this to read the head of a page, and for the rest of it by [`Self::get_bytes`].
    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        let mut reader = self.0.get_read(start)?;
        let unpacked =
            unpacked_bytes(reader.fill_buf()?).ok_or_else(|| ParquetError::General(format!("no page begins at byte {start}")))?;
        if unpacked > MAX_PAGE_BYTES {
            return Err(ParquetError::General(format!("the page at byte {start} has {unpacked} bytes, and {MAX_PAGE_BYTES} are read")));
        }
        Ok(reader)
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        if length as u64 > MAX_PAGE_BYTES {
            return Err(ParquetError::General(format!("the page at byte {start} has {length} bytes, and {MAX_PAGE_BYTES} are read")));
        }
        self.0.get_bytes(start, length)
    }
}

/// Bytes of a page after decompression, by its head: the second field of a Thrift structure in the compact protocol, where a field is its
/// distance from the one before and its type (0x15: the next one, 32 bits), and a number is a varint, folded to have its sign last.
fn unpacked_bytes(head: &[u8]) -> Option<u64> {
    let (_, rest) = number(head)?;
    let (size, _) = number(rest)?;
    u64::try_from(size).ok()
}

fn number(field: &[u8]) -> Option<(i64, &[u8])> {
    const NEXT_OF_32_BITS: u8 = 0x15;
    let mut rest = field.strip_prefix(&[NEXT_OF_32_BITS])?;
    let folded = prost::encoding::decode_varint(&mut rest).ok()?;
    Some(((folded >> 1) as i64 ^ -((folded & 1) as i64), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_a_page_says_its_size() {
        // A data page (0) of 300 bytes, 20 when compressed.
        assert_eq!(unpacked_bytes(&[0x15, 0, 0x15, 0xd8, 0x04, 0x15, 40]), Some(300));
        for wrong in [&[][..], &[0x15], &[0x15, 0, 0x15], &[0x25, 0, 0x15, 2], &[0x15, 0, 0x15, 1]] {
            assert_eq!(unpacked_bytes(wrong), None, "{wrong:?}");
        }
    }
}
