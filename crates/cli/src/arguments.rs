//! Arguments that several verbs have in common.

use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use tracesmith_formats::{Format, Written, all, endings};
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

/// Parses the name of a trace format; the help lists them with what they are.
pub fn trace_format() -> impl TypedValueParser<Value = Format> {
    let value = |format: Format| PossibleValue::new(format.name()).help(format.summary());
    PossibleValuesParser::new(all().into_iter().map(value)).try_map(|name| name.parse::<Format>())
}

/// Help of an argument that gives the format of a file that is written: `what` it is, what the endings of names mean, and what holds for
/// others.
pub fn written_format_help(what: &str, otherwise: &str) -> String {
    let endings: Vec<String> = endings().into_iter().map(|(ending, format)| format!("{ending} is {format}")).collect();
    format!("{what} [default: by the ending: {}; {otherwise}]", endings.join(", "))
}

/// The formats and what each has a place for, a line each.
pub fn formats_and_capabilities() -> String {
    let formats = all();
    let width = formats.iter().map(|format| format.name().len()).max().unwrap_or(0);
    formats.iter().map(|format| format!("  {:<width$}  {}\n", format.name(), format.capabilities().in_words())).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_texts_name_every_format_and_ending() {
        let help = written_format_help("Format of the file", "any other eadro-csv");
        assert_eq!(
            help,
            "Format of the file [default: by the ending: .json is jaeger-json, .jsonl is otlp-json, .pb is otlp-protobuf, .parquet is parquet; \
             any other eadro-csv]"
        );
        let table = formats_and_capabilities();
        assert!(all().iter().all(|format| table.contains(&format!("  {format} "))), "{table}");
    }
}
