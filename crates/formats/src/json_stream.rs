//! Reading JSON object by object, however a file holds them: one after the other, in arrays, or in arrays of arrays.

use std::{fmt, io, path::Path};

use serde::{
    Deserializer,
    de::{DeserializeSeed, MapAccess, SeqAccess, Visitor},
};
use tracesmith_trace::SpanRecord;

use crate::{
    FormatError, ReadWarnings,
    input::{Budget, Input, RecordLimit, json_error},
};

/// Where the spans of a JSON file go.
pub(crate) struct Sink<'a> {
    visit: &'a mut dyn FnMut(SpanRecord) -> Result<(), FormatError>,
    /// Bytes that may still be read before [`Budget::begin_record`].
    pub budget: Budget,
    /// What was read in spite of a flaw.
    pub warnings: ReadWarnings,
    /// Why the caller ended the reading, which serde's error cannot carry.
    refusal: Option<FormatError>,
}

impl<'a> Sink<'a> {
    pub fn new(visit: &'a mut dyn FnMut(SpanRecord) -> Result<(), FormatError>, budget: Budget) -> Self {
        Self { visit, budget, warnings: ReadWarnings::default(), refusal: None }
    }

    /// Hands a span to the caller.
    pub fn send(&mut self, record: SpanRecord) -> Result<(), FormatError> {
        (self.visit)(record)
    }

    /// The kept error of the caller.
    pub fn refusal(&mut self) -> Option<FormatError> {
        self.refusal.take()
    }

    /// Keeps the caller's error, and gives one that ends serde's work.
    pub fn refuse<E: serde::de::Error>(&mut self, refusal: FormatError) -> E {
        self.refusal = Some(refusal);
        E::custom("refused")
    }
}

/// Takes the objects of a file one by one.
pub(crate) trait TakeObject {
    /// What a file should hold, for errors.
    const EXPECTED: &'static str;

    /// Takes one object.
    fn take<'de, A: MapAccess<'de>>(&mut self, object: A) -> Result<(), A::Error>;

    /// Bytes that the object may have.
    fn budget(&self) -> &Budget;

    /// The error with which the caller ended the reading.
    fn refusal(&mut self) -> Option<FormatError>;
}

/// Gives every object of a file to `taker`.
pub(crate) fn read_objects<T: TakeObject>(mut input: Input, taker: &mut T) -> Result<(), FormatError> {
    input.skip_byte_order_mark()?;
    let Input { path, reader } = input;
    let limited = io::BufReader::with_capacity(1 << 16, RecordLimit::new(reader, taker.budget().clone()));
    let mut stream = serde_json::Deserializer::from_reader(limited);
    loop {
        if let Err(error) = Objects(&mut *taker).deserialize(&mut stream) {
            return Err(taker.refusal().unwrap_or_else(|| json_error(&path, error)));
        }
        if at_end(&mut stream, &path)? {
            return Ok(());
        }
    }
}

/// Whether nothing but white space is left; what is left stays.
fn at_end<R: io::Read>(stream: &mut serde_json::Deserializer<serde_json::de::IoRead<R>>, path: &Path) -> Result<bool, FormatError> {
    match stream.end() {
        Ok(()) => Ok(true),
        Err(error) if error.is_io() => Err(json_error(path, error)),
        Err(_) => Ok(false),
    }
}

/// Gives a value to a taker: an object itself, of an array every element, and `null` not at all.
pub(crate) struct Objects<'t, T>(pub &'t mut T);

impl<'de, T: TakeObject> DeserializeSeed<'de> for Objects<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: TakeObject> Visitor<'de> for Objects<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    /// APIs answer `null` when they have nothing.
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<(), A::Error> {
        while array.next_element_seed(Objects(&mut *self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<(), A::Error> {
        self.0.budget().begin_record();
        self.0.take(object)
    }
}
