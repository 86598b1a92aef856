//! OTLP protobuf → Zipkin → Jaeger → Parquet → corpus is the identity on all that these formats can carry.

#![allow(clippy::unwrap_used)]

mod chain;

use proptest::prelude::*;
use tracesmith_formats::{Format, corpus_records};
use tracesmith_ingest::{IngestOptions, ingest};
use tracesmith_trace::{
    ATTRIBUTE_KEYS, AttributeSets, Attributes, Corpus, CorpusBuilder, Span, SpanKind, Status, StatusCode, Trace, Vocabulary, in_preorder,
};

use chain::through_all_formats;

/// Everything that a span has.
#[derive(Debug, Clone)]
struct Drawn {
    service: String,
    operation: String,
    start_us: i32,
    duration_us: u32,
    status: Status,
    kind: SpanKind,
    attributes: Attributes,
    /// Position of the parent, modulo the number of spans before this one.
    parent: usize,
}

#[derive(Debug, Clone)]
struct DrawnTrace {
    id: String,
    start_us: i64,
    spans: Vec<Drawn>,
}

fn attributes(pairs: &[(&str, String)]) -> Attributes {
    let mut attributes = Attributes::default();
    pairs.iter().for_each(|(key, value)| attributes.insert(key, value).unwrap());
    attributes
}

/// A trace with every kind, every sort of status and every attribute; its children begin before, with and after it, the last together.
fn complete() -> DrawnTrace {
    let both = |http, code| Status { http: Some(http), code };
    let statuses = [
        Status::UNSET,
        Status::OK,
        both(404, StatusCode::Ok),
        both(200, StatusCode::Error),
        Status::of_http(404),
        both(503, StatusCode::Error),
    ];
    let span = |(i, (kind, status)): (usize, (SpanKind, Status))| Drawn {
        service: ["web", "Über \"cart\"", "db,1"][i % 3].to_owned(),
        operation: format!("GET /{i}"),
        start_us: [-5, 0, 7, 7, 7, 1_000_000][i],
        duration_us: [0, 1, 999, 1000, 1_000_001, u32::MAX][i],
        status,
        kind,
        attributes: attributes(&ATTRIBUTE_KEYS.map(|key| (key, format!("{i}"))).into_iter().skip(i).step_by(6).collect::<Vec<_>>()),
        parent: 0,
    };
    let spans = SpanKind::ALL.into_iter().zip(statuses).enumerate().map(span).collect();
    DrawnTrace { id: "c".repeat(32), start_us: 1_650_161_395_000_001, spans }
}

/// Any status. HTTP statuses from 500 on have a code: formats with both give them the error that OpenTelemetry's conventions want.
fn statuses() -> impl Strategy<Value = Status> {
    let http = prop_oneof![Just(None), (100u16..600).prop_map(Some)];
    (http, proptest::sample::select(&StatusCode::ALL[..])).prop_map(|(http, code)| match code {
        StatusCode::Unset if http.is_some_and(|http| http >= 500) => Status { http, code: StatusCode::Error },
        code => Status { http, code },
    })
}

fn drawn_spans() -> impl Strategy<Value = Vec<Drawn>> {
    // Few names and few starts, so that siblings are alike.
    let name = || prop_oneof!["[ab]", "[a-zA-Z0-9 ,\"\\\\{}\u{e9}/-]{0,6}[a-z]"];
    let value = prop_oneof!["[a-z/{}\"\\\\=\u{e9} ]{1,6}", "-?0?[0-9]{1,3}"];
    let pairs = proptest::collection::vec((proptest::sample::select(&ATTRIBUTE_KEYS[..]), value), 0..3);
    let span = (
        (name(), name()),
        prop_oneof![-3i32..4, any::<i32>()],
        prop_oneof![0u32..3, any::<u32>()],
        statuses(),
        proptest::sample::select(&SpanKind::ALL[..]),
        pairs,
        0usize..100,
    );
    let drawn = |((service, operation), start_us, duration_us, status, kind, pairs, parent): (_, _, _, _, _, Vec<(&str, String)>, _)| {
        Drawn { service, operation, start_us, duration_us, status, kind, attributes: attributes(&pairs), parent }
    };
    proptest::collection::vec(span.prop_map(drawn), 1..12)
}

fn drawn_traces() -> impl Strategy<Value = Vec<DrawnTrace>> {
    // Ids of 64 and of 128 bits. All starts of spans stay after 1970, where Zipkin's and OTLP's unsigned times begin.
    let id = prop_oneof![(1u64..).prop_map(|id| format!("{id:016x}")), (1u128 << 64..).prop_map(|id| format!("{id:032x}"))];
    let trace = (id, 1_000_000_000_000i64..4_000_000_000_000_000, drawn_spans());
    let traces = proptest::collection::vec(trace.prop_map(|(id, start_us, spans)| DrawnTrace { id, start_us, spans }), 0..5);
    traces.prop_map(|mut traces| {
        traces.insert(traces.len() / 2, complete());
        let mut ids = std::collections::HashSet::new();
        traces.retain(|trace| ids.insert(trace.id.clone()));
        traces
    })
}

/// A corpus of the traces, with the names that occur and no others.
fn corpus(traces: &[DrawnTrace]) -> Corpus {
    let spans = || traces.iter().flat_map(|trace| &trace.spans);
    let services = Vocabulary::new(spans().map(|span| span.service.as_str()));
    let operations = Vocabulary::new(spans().map(|span| span.operation.as_str()));
    let sets = AttributeSets::new(spans().map(|span| &span.attributes));
    let mut builder = CorpusBuilder::new("chain", services.clone(), operations.clone(), true).with_attribute_sets(sets.clone());
    for DrawnTrace { id, start_us, spans } in traces {
        let parents: Vec<_> = spans.iter().enumerate().map(|(i, span)| (i > 0).then(|| span.parent % i)).collect();
        let span = |(i, drawn): (usize, &Drawn)| Span {
            service: services.require(&drawn.service).unwrap(),
            operation: operations.require(&drawn.operation).unwrap(),
            // A trace starts where its root does.
            start_us: if i == 0 { 0.0 } else { f64::from(drawn.start_us) },
            duration_us: f64::from(drawn.duration_us),
            status: drawn.status,
            kind: drawn.kind,
            attributes: sets.require(&drawn.attributes).unwrap(),
        };
        let spans: Vec<Span> = spans.iter().enumerate().map(span).collect();
        let (spans, edges) = in_preorder(&spans, &parents, true);
        builder.push(Trace { id: id.clone(), start_ns: start_us * 1000, spans, edges, ..Trace::default() }).unwrap();
    }
    builder.finish()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn a_corpus_with_every_facet_survives_the_chain_and_nothing_is_said_to_be_lost(traces in drawn_traces()) {
        let corpus = corpus(&traces);
        let folder = tempfile::tempdir().unwrap();
        let records = corpus_records(&corpus, Format::OTLP_PROTOBUF).flatten().collect();
        let (path, lost) = through_all_formats(records, folder.path());
        prop_assert!(lost.is_empty(), "{lost:?}");
        let ended = ingest(&[path], &IngestOptions { name: "chain".to_owned(), ..IngestOptions::default() }).unwrap();
        prop_assert_eq!(ended.corpus, corpus);
    }
}
