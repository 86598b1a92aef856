//! What OTLP's JSON does differently from serde: ids in hexadecimal, 64-bit numbers as text, enumerations as numbers or names, `null` for
//! what is not there.

use std::{
    fmt::{self, Display},
    marker::PhantomData,
    str::FromStr,
};

use serde::{
    Deserialize, Deserializer, Serializer,
    de::{Error as _, SeqAccess, Visitor},
};
use serde_json::Value;
use tracesmith_trace::SpanKind;

use super::{
    BadSpan, KeyValue, Span,
    meaning::{SERVICE_NAME, ids, is_wanted},
};

/// A number of an enumeration that no constant has.
const UNKNOWN: i32 = -1;

/// `null` is the default.
pub(super) fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Spans, each with its ids: a span that is nothing but braces must not take a hundred times its place in memory.
pub(super) fn spans<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Span>, D::Error> {
    kept(deserializer, |_, span| ids(span).map(|_| true))
}

/// The attributes of a resource that have a meaning here.
pub(super) fn resource_attributes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<KeyValue>, D::Error> {
    kept(deserializer, |kept, attribute: &KeyValue| Ok(kept.is_empty() && attribute.key == SERVICE_NAME))
}

/// The attributes of a span that have a meaning here, and one other.
pub(super) fn span_attributes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<KeyValue>, D::Error> {
    kept(deserializer, |kept, attribute| Ok(is_wanted(kept, attribute)))
}

/// Takes from an array the elements that `keep` holds for, beside those taken before, and from `null` none.
struct Kept<T, F> {
    keep: F,
    element: PhantomData<T>,
}

/// Reads an array with [`Kept`].
fn kept<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
    keep: impl Fn(&[T], &T) -> Result<bool, BadSpan>,
) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_any(Kept { keep, element: PhantomData })
}

impl<'de, T: Deserialize<'de>, F: Fn(&[T], &T) -> Result<bool, BadSpan>> Visitor<'de> for Kept<T, F> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_unit<E>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Vec<T>, A::Error> {
        let mut kept = Vec::new();
        while let Some(element) = array.next_element()? {
            if (self.keep)(&kept, &element).map_err(A::Error::custom)? {
                kept.push(element);
            }
        }
        Ok(kept)
    }
}

/// A span kind: its number, its name, or something unknown.
pub(super) fn kind<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
    enumeration(deserializer, |name| SpanKind::parse(name).map(|kind| kind as i32))
}

/// A status code: its number, its name, or something unknown.
pub(super) fn status_code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
    enumeration(deserializer, |name| {
        let upper = name.to_ascii_uppercase();
        ["UNSET", "OK", "ERROR"]
            .into_iter()
            .zip(0..)
            .find(|(code, _)| upper.trim_start_matches("STATUS_CODE_") == *code)
            .map(|found| found.1)
    })
}

fn enumeration<'de, D: Deserializer<'de>>(deserializer: D, of_name: impl Fn(&str) -> Option<i32>) -> Result<i32, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Null => 0,
        Value::String(name) => of_name(&name).or_else(|| name.parse().ok()).unwrap_or(UNKNOWN),
        other => other.as_i64().and_then(|number| number.try_into().ok()).unwrap_or(UNKNOWN),
    })
}

/// A whole number, as such or as text; `None` for `null`.
fn whole<'de, D: Deserializer<'de>, T: FromStr>(deserializer: D, expected: &str) -> Result<Option<T>, D::Error> {
    let text = match Value::deserialize(deserializer)? {
        Value::Null => return Ok(None),
        Value::String(text) => text,
        other => other.to_string(),
    };
    text.parse().map(Some).map_err(|_| D::Error::custom(format!("{text:?} is not {expected}")))
}

pub(super) mod integer {
    use super::*;

    pub fn serialize<S: Serializer>(number: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        Ok(whole(deserializer, "a Unix time in whole ns")?.unwrap_or_default())
    }
}

pub(super) mod optional_integer {
    use super::*;

    pub fn serialize<S: Serializer>(number: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
        match number {
            Some(number) => serializer.collect_str(number),
            None => serializer.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
        whole(deserializer, "a whole number")
    }
}

pub(super) mod hexadecimal {
    use super::*;

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let digits = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
        hex::decode(&digits).map_err(|_| D::Error::custom(format!("the id {digits:?} is not hexadecimal, as ids of OTLP JSON are")))
    }
}
