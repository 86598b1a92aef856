//! How a span ended: what its source says of success, and the HTTP status of its answer.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// OTLP's status code: whether the source says that a span succeeded or failed.
///
/// `as u8` gives OTLP's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum StatusCode {
    /// The source says nothing.
    #[default]
    Unset = 0,
    /// The span succeeded.
    Ok = 1,
    /// The span failed.
    Error = 2,
}

impl StatusCode {
    /// Every code, in the order of OTLP's numbers.
    pub const ALL: [Self; 3] = [Self::Unset, Self::Ok, Self::Error];

    /// Name in lower case: `unset`, `ok` or `error`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unset => "unset",
            Self::Ok => "ok",
            Self::Error => "error",
        }
    }

    /// The code of a name in any case, with or without OTLP's prefix `STATUS_CODE_`.
    pub fn parse(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_lowercase();
        let name = name.strip_prefix("status_code_").unwrap_or(&name);
        Self::ALL.into_iter().find(|code| code.name() == name)
    }

    /// The code of one of OTLP's numbers.
    pub fn from_number(number: i64) -> Option<Self> {
        usize::try_from(number).ok().and_then(|number| Self::ALL.get(number).copied())
    }
}

/// How a span ended: its status code and its HTTP status, of which a source may say one, both or neither.
///
/// The order is that of the HTTP statuses, spans without one first, and then that of the codes.
///
/// As JSON it is one number where one of the two is known (an HTTP status, or OTLP's number of the code, which is smaller than every HTTP
/// status; 0 where nothing is known), and else a text of both such as `"200 error"`. Files of versions that kept one number still read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Status {
    /// HTTP status of the answer.
    pub http: Option<u16>,
    /// What the source says of success.
    pub code: StatusCode,
}

/// Smallest number that is an HTTP status.
const SMALLEST_HTTP: u16 = 100;

/// Smallest HTTP status by which the server failed.
const SMALLEST_SERVER_ERROR: u16 = 500;

impl Status {
    /// Nothing is known.
    pub const UNSET: Self = Self { http: None, code: StatusCode::Unset };
    /// The source says that the span succeeded, and gives no HTTP status.
    pub const OK: Self = Self { http: None, code: StatusCode::Ok };
    /// The source says that the span failed, and gives no HTTP status.
    pub const ERROR: Self = Self { http: None, code: StatusCode::Error };

    /// An HTTP status of a source that has no status code.
    pub const fn of_http(http: u16) -> Self {
        Self { http: Some(http), code: StatusCode::Unset }
    }

    /// The status that one number stands for: 0 for nothing, OTLP's 1 (ok) and 2 (error), or an HTTP status.
    pub fn from_number(number: u16) -> Self {
        match StatusCode::from_number(number.into()) {
            Some(code) => Self { http: None, code },
            None => Self::of_http(number),
        }
    }

    /// The number of [`Status::from_number`] that says most: the HTTP status where there is one, else the code's.
    pub fn number(self) -> u16 {
        self.http.unwrap_or(self.code as u16)
    }

    /// Whether the span failed: its code is `error`, or its HTTP status one of the server's errors (500 and above).
    pub fn is_error(self) -> bool {
        self.code == StatusCode::Error || self.http.is_some_and(|http| http >= SMALLEST_SERVER_ERROR)
    }

    /// Whether the source says anything.
    pub fn is_known(self) -> bool {
        self != Self::UNSET
    }

    /// Whether [`Status::number`] says all.
    fn is_one_number(self) -> bool {
        self.http.is_none_or(|http| self.code == StatusCode::Unset && http >= SMALLEST_HTTP)
    }
}

/// `404`, `error`, `200 error`, or `none` where nothing is known.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.http, self.code) {
            (None, StatusCode::Unset) => f.pad("none"),
            (None, code) => f.pad(code.name()),
            (Some(http), StatusCode::Unset) => f.pad(&http.to_string()),
            (Some(http), code) => f.pad(&format!("{http} {}", code.name())),
        }
    }
}

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_one_number() {
            return serializer.serialize_u16(self.number());
        }
        serializer.collect_str(&format_args!("{} {}", self.number(), self.code.name()))
    }
}

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberOrText)
    }
}

struct NumberOrText;

impl de::Visitor<'_> for NumberOrText {
    type Value = Status;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a status such as 404 or \"200 error\"")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Status, E> {
        u16::try_from(number).map(Status::from_number).map_err(|_| E::invalid_value(de::Unexpected::Unsigned(number), &self))
    }

    /// The text of both parts, or a number that is the key of a map.
    fn visit_str<E: de::Error>(self, text: &str) -> Result<Status, E> {
        let invalid = || E::invalid_value(de::Unexpected::Str(text), &self);
        match text.split_once(' ') {
            Some((http, code)) => {
                Ok(Status { http: Some(u16::from_str(http).map_err(|_| invalid())?), code: StatusCode::parse(code).ok_or_else(invalid)? })
            }
            None => text.parse().map(Status::from_number).map_err(|_| invalid()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const SUCCESS_THAT_FAILED: Status = Status { http: Some(200), code: StatusCode::Error };

    #[test]
    fn an_error_behind_an_http_success_is_an_error() {
        assert!(SUCCESS_THAT_FAILED.is_error());
        assert_eq!(
            [0, 1, 2, 200, 404, 499, 500, 503].map(|number| Status::from_number(number).is_error()),
            [false, false, true, false, false, false, true, true]
        );
    }

    #[test]
    fn what_was_one_number_keeps_its_order_and_its_json() {
        let numbers = [0, 1, 2, 200, 404, 503];
        let statuses = numbers.map(Status::from_number);
        assert!(statuses.is_sorted());
        assert_eq!(statuses.map(Status::number), numbers);
        assert_eq!(serde_json::to_string(&statuses).unwrap(), "[0,1,2,200,404,503]");
        assert_eq!(serde_json::from_str::<Vec<Status>>("[0,1,2,200,404,503]").unwrap(), statuses);
    }

    #[test]
    fn json_keeps_both_parts_as_a_value_and_as_a_key() {
        for http in [None, Some(1), Some(2), Some(99), Some(100), Some(200), Some(599)] {
            for code in StatusCode::ALL {
                let map = BTreeMap::from([(Status { http, code }, Status { http, code })]);
                let text = serde_json::to_string(&map).unwrap();
                assert_eq!(serde_json::from_str::<BTreeMap<Status, Status>>(&text).unwrap(), map, "{text}");
            }
        }
        assert_eq!(serde_json::to_string(&SUCCESS_THAT_FAILED).unwrap(), "\"200 error\"");
        for wrong in ["-1", "70000", "\"200\\terror\"", "\"200 fine\"", "null"] {
            let error = serde_json::from_str::<Status>(wrong).unwrap_err().to_string();
            assert!(error.contains("a status such as 404 or \"200 error\""), "{error}");
        }
    }

    #[test]
    fn names_are_read_in_any_case_and_with_the_prefix_of_otlp() {
        for code in StatusCode::ALL {
            assert_eq!(StatusCode::parse(code.name()), Some(code));
            assert_eq!(StatusCode::from_number(code as i64), Some(code));
        }
        assert_eq!(["STATUS_CODE_ERROR", " Ok", "failed"].map(StatusCode::parse), [Some(StatusCode::Error), Some(StatusCode::Ok), None]);
        assert_eq!(
            [SUCCESS_THAT_FAILED, Status::UNSET, Status::of_http(404)].map(|status| status.to_string()),
            ["200 error", "none", "404"]
        );
    }
}
