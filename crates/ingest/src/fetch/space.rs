//! Room on the disk.

use std::path::Path;

use super::FetchError;

/// Bytes that are left free for others.
const RESERVE: u64 = 64 << 20;

/// How many bytes are written between two looks at the disk.
const BETWEEN_LOOKS: u64 = 64 << 20;

/// Checks that `needed` bytes fit into the file system of `folder`, and a reserve for others.
pub(super) fn require(folder: &Path, needed: u64) -> Result<(), FetchError> {
    let available = fs4::available_space(folder).map_err(FetchError::io(folder))?;
    let needed = needed.saturating_add(RESERVE);
    if available < needed { Err(FetchError::Space { folder: folder.to_owned(), needed, available }) } else { Ok(()) }
}

/// [`require`] for what comes without a size, every now and then.
pub(super) struct Watch<'a> {
    folder: &'a Path,
    since: u64,
}

impl<'a> Watch<'a> {
    pub(super) fn new(folder: &'a Path) -> Self {
        Self { folder, since: 0 }
    }

    pub(super) fn written(&mut self, bytes: u64) -> Result<(), FetchError> {
        self.since += bytes;
        if self.since < BETWEEN_LOOKS {
            return Ok(());
        }
        self.since = 0;
        require(self.folder, 0)
    }
}
