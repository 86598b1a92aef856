//! What a fetch tells its observer.

use std::time::Duration;

/// What is going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchEvent<'a> {
    /// More of a file came.
    Received {
        /// Name of the file.
        file: &'a str,
        /// Bytes that are here.
        bytes: u64,
        /// Bytes of the whole, if the server says.
        of: Option<u64>,
    },
    /// A download broke off and will be taken up again.
    Retry {
        /// Why it broke off.
        reason: &'a str,
        /// How long is waited.
        wait: Duration,
    },
    /// More files of an archive are unpacked.
    Unpacked {
        /// Name of the archive.
        file: &'a str,
        /// Files so far.
        files: u64,
    },
    /// Links, devices and the like in an archive are left out.
    Skipped {
        /// Name of the archive.
        file: &'a str,
        /// How many.
        entries: u64,
    },
    /// The files are read to check that they can be.
    Reading,
}
