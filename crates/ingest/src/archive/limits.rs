//! How much is unpacked at most.

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
