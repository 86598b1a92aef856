//! What a downloaded file is, by its content.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use flate2::read::MultiGzDecoder;

/// Place and text of the mark in the first header of a tar (POSIX.1-1988 and GNU).
const TAR_MARK: (usize, &[u8]) = (257, b"ustar");

/// Size of a header of a tar.
const TAR_HEADER: usize = 512;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Zip,
    Tar,
    TarGz,
    TarXz,
    WebPage,
    Other,
}

impl Kind {
    /// Kind of the file; a gzip file without a tar's mark is a tar only if its `name` says so, for it may be cut off.
    pub(super) fn of(path: &Path, name: &str) -> io::Result<Self> {
        let head = head(File::open(path)?)?;
        let is_html = |text: &str| text.starts_with("<!doctype html") || text.starts_with("<html");
        Ok(match head.as_slice() {
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Self::Zip,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::TarXz,
            [0x1f, 0x8b, ..] if is_named_tar(name) || has_tar_mark(&head_of_gzip(path)) => Self::TarGz,
            head if has_tar_mark(head) => Self::Tar,
            head if is_html(&String::from_utf8_lossy(head).trim_start().to_ascii_lowercase()) => Self::WebPage,
            _ if name.to_ascii_lowercase().ends_with(".zip") => Self::Zip,
            _ => Self::Other,
        })
    }
}

fn is_named_tar(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with(".tar.gz") || name.ends_with(".tgz")
}

fn head(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(TAR_HEADER);
    reader.take(TAR_HEADER as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// First bytes of the content; none if it cannot be decoded, which is said when it is read.
fn head_of_gzip(path: &Path) -> Vec<u8> {
    File::open(path).and_then(|file| head(MultiGzDecoder::new(file))).unwrap_or_default()
}

fn has_tar_mark(head: &[u8]) -> bool {
    head.get(TAR_MARK.0..).is_some_and(|rest| rest.starts_with(TAR_MARK.1))
}
