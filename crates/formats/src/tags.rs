//! What the tags of a span say, as OpenTelemetry's semantic conventions and its mappings to Jaeger and Zipkin have them: kind, status, and the
//! attributes that are kept (see [`tracesmith_trace::ATTRIBUTE_KEYS`]).

use std::borrow::Cow;

use serde_json::Value;
use tracesmith_trace::{AttributeRefused, Attributes, STATUS_ERROR, STATUS_OK, SpanKind};

use crate::Tolerated;

/// HTTP status of a span; OpenTelemetry before 2023.
pub(crate) const HTTP_STATUS: &str = "http.status_code";
/// HTTP status of a span; OpenTelemetry since 2023.
pub(crate) const HTTP_RESPONSE_STATUS: &str = "http.response.status_code";
/// OTLP's status code in formats without a field for it: `OK` or `ERROR`.
pub(crate) const OTEL_STATUS: &str = "otel.status_code";
/// Whether the span failed; any value but `false` says yes.
pub(crate) const ERROR: &str = "error";
/// Kind of a span in formats without a field for it.
pub(crate) const KIND: &str = "span.kind";

/// The attribute whose value is a number by the conventions.
const NUMERIC: &str = "rpc.grpc.status_code";

/// Whether a tag says something about kind or status, or is an attribute that is kept.
pub(crate) fn has_meaning(key: &str) -> bool {
    matches!(key, HTTP_STATUS | HTTP_RESPONSE_STATUS | OTEL_STATUS | ERROR | KIND) || Attributes::keeps(key)
}

/// The number that the value of an attribute is written as, if it is one by the conventions.
pub(crate) fn as_number(key: &str, value: &str) -> Option<i64> {
    // What does not come back as the same text is no number.
    value.parse().ok().filter(|number: &i64| key == NUMERIC && number.to_string() == value)
}

/// The text of a tag in JSON. SDKs write values as text, as numbers, or as truth values; anything else is none.
pub(crate) fn text_of(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => text.into(),
        Value::Number(_) | Value::Bool(_) => value.to_string().into(),
        Value::Null | Value::Array(_) | Value::Object(_) => "".into(),
    }
}

/// Collects what the tags of one span say.
#[derive(Default)]
pub(crate) struct TagSigns {
    http: Option<u16>,
    /// [`STATUS_OK`], [`STATUS_ERROR`], or 0.
    code: u16,
    kind: SpanKind,
    attributes: Attributes,
    unknown_kind: bool,
    unknown_status: bool,
    has_other: bool,
    has_unusable: bool,
}

/// What tags said.
pub(crate) struct Meaning {
    pub kind: SpanKind,
    pub status: u16,
    pub attributes: Attributes,
}

impl TagSigns {
    /// Looks at a tag; `value` is asked for only if the key has a meaning.
    pub fn see<'v>(&mut self, key: &str, value: impl FnOnce() -> Cow<'v, str>) {
        match key {
            HTTP_STATUS | HTTP_RESPONSE_STATUS => match value().trim().parse() {
                Ok(status) => self.http = self.http.or(Some(status)),
                Err(_) => self.unknown_status = true,
            },
            OTEL_STATUS => match value().to_ascii_uppercase().as_str() {
                "OK" => self.code = self.code.max(STATUS_OK),
                "ERROR" => self.code = STATUS_ERROR,
                "UNSET" => {}
                _ => self.unknown_status = true,
            },
            ERROR => {
                let failed = !value().eq_ignore_ascii_case("false");
                self.code = self.code.max(if failed { STATUS_ERROR } else { 0 });
            }
            KIND => match SpanKind::parse(&value()) {
                Some(kind) => self.kind = kind,
                None => self.unknown_kind = true,
            },
            _ if Attributes::keeps(key) => self.see_attribute(key, &value()),
            _ => self.has_other = true,
        }
    }

    fn see_attribute(&mut self, key: &str, value: &str) {
        match self.attributes.insert(key, value) {
            Ok(()) => {}
            Err(AttributeRefused::Key) => self.has_other = true,
            Err(AttributeRefused::Value) => self.has_unusable = true,
        }
    }

    /// Takes OTLP's status code: 0 unset, 1 OK, 2 error.
    pub fn see_code(&mut self, code: i32) {
        match u16::try_from(code) {
            Ok(code) if code <= STATUS_ERROR => self.code = self.code.max(code),
            _ => self.unknown_status = true,
        }
    }

    /// Takes the kind that a field gives, or that it is none.
    pub fn see_kind(&mut self, kind: Option<SpanKind>) {
        match kind {
            Some(kind) => self.kind = kind,
            None => self.unknown_kind = true,
        }
    }

    /// What the tags said; the status is the HTTP status if there is one, else whether the span failed. What is unknown or not kept is counted.
    pub fn conclude(self, tolerated: &mut Tolerated) -> Meaning {
        tolerated.unknown_kinds += usize::from(self.unknown_kind);
        tolerated.unknown_statuses += usize::from(self.unknown_status);
        tolerated.other_attributes += usize::from(self.has_other);
        tolerated.unusable_attributes += usize::from(self.has_unusable);
        let status = self.http.filter(|&status| status != 0).unwrap_or(self.code);
        Meaning { kind: self.kind, status, attributes: self.attributes }
    }
}

