//! What the tags of a span say, as OpenTelemetry's semantic conventions and its mappings to Jaeger and Zipkin have them: kind, status, and the
//! attributes that are kept (see [`tracesmith_trace::ATTRIBUTE_KEYS`]).

use std::borrow::Cow;

use serde_json::Value;
use tracesmith_trace::{AttributeRefused, Attributes, SpanKind, Status, StatusCode};

use crate::ReadWarnings;

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
    status: Status,
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
    pub status: Status,
    pub attributes: Attributes,
}

impl TagSigns {
    /// Looks at a tag; `value` is asked for only if the key has a meaning.
    pub fn see<'v>(&mut self, key: &str, value: impl FnOnce() -> Cow<'v, str>) {
        match key {
            HTTP_STATUS | HTTP_RESPONSE_STATUS => match value().trim().parse() {
                Ok(http) => self.status.http = self.status.http.or(Some(http).filter(|&http| http != 0)),
                Err(_) => self.unknown_status = true,
            },
            OTEL_STATUS => self.see_code(StatusCode::parse(&value())),
            ERROR => {
                if !value().eq_ignore_ascii_case("false") {
                    self.status.code = StatusCode::Error;
                }
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

    /// Takes a status code that a field or a tag gives, or that it is none. An error is not taken back.
    pub fn see_code(&mut self, code: Option<StatusCode>) {
        match code {
            Some(code) => self.status.code = self.status.code.max(code),
            None => self.unknown_status = true,
        }
    }

    /// Takes a status that is none.
    pub fn see_unknown_status(&mut self) {
        self.unknown_status = true;
    }

    /// Takes the HTTP status of a field, which goes before that of a tag.
    pub fn see_http(&mut self, http: u16) {
        self.status.http = Some(http).filter(|&http| http != 0).or(self.status.http);
    }

    /// Takes the kind that a field gives, or that it is none.
    pub fn see_kind(&mut self, kind: Option<SpanKind>) {
        match kind {
            Some(kind) => self.kind = kind,
            None => self.unknown_kind = true,
        }
    }

    /// What the tags said. What is unknown or not kept is counted.
    pub fn conclude(self, warnings: &mut ReadWarnings) -> Meaning {
        warnings.unknown_kinds += usize::from(self.unknown_kind);
        warnings.unknown_statuses += usize::from(self.unknown_status);
        warnings.other_attributes += usize::from(self.has_other);
        warnings.unusable_attributes += usize::from(self.has_unusable);
        Meaning { kind: self.kind, status: self.status, attributes: self.attributes }
    }
}

/// The status code that is written for a status: its own, and an error where only the HTTP status says that the span failed, because
/// OpenTelemetry's conventions want one there and programs look for nothing else.
pub(crate) fn written_code(status: Status) -> StatusCode {
    match status.code {
        StatusCode::Unset if status.is_error() => StatusCode::Error,
        code => code,
    }
}

/// The value of the tag [`OTEL_STATUS`], where neither the HTTP status nor the tag [`ERROR`] says the same.
pub(crate) fn otel_tag(status: Status) -> Option<&'static str> {
    match status.code {
        StatusCode::Ok => Some("OK"),
        StatusCode::Error if !Status { code: StatusCode::Unset, ..status }.is_error() => Some("ERROR"),
        StatusCode::Unset | StatusCode::Error => None,
    }
}

/// Whether the tag [`ERROR`] belongs to a span of this status.
pub(crate) fn error_tag(status: Status) -> bool {
    written_code(status) == StatusCode::Error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn concluded(tags: &[(&str, &str)]) -> (SpanKind, Status, ReadWarnings) {
        let mut signs = TagSigns::default();
        tags.iter().for_each(|&(key, value)| signs.see(key, || value.into()));
        let mut warnings = ReadWarnings::default();
        let Meaning { kind, status, .. } = signs.conclude(&mut warnings);
        (kind, status, warnings)
    }

    #[test]
    fn the_http_status_and_the_error_flag_are_both_kept() {
        let none = ReadWarnings::default();
        let failed = |http| Status { http: Some(http), code: StatusCode::Error };
        assert_eq!(concluded(&[("error", "true"), ("http.status_code", "200")]), (SpanKind::Unspecified, failed(200), none));
        assert_eq!(concluded(&[("otel.status_code", "OK"), ("error", "true"), ("http.status_code", "0")]).1, Status::ERROR);
        assert_eq!(concluded(&[("http.response.status_code", "503")]).1, Status::of_http(503));
        assert_eq!(concluded(&[("error", "timeout")]).1, Status::ERROR);
        assert_eq!(concluded(&[("error", "False")]).1, Status::UNSET);
        assert_eq!(concluded(&[("otel.status_code", "OK"), ("span.kind", "CLIENT")]), (SpanKind::Client, Status::OK, none));
    }

    #[test]
    fn what_means_nothing_is_counted() {
        let (kind, status, warnings) = concluded(&[("span.kind", "bystander"), ("http.status_code", "fine"), ("otel.status_code", "?")]);
        assert_eq!((kind, status), (SpanKind::Unspecified, Status::UNSET));
        assert_eq!(warnings, ReadWarnings { unknown_kinds: 1, unknown_statuses: 1, ..ReadWarnings::default() });
    }

    #[test]
    fn attributes_are_kept_by_their_keys_and_the_others_counted_once_a_span() {
        let mut signs = TagSigns::default();
        let long = "x".repeat(257);
        for (key, value) in [("http.route", "/a"), ("http.url", "/a?b"), ("enduser.id", "7"), ("db.name", &long), ("rpc.method", "Get")] {
            signs.see(key, || value.into());
        }
        let mut warnings = ReadWarnings::default();
        let attributes = signs.conclude(&mut warnings).attributes;
        assert_eq!(attributes.iter().collect::<Vec<_>>(), [("http.route", "/a"), ("rpc.method", "Get")]);
        assert_eq!(warnings, ReadWarnings { other_attributes: 1, unusable_attributes: 1, ..ReadWarnings::default() });
    }

    #[test]
    fn only_what_comes_back_as_the_same_text_is_a_number() {
        assert_eq!([as_number(NUMERIC, "14"), as_number(NUMERIC, "014"), as_number("http.route", "14")], [Some(14), None, None]);
    }

    #[test]
    fn a_server_error_is_written_as_an_error_and_a_success_that_failed_too() {
        let written = |http, code| {
            let status = Status { http, code };
            (written_code(status), otel_tag(status), error_tag(status))
        };
        assert_eq!(written(Some(500), StatusCode::Unset), (StatusCode::Error, None, true));
        assert_eq!(written(Some(500), StatusCode::Error), (StatusCode::Error, None, true));
        assert_eq!(written(Some(500), StatusCode::Ok), (StatusCode::Ok, Some("OK"), false));
        assert_eq!(written(Some(200), StatusCode::Error), (StatusCode::Error, Some("ERROR"), true));
        assert_eq!(written(Some(404), StatusCode::Unset), (StatusCode::Unset, None, false));
        assert_eq!(written(None, StatusCode::Error), (StatusCode::Error, Some("ERROR"), true));
    }
}
