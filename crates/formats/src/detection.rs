//! Which format a file is in, by its first bytes.

use std::{borrow::Cow, fmt};

use serde::{
    Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use crate::{
    Format, FormatError, eadro_csv,
    input::Input,
    nezha_csv,
    otlp_protobuf::{Framing, framing},
    parquet_spans,
    table::shortened,
};

/// The format of a file, of which nothing is taken.
pub(crate) fn detect_in(input: &mut Input) -> Result<Format, FormatError> {
    let raw = input.peek()?;
    if parquet_spans::begins(raw) {
        return Ok(Format::Parquet);
    }
    let start = raw.strip_prefix(b"\xef\xbb\xbf").unwrap_or(raw).trim_ascii_start();
    let looks_like_json = matches!(start.first(), Some(b'{' | b'['));
    if let Some(format) = looks_like_json.then(|| json_format(start)).flatten() {
        return Ok(format);
    }
    let line = start.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line.trim_ascii_end());
    let is_header = |columns: &[&str]| line.split(',').map(|column| column.trim().trim_matches('"')).eq(columns.iter().copied());
    if is_header(&eadro_csv::COLUMNS) {
        return Ok(Format::EadroCsv);
    }
    if is_header(&nezha_csv::COLUMNS) {
        return Ok(Format::NezhaCsv);
    }
    match framing(raw) {
        Some(Framing::Single) => Ok(Format::OtlpProtobuf),
        Some(Framing::Varint | Framing::BigEndian) => Ok(Format::OtlpProtobufDelimited),
        // Broken JSON, whose reader says where.
        None if looks_like_json => Ok(Format::JaegerJson),
        None => {
            let start = shortened(&line);
            Err(FormatError::UnknownContent { path: input.path.clone(), start })
        }
    }
}

/// The JSON format that the first telling key shows; Jaeger's if there is none, as in an empty answer of its API. Nothing if it is no JSON:
/// the lengths in a protobuf message may be any byte.
fn json_format(start: &[u8]) -> Option<Format> {
    let mut found = None;
    // The start may end anywhere, and is not read to its end: what counts is what was found before the error.
    let read = FirstKey(&mut found).deserialize(&mut serde_json::Deserializer::from_slice(start));
    let is_json = read.map_or_else(|error| !error.is_syntax(), |()| true);
    found.or(is_json.then_some(Format::JaegerJson))
}

/// Looks for a key that only one format has in objects and in arrays of them.
struct FirstKey<'a>(&'a mut Option<Format>);

impl<'de> DeserializeSeed<'de> for FirstKey<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for FirstKey<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<(), A::Error> {
        while self.0.is_none() && array.next_element_seed(FirstKey(&mut *self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while let Some(key) = object.next_key::<Cow<'_, str>>()? {
            *self.0 = match &*key {
                "resourceSpans" | "resourceMetrics" | "resourceLogs" => Some(Format::OtlpJson),
                "traceId" | "id" | "parentId" | "kind" | "timestamp" | "localEndpoint" | "remoteEndpoint" => Some(Format::ZipkinJson),
                "traceID" | "spans" | "processes" | "data" => Some(Format::JaegerJson),
                _ => None,
            };
            if self.0.is_some() {
                break;
            }
            object.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_telling_key_shows_the_format_of_json() {
        let cases = [
            (r#"{"resourceSpans":[{"resource""#, Format::OtlpJson),
            (r#"[{"resourceSpans":"#, Format::OtlpJson),
            (r#"{"total":0,"limit":{"a":[1]},"data":["#, Format::JaegerJson),
            (r#"[[{"traceID":"a","spans":["#, Format::JaegerJson),
            (r#"[[{"traceId":"a","spans":["#, Format::ZipkinJson),
            (r#"[[],[{"name":"x","duration":3,"id":"a""#, Format::ZipkinJson),
            (r#"{"tags":{"data":"1"},"id":"a"}"#, Format::ZipkinJson),
            ("[]", Format::JaegerJson),
            ("{", Format::JaegerJson),
        ];
        for (start, format) in cases {
            assert_eq!(json_format(start.as_bytes()), Some(format), "{start}");
        }
    }

    #[test]
    fn a_message_whose_length_is_a_brace_is_no_json() {
        // Tag of the first field, a length of 123 bytes, and the same of the message in it.
        assert_eq!(json_format(b"{\n\x14\n\x12\n\x0cservice.name"), None);
        assert_eq!(json_format(b"[\n\x01a"), None);
    }
}
