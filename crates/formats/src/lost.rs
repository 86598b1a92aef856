//! What a format has no place for.

use tracesmith_trace::{Label, SpanKind, SpanRecord, StatusCode};

use crate::{Format, wire_id};

/// Something that a span may have and a format may not hold.
struct Facet {
    name: &'static str,
    has_place: fn(Format) -> bool,
    is_present: fn(&SpanRecord) -> bool,
}

// Fractions of a nanosecond, which OTLP drops, are no measurement and are not listed.
const FACETS: [Facet; 8] = [
    Facet { name: "starts finer than a second", has_place: Format::carries_starts, is_present: |span| span.start_ns % 1_000_000_000 != 0 },
    Facet {
        name: "times finer than a microsecond",
        has_place: Format::carries_fractions,
        is_present: |span| span.start_ns % 1000 != 0 || span.duration_us.fract() != 0.0,
    },
    Facet { name: "status codes", has_place: Format::carries_status, is_present: |span| span.status.is_known() },
    Facet {
        name: "status codes beside HTTP statuses",
        has_place: |format| format.carries_both_statuses() || !format.carries_status(),
        is_present: |span| span.status.http.is_some() && span.status.code != StatusCode::Unset,
    },
    Facet { name: "span kinds", has_place: Format::carries_kind, is_present: |span| span.kind != SpanKind::Unspecified },
    Facet { name: "labels", has_place: Format::carries_labels, is_present: |span| span.label != Label::Unknown },
    Facet { name: "attributes", has_place: Format::carries_attributes, is_present: |span| !span.attributes.is_empty() },
    Facet {
        name: "ids that are not hexadecimal (replaced by their hashes)",
        has_place: Format::carries_any_id,
        is_present: |span| !wire_id::keeps_ids(span),
    },
];

/// Watches the spans that go into a file for what its format drops.
pub(crate) struct LostFacets {
    format: Format,
    seen: [bool; FACETS.len()],
}

impl LostFacets {
    pub fn new(format: Format) -> Self {
        Self { format, seen: [false; FACETS.len()] }
    }

    pub fn watch(&mut self, spans: &[SpanRecord]) {
        for (facet, seen) in FACETS.iter().zip(&mut self.seen) {
            *seen = *seen || (!(facet.has_place)(self.format) && spans.iter().any(facet.is_present));
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
    use crate::testing::records;

    fn lost(format: Format, span: SpanRecord) -> Vec<&'static str> {
        let mut lost = LostFacets::new(format);
        lost.watch(&[span]);
        lost.names()
    }

    #[test]
    fn only_what_is_there_can_be_lost() {
        for format in Format::ALL {
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
            ..records(1).remove(0)
        };
        span.attributes.insert("http.route", "/").unwrap();
        assert_eq!(
            lost(Format::EadroCsv, span.clone()),
            ["starts finer than a second", "status codes beside HTTP statuses", "span kinds", "attributes"]
        );
        assert_eq!(lost(Format::NezhaCsv, span.clone()), ["status codes", "span kinds", "attributes"]);
        assert_eq!(lost(Format::JaegerJson, span.clone()), ["times finer than a microsecond"]);
        assert_eq!(lost(Format::Parquet, span.clone()), [""; 0]);
        let hashed = "ids that are not hexadecimal (replaced by their hashes)";
        assert_eq!(lost(Format::ZipkinJson, span.clone()), ["times finer than a microsecond", hashed]);
        for format in [Format::OtlpJson, Format::OtlpProtobuf, Format::OtlpProtobufDelimited] {
            assert_eq!(lost(format, span.clone()), [hashed]);
        }
    }
}
