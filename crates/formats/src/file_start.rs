//! The beginning of a file, by which its format is told.

use std::{borrow::Cow, fmt};

use serde::{
    Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

/// The first bytes of a file after decompression, up to 64 KiB.
#[derive(Debug, Clone, Copy)]
pub struct FileStart<'a>(&'a [u8]);

/// How sure it is that a file is of a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// It is not.
    Not,
    /// It may be a broken one, whose reader says what is wrong.
    Possible,
    /// It has what files of the format begin with, and others may have.
    Likely,
    /// It begins as no other file does.
    Sure,
}

impl<'a> FileStart<'a> {
    /// The start of a file of which these are the first bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The bytes as they are.
    pub fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// The text without a byte order mark and white space before it.
    fn text(self) -> &'a [u8] {
        self.0.strip_prefix(b"\xef\xbb\xbf").unwrap_or(self.0).trim_ascii_start()
    }

    /// The first line that is not empty, without white space around it.
    pub fn first_line(self) -> Cow<'a, str> {
        let line = self.text().split(|&byte| byte == b'\n').next().unwrap_or_default();
        String::from_utf8_lossy(line.trim_ascii_end())
    }

    /// Whether the first line is the header of a CSV table with these columns and no others.
    pub fn has_columns(self, columns: &[&str]) -> bool {
        self.first_line().split(',').map(|column| column.trim().trim_matches('"')).eq(columns.iter().copied())
    }

    /// Whether the text begins as an object or an array of JSON does.
    pub fn looks_like_json(self) -> bool {
        matches!(self.text().first(), Some(b'{' | b'['))
    }

    /// Whether the text is JSON as far as it goes. The lengths in a protobuf message may look like a brace.
    pub fn is_json(self) -> bool {
        self.looks_like_json() && self.read_json(|_| None::<()>).1
    }

    /// What `tell` says of the first key of the JSON that it says anything of. Objects and arrays of them are looked into, values of keys
    /// are not.
    pub fn first_key<T>(self, tell: impl FnMut(&str) -> Option<T>) -> Option<T> {
        if self.looks_like_json() { self.read_json(tell).0 } else { None }
    }

    /// What [`FileStart::first_key`] finds, and whether no error of syntax came before it.
    fn read_json<T>(self, mut tell: impl FnMut(&str) -> Option<T>) -> (Option<T>, bool) {
        let mut found = None;
        // The start may end anywhere, and is not read to its end: what counts is what was found before the error.
        let walk = FirstKey { tell: &mut tell, found: &mut found };
        let read = walk.deserialize(&mut serde_json::Deserializer::from_slice(self.text()));
        (found, read.map_or_else(|error| !error.is_syntax(), |()| true))
    }
}

/// Looks for a key that tells something in objects and in arrays of them.
struct FirstKey<'a, T, F> {
    tell: &'a mut F,
    found: &'a mut Option<T>,
}

impl<T, F> FirstKey<'_, T, F> {
    fn again(&mut self) -> FirstKey<'_, T, F> {
        FirstKey { tell: self.tell, found: self.found }
    }
}

impl<'de, T, F: FnMut(&str) -> Option<T>> DeserializeSeed<'de> for FirstKey<'_, T, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T, F: FnMut(&str) -> Option<T>> Visitor<'de> for FirstKey<'_, T, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut array: A) -> Result<(), A::Error> {
        while self.found.is_none() && array.next_element_seed(self.again())?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while let Some(key) = object.next_key::<Cow<'_, str>>()? {
            *self.found = (self.tell)(&key);
            if self.found.is_some() {
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
    fn a_message_whose_length_is_a_brace_is_no_json() {
        // Tag of the first field, a length of 123 bytes, and the same of the message in it.
        assert!(!FileStart::new(b"{\n\x14\n\x12\n\x0cservice.name").is_json());
        assert!(!FileStart::new(b"[\n\x01a").is_json());
        assert!(FileStart::new(b"{").is_json() && FileStart::new(b" [{\"a\":").is_json());
        assert!(!FileStart::new(b"1").is_json());
    }

    #[test]
    fn the_first_key_is_found_in_objects_and_arrays_but_not_in_values() {
        let first = |text: &str| FileStart::new(text.as_bytes()).first_key(|key| (key.len() == 1).then(|| key.to_owned()));
        assert_eq!(first(r#"[[],[{"long":{"a":1},"b":"#).as_deref(), Some("b"));
        assert_eq!(first(r#"{"long":1}"#), None);
        assert_eq!(first("a,b"), None);
    }

    #[test]
    fn a_header_is_told_by_its_columns() {
        let start = FileStart::new(b"\xef\xbb\xbf\n\"a\", b\r\n1,2");
        assert!(start.has_columns(&["a", "b"]));
        assert!(!start.has_columns(&["a"]) && !start.has_columns(&["a", "b", "c"]));
    }
}
