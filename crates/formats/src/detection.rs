//! Which format a file is in, by its first bytes.

use std::path::Path;

use crate::{
    FormatError,
    file_start::{Certainty, FileStart},
    format::Format,
    input::Input,
    registry::all,
    table::shortened,
};

/// The format of the file at `path`, by its content.
///
/// # Errors
/// [`FormatError`] if the file cannot be read, is empty, or is in none of the formats.
pub fn detect(path: &Path) -> Result<Format, FormatError> {
    detect_in(&mut Input::open(path)?)
}

/// The format of a file, of which nothing is taken.
pub(crate) fn detect_in(input: &mut Input) -> Result<Format, FormatError> {
    let path = input.path.clone();
    let start = FileStart::new(input.peek()?);
    format_of(start).ok_or_else(|| FormatError::UnknownContent { path, start: shortened(&start.first_line()), beginnings: beginnings() })
}

/// The format that the first telling key of JSON shows, else the one that is most sure of the start; of several the first.
fn format_of(start: FileStart<'_>) -> Option<Format> {
    let formats = all();
    let has_key = |key: &str| formats.iter().copied().find(|format| format.codec().json_keys().contains(&key));
    if let Some(format) = start.first_key(has_key) {
        return Some(format);
    }
    let certainties = formats.into_iter().map(|format| (format.codec().recognises(start), format));
    let surest = certainties.reduce(|best, other| if other.0 > best.0 { other } else { best });
    surest.filter(|(certainty, _)| *certainty > Certainty::Not).map(|(_, format)| format)
}

/// How files of the formats begin, each way once.
fn beginnings() -> String {
    let mut beginnings: Vec<String> = all().into_iter().map(|format| format.codec().beginning()).collect();
    let mut seen = std::collections::HashSet::new();
    beginnings.retain(|beginning| seen.insert(beginning.clone()));
    beginnings.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_telling_key_shows_the_format_of_json() {
        let cases = [
            (r#"{"resourceSpans":[{"resource""#, Format::OTLP_JSON),
            (r#"[{"resourceSpans":"#, Format::OTLP_JSON),
            (r#"{"total":0,"limit":{"a":[1]},"data":["#, Format::JAEGER_JSON),
            (r#"[[{"traceID":"a","spans":["#, Format::JAEGER_JSON),
            (r#"[[{"traceId":"a","spans":["#, Format::ZIPKIN_JSON),
            (r#"[[],[{"name":"x","duration":3,"id":"a""#, Format::ZIPKIN_JSON),
            (r#"{"tags":{"data":"1"},"id":"a"}"#, Format::ZIPKIN_JSON),
            ("[]", Format::JAEGER_JSON),
            ("{", Format::JAEGER_JSON),
            // Broken JSON, whose reader says where.
            ("{traceID: 1}", Format::JAEGER_JSON),
        ];
        for (start, format) in cases {
            assert_eq!(format_of(FileStart::new(start.as_bytes())), Some(format), "{start}");
        }
    }

    #[test]
    fn prose_is_of_no_format_and_the_error_says_how_files_begin() {
        assert_eq!(format_of(FileStart::new(b"once upon a time")), None);
        let beginnings = beginnings();
        for format in all() {
            assert!(beginnings.contains(&format.codec().beginning()), "{beginnings}");
        }
        assert_eq!(beginnings.matches("JSON (").count(), 1);
    }
}
