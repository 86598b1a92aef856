//! A corpus becomes a frame, its rows become spans, and those the same corpus.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use tracesmith_frame::{Records, SpanTableBuilder, records, span_table, trace_table};
use tracesmith_ingest::{IngestOptions, ingest_records};
use tracesmith_trace::{ATTRIBUTE_KEYS, Attributes, Corpus, Fault, Label, SpanKind, SpanRecord, Status, StatusCode};

fn corpus(spans: Vec<SpanRecord>, has_starts: bool) -> Corpus {
    ingest_records(spans, has_starts, &IngestOptions { name: "test".into(), ..IngestOptions::default() }).unwrap().0
}

fn label() -> impl Strategy<Value = Label> {
    let fault = ("[a-z]{1,3}", "[a-z]{1,3}").prop_map(|(service, kind)| Label::Abnormal(Fault { service, kind }));
    prop_oneof![Just(Label::Unknown), Just(Label::Normal), fault]
}

fn status() -> impl Strategy<Value = Status> {
    (prop::option::of(0u16..600), prop::sample::select(&StatusCode::ALL[..])).prop_map(|(http, code)| Status { http, code })
}

fn attributes() -> impl Strategy<Value = Attributes> {
    prop::collection::vec((prop::sample::select(&ATTRIBUTE_KEYS[..]), "[a-z/\"é ]{1,4}"), 0..3).prop_map(|pairs| {
        let mut attributes = Attributes::default();
        pairs.iter().for_each(|(key, value)| attributes.insert(key, value).unwrap());
        attributes
    })
}

/// Spans of any trees, within some minutes of each other.
fn spans() -> impl Strategy<Value = Vec<SpanRecord>> {
    let names = ("[a-c\"é ]{1,2}", "[a-c,]{1,2}");
    let times = (0i64..1_000_000_000_000, prop_oneof![0.0f64..1e9, (0u32..9).prop_map(f64::from)]);
    let span = (names, times, status(), prop::sample::select(&SpanKind::ALL[..]), attributes(), any::<prop::sample::Index>());
    let trace = (prop::collection::vec(span, 1..7), label());
    prop::collection::vec(trace, 0..5).prop_map(|traces| {
        let mut spans = Vec::new();
        for (t, (trace, label)) in traces.into_iter().enumerate() {
            for (i, ((service, operation), (offset_ns, duration_us), status, kind, attributes, parent)) in trace.into_iter().enumerate() {
                spans.push(SpanRecord {
                    trace_id: format!("t{t}"),
                    span_id: i.to_string(),
                    parent_id: (i > 0).then(|| parent.index(i).to_string()),
                    service,
                    operation,
                    start_ns: 1_700_000_000_000_000_000 + offset_ns,
                    duration_us,
                    status,
                    kind,
                    attributes,
                    label: label.clone(),
                });
            }
        }
        spans
    })
}

proptest! {
    #[test]
    fn a_corpus_survives_the_frame(spans in spans(), has_starts in any::<bool>()) {
        let before = corpus(spans, has_starts);
        let Records { spans, has_starts: found, missing_starts } = records(&span_table(&before)).unwrap();
        // Roots have starts in any case.
        prop_assert!(missing_starts == 0 && (found == has_starts || before.edge_count() == 0));
        prop_assert_eq!(corpus(spans, has_starts), before);
    }

    #[test]
    fn spans_of_a_reader_survive_the_frame(spans in spans()) {
        let mut table = SpanTableBuilder::default();
        spans.iter().for_each(|span| table.push(span, true));
        prop_assert_eq!(records(&table.finish()).unwrap().spans, spans);
    }

    #[test]
    fn there_is_a_row_a_trace(spans in spans()) {
        let corpus = corpus(spans, true);
        let traces = trace_table(&span_table(&corpus)).unwrap();
        let depth = traces.column("depth").unwrap().u32().unwrap();
        let found: Vec<_> = depth.iter().map(|depth| depth.unwrap() as usize).collect();
        let expected: Vec<_> = corpus.traces().map(|trace| trace.depths().into_iter().max().unwrap() + 1).collect();
        prop_assert_eq!(found, expected);
    }
}
