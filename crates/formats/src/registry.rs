//! The formats that there are.

use std::{
    borrow::Cow,
    path::Path,
    str::FromStr,
    sync::{PoisonError, RwLock},
};

use serde::{Deserialize, Deserializer, de};
use thiserror::Error;

use crate::{
    eadro_csv::EadroCsv,
    format::{Format, TraceFormat},
    jaeger_json::JaegerJson,
    nezha_csv::NezhaCsv,
    otlp_json::OtlpJson,
    otlp_protobuf::{OtlpProtobuf, OtlpProtobufDelimited},
    parquet_spans::Parquet,
    zipkin_json::ZipkinJson,
};

/// The formats of this crate, a line each.
static FORMATS: [&dyn TraceFormat; 8] =
    [&EadroCsv, &NezhaCsv, &JaegerJson, &ZipkinJson, &OtlpJson, &OtlpProtobuf, &OtlpProtobufDelimited, &Parquet];

/// Formats of other programs.
static REGISTERED: RwLock<Vec<Format>> = RwLock::new(Vec::new());

/// Every format: those of this crate, then those that were registered.
pub fn all() -> Vec<Format> {
    // A list of handles is whole whoever panicked beside it.
    let registered = REGISTERED.read().unwrap_or_else(PoisonError::into_inner);
    FORMATS.iter().map(|&format| Format::of(format)).chain(registered.iter().copied()).collect()
}

/// Makes a format of another program known to this one: to detection, commands, help texts and configuration. To be called before these.
///
/// # Errors
/// [`NameTaken`] if there is a format of its name.
pub fn register(format: &'static dyn TraceFormat) -> Result<Format, NameTaken> {
    let mut registered = REGISTERED.write().unwrap_or_else(PoisonError::into_inner);
    let name = format.name();
    let known = FORMATS.iter().map(|format| format.name()).chain(registered.iter().map(|format| format.name()));
    if known.into_iter().any(|known| known == name) {
        return Err(NameTaken { name });
    }
    let format = Format::of(format);
    registered.push(format);
    Ok(format)
}

/// The name of a new format is that of another one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("there is a format {name:?} already: give the new one another name")]
pub struct NameTaken {
    /// The name.
    pub name: &'static str,
}

/// A name that no format has.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("there is no format {name:?}; the formats are {}", names(", "))]
pub struct UnknownFormat {
    /// The name.
    pub name: String,
}

/// The names of all formats with `separator` between them.
pub fn names(separator: &str) -> String {
    all().into_iter().map(Format::name).collect::<Vec<_>>().join(separator)
}

/// The format that the name of a file implies, with or without the ending of a compressed file; none if it has no ending of a format. Several
/// formats are in CSV, so that `.csv` is no such ending.
pub fn format_of_name(path: &Path) -> Option<Format> {
    let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
    let plain = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
    all().into_iter().find(|format| format.endings().iter().any(|ending| plain.ends_with(ending)))
}

/// The endings of names and the formats that they mean, each ending once.
pub fn endings() -> Vec<(&'static str, Format)> {
    let mut endings: Vec<(&'static str, Format)> = Vec::new();
    for format in all() {
        let new = |ending: &&&'static str| endings.iter().all(|(known, _)| known != *ending);
        let own: Vec<_> = format.endings().iter().filter(new).map(|&ending| (ending, format)).collect();
        endings.extend(own);
    }
    endings
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        all().into_iter().find(|format| format.name() == name).ok_or_else(|| UnknownFormat { name: name.to_owned() })
    }
}

impl<'de> Deserialize<'de> for Format {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_formats() {
        for format in all() {
            assert_eq!(format.to_string().parse(), Ok(format));
            let json = serde_json::to_string(&format).unwrap();
            assert_eq!((json.clone(), serde_json::from_str::<Format>(&json).unwrap()), (format!("\"{format}\""), format));
        }
        let unknown = "there is no format \"csv\"; the formats are eadro-csv, nezha-csv, jaeger-json, zipkin-json, otlp-json, otlp-protobuf, \
                       otlp-protobuf-delimited, parquet";
        assert_eq!("csv".parse::<Format>().unwrap_err().to_string(), unknown);
        assert!(serde_json::from_str::<Format>("\"csv\"").unwrap_err().to_string().contains(unknown));
    }

    #[test]
    fn no_two_formats_have_one_name_and_none_can_be_added() {
        let mut names: Vec<_> = all().into_iter().map(Format::name).collect();
        names.sort_unstable();
        assert!(names.is_sorted_by(|a, b| a < b));
        assert_eq!(register(&Parquet).unwrap_err().to_string(), "there is a format \"parquet\" already: give the new one another name");
    }

    #[test]
    fn json_otlp_and_parquet_have_endings() {
        for (name, format) in [
            ("a/x.json", Some(Format::JAEGER_JSON)),
            ("X.JSON.GZ", Some(Format::JAEGER_JSON)),
            ("x.jsonl.zst", Some(Format::OTLP_JSON)),
            ("x.pb", Some(Format::OTLP_PROTOBUF)),
            ("x.Parquet", Some(Format::PARQUET)),
            ("x.csv", None),
            ("..", None),
        ] {
            assert_eq!(format_of_name(Path::new(name)), format, "{name}");
        }
        let endings: Vec<_> = endings().into_iter().map(|(ending, format)| (ending, format.name())).collect();
        assert_eq!(endings, [(".json", "jaeger-json"), (".jsonl", "otlp-json"), (".pb", "otlp-protobuf"), (".parquet", "parquet")]);
    }
}
