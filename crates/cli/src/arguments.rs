//! Arguments that several verbs have in common.

use std::path::Path;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use tracesmith_formats::Format;

/// Parses one of a few names; the help lists them, and a wrong one is answered with the nearest.
pub fn one_of<T: Clone + Send + Sync + 'static>(named: impl IntoIterator<Item = (&'static str, T)>) -> impl TypedValueParser<Value = T> {
    let named: Vec<(&'static str, T)> = named.into_iter().collect();
    let names: Vec<&'static str> = named.iter().map(|(name, _)| *name).collect();
    PossibleValuesParser::new(names).try_map(move |name| {
        // The parser before lets nothing else through.
        named.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone()).ok_or("unknown name")
    })
}

/// Every trace format by name.
pub fn formats() -> [(&'static str, Format); 3] {
    Format::ALL.map(|format| (format.name(), format))
}

/// The format that the name of a file implies: Jaeger JSON for `.json` and `.json.gz`. Two formats end in `.csv`.
pub fn format_of_name(path: &Path) -> Option<Format> {
    let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
    name.strip_suffix(".gz").unwrap_or(&name).ends_with(".json").then_some(Format::JaegerJson)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_says_its_format() {
        for (name, format) in
            [("a/x.json", Some(Format::JaegerJson)), ("X.JSON.GZ", Some(Format::JaegerJson)), ("x.csv", None), ("..", None)]
        {
            assert_eq!(format_of_name(Path::new(name)), format, "{name}");
        }
    }
}
