//! Reading the spans of a file of any format.

use std::path::Path;

use crate::{
    FormatError, ReadWarnings,
    detection::detect_in,
    format::{Format, Found, Visit},
    input::Input,
};

/// How a file was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Its format.
    pub format: Format,
    /// What had to be replaced or left out.
    pub warnings: ReadWarnings,
    /// Whether start times are exact enough to give offsets within a trace: the format has a place for them, and the file has them.
    pub has_starts: bool,
}

/// Calls `visit` with every span of the file at `path`, in the order of the file, and returns its format (`format`, or the one detected) and
/// what was taken in spite of a flaw.
///
/// Tables are read record by record, Parquet a thousand rows at a time, Jaeger's and Zipkin's JSON trace by trace, OTLP message by message:
/// the file may be larger than the memory. What `visit` returns as an error ends the reading.
///
/// # Errors
/// [`FormatError`] at the first thing that is wrong; spans before it have been visited.
pub fn read_spans(path: &Path, format: Option<Format>, visit: Visit<'_>) -> Result<Reading, FormatError> {
    let mut input = Input::open(path)?;
    let format = match format {
        Some(format) => format,
        None => detect_in(&mut input)?,
    };
    let Found { warnings, lacks_starts } = format.codec().read(input, visit)?;
    Ok(Reading { format, warnings, has_starts: format.capabilities().has_starts() && !lacks_starts })
}
