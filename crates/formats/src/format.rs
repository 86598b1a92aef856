//! The formats by name, and which one a file is in.

use std::{fmt, path::Path, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use tracesmith_trace::SpanRecord;

use crate::{FormatError, eadro_csv, input::Input, jaeger_json, nezha_csv, table::shortened};

/// A wire format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// The CSV in which the paper's authors hold Eadro's traces. Carries durations as exact as they are, but starts in whole seconds only:
    /// no sibling order and no offsets.
    EadroCsv,
    /// Nezha's CSV. Carries starts in ns, but no status.
    NezhaCsv,
    /// Jaeger's JSON. Carries starts and durations in whole µs; spans have one parent.
    JaegerJson,
}

/// A name that no format has.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("there is no format {name:?}; the formats are {}", Format::ALL.map(Format::name).join(", "))]
pub struct UnknownFormat {
    /// The name.
    pub name: String,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::EadroCsv, Self::NezhaCsv, Self::JaegerJson];

    /// Name in commands and configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::EadroCsv => "eadro-csv",
            Self::NezhaCsv => "nezha-csv",
            Self::JaegerJson => "jaeger-json",
        }
    }

    /// Whether start times are exact enough to give offsets within a trace.
    pub fn carries_starts(self) -> bool {
        self != Self::EadroCsv
    }

    /// Whether the format has a place for HTTP status codes.
    pub fn carries_status(self) -> bool {
        self != Self::NezhaCsv
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        Self::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| UnknownFormat { name: name.to_owned() })
    }
}

/// The format of the file at `path`, by its content.
///
/// # Errors
/// [`FormatError`] if the file cannot be read, is empty, or is in none of the formats.
pub fn detect(path: &Path) -> Result<Format, FormatError> {
    detect_in(&mut Input::open(path)?)
}

fn detect_in(input: &mut Input) -> Result<Format, FormatError> {
    let start = input.peek()?;
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    if matches!(start.first(), Some(b'{' | b'[')) {
        return Ok(Format::JaegerJson);
    }
    let line = start.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line.trim_ascii_end());
    let is_header = |columns: &[&str]| line.split(',').map(|column| column.trim().trim_matches('"')).eq(columns.iter().copied());
    if is_header(&eadro_csv::COLUMNS) {
        Ok(Format::EadroCsv)
    } else if is_header(&nezha_csv::COLUMNS) {
        Ok(Format::NezhaCsv)
    } else {
        let start = shortened(&line);
        Err(FormatError::UnknownContent { path: input.path.clone(), start })
    }
}

/// Calls `visit` with every span of the file at `path`, in the order of the file, and returns its format (`format`, or the one detected).
///
/// Tables are read record by record, JSON trace by trace: the file may be larger than the memory. What `visit` returns as an error ends the
/// reading.
///
/// # Errors
/// [`FormatError`] at the first thing that is wrong; spans before it have been visited.
pub fn read_spans(
    path: &Path,
    format: Option<Format>,
    visit: &mut dyn FnMut(SpanRecord) -> Result<(), FormatError>,
) -> Result<Format, FormatError> {
    let mut input = Input::open(path)?;
    let format = match format {
        Some(format) => format,
        None => detect_in(&mut input)?,
    };
    match format {
        Format::EadroCsv => eadro_csv::read(input, visit)?,
        Format::NezhaCsv => nezha_csv::read(input, visit)?,
        Format::JaegerJson => jaeger_json::read(input, visit)?,
    }
    Ok(format)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_formats() {
        for format in Format::ALL {
            assert_eq!(format.to_string().parse(), Ok(format));
            assert_eq!(serde_json::to_string(&format).unwrap(), format!("\"{format}\""));
        }
        assert_eq!(
            "csv".parse::<Format>().unwrap_err().to_string(),
            "there is no format \"csv\"; the formats are eadro-csv, nezha-csv, jaeger-json"
        );
    }
}
