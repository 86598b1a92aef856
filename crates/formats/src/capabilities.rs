//! What a format has a place for, and what a file in it therefore loses.

use tracesmith_trace::{Label, SpanKind, SpanRecord, StatusCode};

use crate::wire_id;

/// Finest times that a format keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resolution {
    /// Whole seconds.
    Seconds,
    /// Whole microseconds.
    Microseconds,
    /// Whole nanoseconds.
    Nanoseconds,
    /// As they are, fractions of a nanosecond included.
    Any,
}

/// What a format keeps of a [`tracesmith_trace::Status`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Statuses {
    /// Nothing.
    None,
    /// The HTTP status, or the status code where there is none.
    One,
    /// The status code and the HTTP status.
    Both,
}

/// What a format has a place for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Starts of spans.
    pub starts: Resolution,
    /// Durations of spans.
    pub durations: Resolution,
    /// Statuses of spans.
    pub statuses: Statuses,
    /// Span kinds.
    pub kinds: bool,
    /// Attributes of spans.
    pub attributes: bool,
    /// Labels of traces, with the kind and the service of a fault.
    pub labels: bool,
    /// Ids of any text; else they are hexadecimal, and others are replaced by their hashes.
    pub any_id: bool,
}

impl Capabilities {
    /// Everything that a span has.
    pub const ALL: Self = Self {
        starts: Resolution::Nanoseconds,
        durations: Resolution::Any,
        statuses: Statuses::Both,
        kinds: true,
        attributes: true,
        labels: true,
        any_id: true,
    };

    /// Whether starts are exact enough to give offsets within a trace.
    pub fn has_starts(self) -> bool {
        self.starts > Resolution::Seconds
    }

    /// The same in words, for tables and help texts.
    pub fn in_words(self) -> String {
        if self == Self::ALL {
            return "everything, with labels and ids as they are".to_owned();
        }
        let times = match (resolution(self.starts), resolution(self.durations)) {
            (starts, durations) if starts == durations => format!("times in {starts}"),
            (starts, durations) => {
                format!("starts in {starts}, durations {}{durations}", if durations == AS_THEY_ARE { "" } else { "in " })
            }
        };
        let statuses = match self.statuses {
            Statuses::None => None,
            Statuses::One => Some("HTTP status, or status code where there is none"),
            Statuses::Both => Some("HTTP status and status code"),
        };
        let kept = [
            statuses,
            self.kinds.then_some("span kind"),
            self.attributes.then_some("attributes"),
            self.labels.then_some("labels"),
            (!self.any_id).then_some("hexadecimal ids"),
        ];
        [times.as_str()].into_iter().chain(kept.into_iter().flatten()).collect::<Vec<_>>().join(", ")
    }
}

const AS_THEY_ARE: &str = "as they are";

fn resolution(resolution: Resolution) -> &'static str {
    match resolution {
        Resolution::Seconds => "whole seconds",
        Resolution::Microseconds => "whole µs",
        Resolution::Nanoseconds => "whole ns",
        Resolution::Any => AS_THEY_ARE,
    }
}

/// Something that a span may have and a format may not hold.
struct Facet {
    name: &'static str,
    has_place: fn(Capabilities) -> bool,
    is_present: fn(&SpanRecord) -> bool,
}

// Fractions of a nanosecond, which OTLP drops, are no measurement and are not listed.
const FACETS: [Facet; 8] = [
    Facet {
        name: "starts finer than a second",
        has_place: Capabilities::has_starts,
        is_present: |span| span.start_ns % 1_000_000_000 != 0,
    },
    Facet {
        name: "times finer than a microsecond",
        has_place: |format| format.durations > Resolution::Microseconds,
        is_present: |span| span.start_ns % 1000 != 0 || span.duration_us.fract() != 0.0,
    },
    Facet { name: "status codes", has_place: |format| format.statuses > Statuses::None, is_present: |span| span.status.is_known() },
    Facet {
        name: "status codes beside HTTP statuses",
        has_place: |format| format.statuses != Statuses::One,
        is_present: |span| span.status.http.is_some() && span.status.code != StatusCode::Unset,
    },
    Facet { name: "span kinds", has_place: |format| format.kinds, is_present: |span| span.kind != SpanKind::Unspecified },
    Facet { name: "labels", has_place: |format| format.labels, is_present: |span| span.label != Label::Unknown },
    Facet { name: "attributes", has_place: |format| format.attributes, is_present: |span| !span.attributes.is_empty() },
    Facet {
        name: "ids that are not hexadecimal (replaced by their hashes)",
        has_place: |format| format.any_id,
        is_present: |span| !wire_id::keeps_ids(span),
    },
];