/// A status as OTLP divides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SplitStatus {
    /// HTTP status, where the status is one.
    pub http: Option<u16>,
    /// [`STATUS_OK`], [`STATUS_ERROR`], or 0.
    pub code: u16,
}

impl SplitStatus {
    /// The HTTP status, and with it an error where OpenTelemetry's conventions want one: from 500 on, for a client from 400 on.
    pub fn of(status: u16, kind: SpanKind) -> Self {
        match status {
            0 | STATUS_OK | STATUS_ERROR => Self { http: None, code: status },
            status => {
                let failed = status >= if kind == SpanKind::Client { 400 } else { 500 };
                Self { http: Some(status), code: if failed { STATUS_ERROR } else { 0 } }
            }
        }
    }

    /// The value of the tag [`OTEL_STATUS`], where the HTTP status does not say all.
    pub fn otel_tag(self) -> Option<&'static str> {
        match (self.http, self.code) {
            (None, STATUS_OK) => Some("OK"),
            (None, STATUS_ERROR) => Some("ERROR"),
            _ => None,
        }
    }

    /// Whether the tag [`ERROR`] belongs to the span.
    pub fn is_error(self) -> bool {
        self.code == STATUS_ERROR
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn concluded(tags: &[(&str, &str)]) -> (SpanKind, u16, Tolerated) {
        let mut signs = TagSigns::default();
        tags.iter().for_each(|&(key, value)| signs.see(key, || value.into()));
        let mut tolerated = Tolerated::default();
        let Meaning { kind, status, .. } = signs.conclude(&mut tolerated);
        (kind, status, tolerated)
    }

    #[test]
    fn the_http_status_goes_before_the_error_flag() {
        let none = Tolerated::default();
        assert_eq!(concluded(&[("error", "true"), ("http.status_code", "404")]), (SpanKind::Unspecified, 404, none));
        assert_eq!(concluded(&[("http.response.status_code", "503")]).1, 503);
        assert_eq!(concluded(&[("error", "timeout")]).1, STATUS_ERROR);
        assert_eq!(concluded(&[("error", "False")]).1, 0);
        assert_eq!(concluded(&[("otel.status_code", "OK"), ("span.kind", "CLIENT")]), (SpanKind::Client, STATUS_OK, none));
    }

    #[test]
    fn what_means_nothing_is_counted() {
        let (kind, status, tolerated) = concluded(&[("span.kind", "bystander"), ("http.status_code", "fine"), ("otel.status_code", "?")]);
        assert_eq!((kind, status), (SpanKind::Unspecified, 0));
        assert_eq!(tolerated, Tolerated { unknown_kinds: 1, unknown_statuses: 1, ..Tolerated::default() });
    }

    #[test]
    fn attributes_are_kept_by_their_keys_and_the_others_counted_once_a_span() {
        let mut signs = TagSigns::default();
        let long = "x".repeat(257);
        for (key, value) in [("http.route", "/a"), ("http.url", "/a?b"), ("enduser.id", "7"), ("db.name", &long), ("rpc.method", "Get")] {
            signs.see(key, || value.into());
        }
        let mut tolerated = Tolerated::default();
        let attributes = signs.conclude(&mut tolerated).attributes;
        assert_eq!(attributes.iter().collect::<Vec<_>>(), [("http.route", "/a"), ("rpc.method", "Get")]);
        assert_eq!(tolerated, Tolerated { other_attributes: 1, unusable_attributes: 1, ..Tolerated::default() });
    }

    #[test]
    fn only_what_comes_back_as_the_same_text_is_a_number() {
        assert_eq!([as_number(NUMERIC, "14"), as_number(NUMERIC, "014"), as_number("http.route", "14")], [Some(14), None, None]);
    }

    #[test]
    fn a_client_error_is_an_error_of_the_client_only() {
        assert!(SplitStatus::of(404, SpanKind::Client).is_error());
        assert!(!SplitStatus::of(404, SpanKind::Server).is_error());
        assert!(SplitStatus::of(500, SpanKind::Server).is_error());
        assert_eq!(SplitStatus::of(500, SpanKind::Server).otel_tag(), None);
        assert_eq!(SplitStatus::of(STATUS_ERROR, SpanKind::Server), SplitStatus { http: None, code: STATUS_ERROR });
    }
}
