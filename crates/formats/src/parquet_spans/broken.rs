//! The error of a file that is no whole Parquet file.

use std::path::Path;

use crate::{FormatError, table::shortened};

/// The error that a file is none, or not whole.
pub(super) fn broken(path: &Path, reason: &str) -> FormatError {
    FormatError::Parquet { path: path.to_owned(), reason: shortened(reason).replace('\n', " ") }
}
