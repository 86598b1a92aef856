//! The formats by name, and which one a file is in.

use std::{fmt, path::Path, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use tracesmith_trace::SpanRecord;

use crate::{
    FormatError, Reading, Tolerated, detection::detect_in, eadro_csv, input::Input, jaeger_json, nezha_csv, otlp_json, otlp_protobuf,
    parquet_spans, zipkin_json,
};

/// A wire format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// The CSV in which the paper's authors hold Eadro's traces. Carries durations as exact as they are, but starts in whole seconds only:
    /// no sibling order and no offsets; and neither span kind nor attributes.
    EadroCsv,
    /// Nezha's CSV. Carries starts in ns, but neither status nor span kind nor attributes.
    NezhaCsv,
    /// Jaeger's JSON. Carries starts and durations in whole µs; spans have one parent.
    JaegerJson,
    /// Zipkin's JSON, version 2. Carries starts and durations in whole µs; ids are hexadecimal.
    ZipkinJson,
    /// OTLP in JSON, an `ExportTraceServiceRequest` a line. Carries starts and durations in whole ns; ids are hexadecimal.
    OtlpJson,
    /// OTLP in protobuf: a file that is one `ExportTraceServiceRequest`. Carries what [`Format::OtlpJson`] does.
    OtlpProtobuf,
    /// OTLP in protobuf: a stream of `ExportTraceServiceRequest` messages with their lengths. Carries what [`Format::OtlpJson`] does.
    OtlpProtobufDelimited,
    /// Parquet, a row a span. Carries all that a span has; for the columns see `parquet_spans`.
    Parquet,
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
    pub const ALL: [Self; 8] = [
        Self::EadroCsv,
        Self::NezhaCsv,
        Self::JaegerJson,
        Self::ZipkinJson,
        Self::OtlpJson,
        Self::OtlpProtobuf,
        Self::OtlpProtobufDelimited,
        Self::Parquet,
    ];

    /// Name in commands and configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::EadroCsv => "eadro-csv",
            Self::NezhaCsv => "nezha-csv",
            Self::JaegerJson => "jaeger-json",
            Self::ZipkinJson => "zipkin-json",
            Self::OtlpJson => "otlp-json",
            Self::OtlpProtobuf => "otlp-protobuf",
            Self::OtlpProtobufDelimited => "otlp-protobuf-delimited",
            Self::Parquet => "parquet",
        }
    }

    /// Whether start times are exact enough to give offsets within a trace.
    pub fn carries_starts(self) -> bool {
        self != Self::EadroCsv
    }

    /// Whether fractions of a µs survive.
    pub fn carries_fractions(self) -> bool {
        !matches!(self, Self::JaegerJson | Self::ZipkinJson)
    }

    /// Whether the format has a place for span kinds.
    pub fn carries_kind(self) -> bool {
        !matches!(self, Self::EadroCsv | Self::NezhaCsv)
    }

    /// Whether the format has a place for labels.
    pub fn carries_labels(self) -> bool {
        self == Self::Parquet
    }

    /// Whether the format has a place for attributes.
    pub fn carries_attributes(self) -> bool {
        self.carries_kind()
    }

    /// Whether any text may be an id.
    pub fn carries_any_id(self) -> bool {
        matches!(self, Self::EadroCsv | Self::NezhaCsv | Self::JaegerJson | Self::Parquet)
    }

    /// Whether the format has a place for HTTP statuses, and for status codes where there is no HTTP status.
    pub fn carries_status(self) -> bool {
        self != Self::NezhaCsv
    }

    /// Whether the format has a place for status codes beside HTTP statuses.
    pub fn carries_both_statuses(self) -> bool {
        !matches!(self, Self::EadroCsv | Self::NezhaCsv)
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

/// Calls `visit` with every span of the file at `path`, in the order of the file, and returns its format (`format`, or the one detected) and
/// what was taken in spite of a flaw.
///
/// Tables are read record by record, Parquet a thousand rows at a time, Jaeger's and Zipkin's JSON trace by trace, OTLP message by message:
/// the file may be larger than the memory. What `visit` returns as an error ends the reading.
///
/// # Errors
/// [`FormatError`] at the first thing that is wrong; spans before it have been visited.
pub fn read_spans(
    path: &Path,
    format: Option<Format>,
    visit: &mut dyn FnMut(SpanRecord) -> Result<(), FormatError>,
) -> Result<Reading, FormatError> {
    let mut input = Input::open(path)?;
    let format = match format {
        Some(format) => format,
        None => detect_in(&mut input)?,
    };
    let mut has_starts = format.carries_starts();
    let tolerated = match format {
        Format::EadroCsv => eadro_csv::read(input, visit).map(|()| Tolerated::default()),
        Format::NezhaCsv => nezha_csv::read(input, visit).map(|()| Tolerated::default()),
        Format::Parquet => parquet_spans::read(input, visit).map(|(tolerated, found)| {
            has_starts = found;
            tolerated
        }),
        Format::JaegerJson => jaeger_json::read(input, visit),
        Format::ZipkinJson => zipkin_json::read(input, visit),
        Format::OtlpJson => otlp_json::read(input, visit),
        Format::OtlpProtobuf => otlp_protobuf::read_single(input, visit),
        Format::OtlpProtobufDelimited => otlp_protobuf::read_delimited(input, visit),
    }?;
    Ok(Reading { format, tolerated, has_starts })
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
            "there is no format \"csv\"; the formats are eadro-csv, nezha-csv, jaeger-json, zipkin-json, otlp-json, otlp-protobuf, \
             otlp-protobuf-delimited, parquet"
        );
    }
}