/// Watches the spans that go into a file for what its format drops.
pub(crate) struct LostFacets {
    capabilities: Capabilities,
    seen: [bool; FACETS.len()],
}

impl LostFacets {
    pub fn new(capabilities: Capabilities) -> Self {
        Self { capabilities, seen: [false; FACETS.len()] }
    }

    pub fn watch(&mut self, spans: &[SpanRecord]) {
        for (facet, seen) in FACETS.iter().zip(&mut self.seen) {
            *seen = *seen || (!(facet.has_place)(self.capabilities) && spans.iter().any(facet.is_present));
        }
    }

    /// Names of what was there and has no place, each once.
    pub fn names(&self) -> Vec<&'static str> {
        FACETS.iter().zip(self.seen).filter(|(_, seen)| *seen).map(|(facet, _)| facet.name).collect()
    }
}

#[cfg(test)]
mod tests {
    use tracesmith_trace::Status;

    use super::*;
    use crate::{Format, all, testing::records};

    fn lost(format: Format, span: SpanRecord) -> Vec<&'static str> {
        let mut lost = LostFacets::new(format.capabilities());
        lost.watch(&[span]);
        lost.names()
    }

    #[test]
    fn only_what_is_there_can_be_lost() {
        for format in all() {
            let span = SpanRecord { trace_id: "a".repeat(32), span_id: "b".repeat(16), ..records(1).remove(0) };
            assert_eq!(lost(format, span), [""; 0], "{format}");
        }
    }

    #[test]
    fn each_format_loses_what_it_has_no_place_for() {
        let mut span = SpanRecord {
            start_ns: 1_000_001_001,
            duration_us: 1.5,
            status: Status { http: Some(200), code: StatusCode::Ok },
            kind: SpanKind::Server,
            label: Label::Normal,
            ..records(1).remove(0)
        };
        span.attributes.insert("http.route", "/").unwrap();
        let eadro = ["starts finer than a second", "status codes beside HTTP statuses", "span kinds", "labels", "attributes"];
        assert_eq!(lost(Format::EADRO_CSV, span.clone()), eadro);
        assert_eq!(lost(Format::NEZHA_CSV, span.clone()), ["status codes", "span kinds", "labels", "attributes"]);
        assert_eq!(lost(Format::JAEGER_JSON, span.clone()), ["times finer than a microsecond", "labels"]);
        assert_eq!(lost(Format::PARQUET, span.clone()), [""; 0]);
        let hashed = "ids that are not hexadecimal (replaced by their hashes)";
        assert_eq!(lost(Format::ZIPKIN_JSON, span.clone()), ["times finer than a microsecond", "labels", hashed]);
        for format in [Format::OTLP_JSON, Format::OTLP_PROTOBUF, Format::OTLP_PROTOBUF_DELIMITED] {
            assert_eq!(lost(format, span.clone()), ["labels", hashed]);
        }
    }

    #[test]
    fn capabilities_are_said_in_words() {
        let words = |format: Format| format.capabilities().in_words();
        assert_eq!(
            words(Format::EADRO_CSV),
            "starts in whole seconds, durations as they are, HTTP status, or status code where there is none"
        );
        assert_eq!(words(Format::JAEGER_JSON), "times in whole µs, HTTP status and status code, span kind, attributes");
        assert_eq!(words(Format::PARQUET), "everything, with labels and ids as they are");
    }
}
