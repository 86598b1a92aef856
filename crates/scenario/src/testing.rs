//! Corpora for tests.

use proptest::prelude::*;
use tracesmith_trace::{Corpus, CorpusBuilder, Span, SpanKind, Status, Trace, Vocabulary, in_preorder};

/// A span as a test writes it.
#[derive(Debug, Clone)]
pub struct Call {
    pub name: String,
    pub parent: Option<usize>,
    pub start_us: f64,
    pub duration_us: f64,
    pub status: u16,
    pub kind: SpanKind,
}

impl Call {
    /// `name` is `service/operation`.
    pub fn new(name: &str, parent: Option<usize>, start_us: f64, duration_us: f64) -> Self {
        Self { name: name.to_owned(), parent, start_us, duration_us, status: 200, kind: SpanKind::Unspecified }
    }

    fn names(&self) -> (&str, &str) {
        self.name.split_once('/').unwrap()
    }
}

/// Traces one second apart with their spans in the order of a corpus.
pub fn corpus_of(traces: &[Vec<Call>]) -> Corpus {
    corpus(traces, true)
}

/// The same without start offsets.
pub fn corpus_without_starts(traces: &[Vec<Call>]) -> Corpus {
    corpus(traces, false)
}

fn corpus(traces: &[Vec<Call>], has_starts: bool) -> Corpus {
    let calls = || traces.iter().flatten();
    let services = Vocabulary::new(calls().map(|call| call.names().0));
    let operations = Vocabulary::new(calls().map(|call| call.names().1));
    let mut builder = CorpusBuilder::new("test", services.clone(), operations.clone(), has_starts);
    for (i, trace) in (1i64..).zip(traces) {
        let span = |call: &Call| Span {
            service: services.id(call.names().0).unwrap(),
            operation: operations.id(call.names().1).unwrap(),
            start_us: if has_starts { call.start_us } else { 0.0 },
            duration_us: call.duration_us,
            status: Status::from_number(call.status),
            kind: call.kind,
            ..Span::default()
        };
        let spans: Vec<Span> = trace.iter().map(span).collect();
        let parents: Vec<Option<usize>> = trace.iter().map(|call| call.parent).collect();
        let (spans, edges) = in_preorder(&spans, &parents, has_starts);
        builder.push(Trace { id: format!("{i:016x}"), start_ns: i * 1_000_000_000, spans, edges, ..Trace::default() }).unwrap();
    }
    builder.finish()
}

/// Traces of up to 12 spans with four services and three operations; children may begin and end outside of their parents.
pub fn any_corpus() -> impl Strategy<Value = Corpus> {
    let span = (0usize..100, 0u8..4, 0u8..3, 0u32..200, 0u32..100, 0usize..4);
    let trace = proptest::collection::vec(span, 1..12);
    (proptest::collection::vec(trace, 1..6), any::<bool>()).prop_map(|(traces, has_starts)| {
        let call = |(i, &(parent, service, operation, start, duration, status)): (usize, &(usize, u8, u8, u32, u32, usize))| Call {
            name: format!("service-{service}/operation-{operation}"),
            parent: (i > 0).then(|| parent % i),
            start_us: if i == 0 { 0.0 } else { f64::from(start) },
            duration_us: if i == 0 { 150.0 } else { f64::from(duration) },
            status: [0, 1, 2, 200][status],
            kind: if operation == 1 { SpanKind::Client } else { SpanKind::Unspecified },
        };
        let traces: Vec<Vec<Call>> = traces.iter().map(|trace| trace.iter().enumerate().map(call).collect()).collect();
        corpus(&traces, has_starts)
    })
}
