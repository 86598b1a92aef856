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
use tracesmith_trace::{SpanKind, StatusCode};

/// A number of an enumeration that no constant has.
const UNKNOWN: i32 = -1;

/// `null` is the default.
pub(super) fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Takes from an array the elements that `keep` holds for, beside those taken before, and from `null` none.
struct Kept<T, F> {
    keep: F,
    element: PhantomData<T>,
}

/// Reads an array with [`Kept`].
pub(super) fn kept<'de, D: Deserializer<'de>, T: Deserialize<'de>, E: Display>(
    deserializer: D,
    keep: impl Fn(&[T], &T) -> Result<bool, E>,
) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_any(Kept { keep, element: PhantomData })
}

impl<'de, T: Deserialize<'de>, E: Display, F: Fn(&[T], &T) -> Result<bool, E>> Visitor<'de> for Kept<T, F> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_unit<Never>(self) -> Result<Vec<T>, Never> {
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
    enumeration(deserializer, |name| StatusCode::parse(name).map(|code| code as i32))
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
