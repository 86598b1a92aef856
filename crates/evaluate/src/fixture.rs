//! Small corpora for the unit tests.

use rand::RngExt;
use rand::seq::SliceRandom;
use tracesmith_trace::{Corpus, CorpusBuilder, Edge, Fault, Label, Span, Status, Trace, Vocabulary, rng};

/// (service, operation, duration in µs).
pub type SpanSpec = (u32, u32, f64);

/// Spans and (parent, child) edges.
pub type TraceSpec<'a> = (&'a [SpanSpec], &'a [(u32, u32)]);

/// A corpus with services a–c and operations p–s.
pub fn corpus(traces: &[TraceSpec<'_>]) -> Corpus {
    let mut builder = builder(false);
    for (spans, edges) in traces {
        let spans = spans.iter().map(|&(service, operation, duration_us)| Span {
            service,
            operation,
            start_us: 0.0,
            duration_us,
            ..Span::default()
        });
        push(&mut builder, spans.collect(), edges);
    }
    builder.finish()
}

/// A corpus of `count` equal traces.
pub fn copies(count: usize, spans: &[SpanSpec], edges: &[(u32, u32)]) -> Corpus {
    corpus(&vec![(spans, edges); count])
}

/// Like [`corpus`] with one trace and a start offset in µs for every span.
pub fn timed(spans: &[(SpanSpec, f64)], edges: &[(u32, u32)]) -> Corpus {
    let mut builder = builder(true);
    let spans = spans.iter().map(|&((service, operation, duration_us), start_us)| Span {
        service,
        operation,
        start_us,
        duration_us,
        ..Span::default()
    });
    push(&mut builder, spans.collect(), edges);
    builder.finish()
}

/// Like [`corpus`] with one trace and a status for every span.
#[allow(dead_code, reason = "the tests of the crate verdict use it")]
pub fn with_statuses(spans: &[(u32, u32, f64, u16)], edges: &[(u32, u32)]) -> Corpus {
    let mut builder = builder(false);
    let spans = spans.iter().map(|&(service, operation, duration_us, status)| Span {
        service,
        operation,
        start_us: 0.0,
        duration_us,
        status: Status::from_number(status),
        ..Span::default()
    });
    push(&mut builder, spans.collect(), edges);
    builder.finish()
}

/// The traces of both corpora with labels: `normal` and a fault of the kind `delay`.
pub fn with_faults(normal: &Corpus, abnormal: &Corpus) -> Corpus {
    let mut builder = builder(false);
    let fault = Label::Abnormal(Fault { service: "b".into(), kind: "delay".into() });
    for (corpus, label) in [(normal, Label::Normal), (abnormal, fault)] {
        for trace in corpus.traces() {
            builder.push(Trace { label: label.clone(), ..trace.to_owned() }).unwrap();
        }
    }
    builder.finish()
}

/// The traces in the opposite order.
pub fn reversed(corpus: &Corpus) -> Corpus {
    corpus.select(&(0..corpus.len()).rev().collect::<Vec<_>>())
}

/// The traces in a random order.
pub fn shuffled(corpus: &Corpus, seed: u64) -> Corpus {
    let mut order: Vec<usize> = (0..corpus.len()).collect();
    order.shuffle(&mut rng(seed, "shuffled"));
    corpus.select(&order)
}

/// Random trees of 1–6 spans with starts, statuses, ids and faults, whose children lie within their parents: all rules of validity hold.
pub fn nested_corpus(seed: u64, traces: usize) -> Corpus {
    let mut rng = rng(seed, "nested corpus");
    let mut builder = builder(true);
    for id in 0..traces {
        let mut spans: Vec<Span> = Vec::new();
        let mut edges = Vec::new();
        for child in 0..rng.random_range(1..7) {
            let parent = (child > 0).then(|| rng.random_range(0..child));
            let (start_us, room_us) = parent.map_or((0.0, 2e4), |parent: usize| (spans[parent].start_us, spans[parent].duration_us));
            spans.push(Span {
                service: rng.random_range(0..3),
                operation: rng.random_range(0..4),
                start_us: start_us + if parent.is_some() { rng.random_range(0.0..0.4) * room_us } else { 0.0 },
                duration_us: rng.random_range(0.1..0.5) * room_us,
                status: Status::of_http(if rng.random_bool(0.1) { 500 } else { 200 }),
                ..Span::default()
            });
            edges.extend(parent.map(|parent| Edge { parent: parent as u32, child: child as u32 }));
        }
        let fault = Fault { service: "b".into(), kind: "delay".into() };
        let label = if id % 3 == 0 { Label::Abnormal(fault) } else { Label::Normal };
        builder.push(Trace { id: id.to_string(), label, spans, edges, ..Trace::default() }).unwrap();
    }
    builder.finish()
}

/// Random trees of 1–6 spans.
pub fn random_corpus(seed: u64, traces: usize) -> Corpus {
    let mut rng = rng(seed, "random corpus");
    let mut builder = builder(false);
    for _ in 0..traces {
        let spans: Vec<Span> = (0..rng.random_range(1..7))
            .map(|_| Span {
                service: rng.random_range(0..3),
                operation: rng.random_range(0..4),
                start_us: 0.0,
                duration_us: rng.random_range(0.0..1e4),
                ..Span::default()
            })
            .collect();
        let edges: Vec<_> = (1..spans.len() as u32).map(|child| (rng.random_range(0..child), child)).collect();
        push(&mut builder, spans, &edges);
    }
    builder.finish()
}

fn builder(has_starts: bool) -> CorpusBuilder {
    CorpusBuilder::new("fixture", Vocabulary::new(["a", "b", "c"]), Vocabulary::new(["p", "q", "r", "s"]), has_starts)
}

fn push(builder: &mut CorpusBuilder, spans: Vec<Span>, edges: &[(u32, u32)]) {
    let edges = edges.iter().map(|&(parent, child)| Edge { parent, child }).collect();
    builder.push(Trace { spans, edges, ..Trace::default() }).unwrap();
}

/// Sets that leave most figures without anything to be computed from.
pub fn odd_sets() -> [(&'static str, Corpus); 5] {
    [
        ("one trace", corpus(&[(&[(0, 0, 5.0), (1, 1, 2.0)], &[(0, 1)])])),
        ("one span", copies(1, &[(0, 0, 5.0)], &[])),
        ("equal durations", copies(12, &[(0, 0, 5.0), (1, 1, 5.0)], &[(0, 1)])),
        ("no edges", copies(9, &[(2, 3, 0.0)], &[])),
        ("something", random_corpus(1, 15)),
    ]
}
