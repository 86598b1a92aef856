//! Arguments that several verbs have in common.

use std::{path::Path, time::Duration};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use tracesmith_formats::{Format, Written};
use tracesmith_generate::{Capabilities, GeneratorConfig, Kind, kinds};

use crate::terminal::Terminal;

/// Parses one of a few names; the help lists them, and a wrong one is answered with the nearest.
pub fn one_of<T: Clone + Send + Sync + 'static>(named: impl IntoIterator<Item = (&'static str, T)>) -> impl TypedValueParser<Value = T> {
    let named: Vec<(&'static str, T)> = named.into_iter().collect();
    let names: Vec<&'static str> = named.iter().map(|(name, _)| *name).collect();
    PossibleValuesParser::new(names).try_map(move |name| {
        // The parser before lets nothing else through.
        named.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone()).ok_or("unknown name")
    })
}

/// Every kind of generator by name, with its default settings.
pub fn generators() -> Vec<(&'static str, GeneratorConfig)> {
    kinds().into_iter().map(|kind| (kind.name, kind.default_config())).collect()
}

/// What every kind of generator is, a line each, for a help text.
pub fn generators_help() -> String {
    let width = kinds().iter().map(|kind| kind.name.len()).max().unwrap_or_default();
    kinds().iter().map(|kind| format!("\n  {:width$}  {}", kind.name, kind.summary)).collect()
}

/// "… models only", of the kinds that can do something, for a help text.
pub fn models_that(can: impl Fn(&Capabilities) -> bool) -> String {
    models_only(|kind| can(&kind.capabilities()))
}

/// "… models only", of the kinds that have a setting of sampling, for a help text.
pub fn models_with(setting: &str) -> String {
    models_only(|kind| kind.default_config().sampling().has(setting))
}

fn models_only(is_meant: impl Fn(&Kind) -> bool) -> String {
    let meant: Vec<&str> = kinds().into_iter().filter(|kind| is_meant(kind)).map(|kind| kind.name).collect();
    format!("{} models only", meant.join(", "))
}

/// Every trace format by name.
pub fn formats() -> [(&'static str, Format); Format::ALL.len()] {
    Format::ALL.map(|format| (format.name(), format))
}

/// Parses a time like `90s`, `10m` or `1h 30m`.
pub fn time(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| "it must be a time such as 500ms, 90s, 10m or 1h".to_owned())
}

/// Says what the spans had and the format has no place for.
pub fn note_lost(written: &Written, format: Format, terminal: Terminal) {
    if !written.lost.is_empty() {
        terminal.note(format_args!("note: {format} has no place for {}", written.lost.join(", ")));
    }
}

/// The format that the name of a file implies, with or without the ending of a compressed file: `.json` is Jaeger's, and OTLP's are
/// `.jsonl`, which OpenTelemetry prefers, and `.pb`; `.parquet` is Parquet. Two formats end in `.csv`.
pub fn format_of_name(path: &Path) -> Option<Format> {
    let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
    let plain = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
    let by_ending =
        [(".json", Format::JaegerJson), (".jsonl", Format::OtlpJson), (".pb", Format::OtlpProtobuf), (".parquet", Format::Parquet)];
    by_ending.into_iter().find(|(ending, _)| plain.ends_with(ending)).map(|(_, format)| format)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_otlp_say_their_format() {
        for (name, format) in [
            ("a/x.json", Some(Format::JaegerJson)),
            ("X.JSON.GZ", Some(Format::JaegerJson)),
            ("x.jsonl.zst", Some(Format::OtlpJson)),
            ("x.pb", Some(Format::OtlpProtobuf)),
            ("x.Parquet", Some(Format::Parquet)),
            ("x.csv", None),
            ("..", None),
        ] {
            assert_eq!(format_of_name(Path::new(name)), format, "{name}");
        }
    }
}
