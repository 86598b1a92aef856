//! Corpora to test on, and how two traces are compared.

use std::collections::BTreeMap;

use tracesmith_codec::{Codec, parents_of};
use tracesmith_ingest::simulate::{SimulationConfig, System, simulate};
use tracesmith_trace::{Corpus, CorpusBuilder, Edge, Span, SpanKind, Status, Trace, TraceRef, Vocabulary, preorder, rng};

/// Names that every span here is made of.
pub const NAMES: u32 = 4;

pub fn span(label: u32, start_us: f64, duration_us: f64) -> Span {
    let kind = if label == 0 { SpanKind::Server } else { SpanKind::Client };
    Span { service: label, operation: label, start_us, duration_us, status: Status::of_http(200 + label as u16), kind, attributes: 0 }
}

/// A trace of spans in preorder.
pub fn trace(depths: &[u16], spans: Vec<Span>) -> Trace {
    let edge = |(child, parent): (usize, Option<usize>)| parent.map(|parent| Edge { child: child as u32, parent: parent as u32 });
    let edges = parents_of(depths).into_iter().enumerate().filter_map(edge).collect();
    Trace { id: "t".into(), spans, edges, ..Trace::default() }
}

pub fn corpus(traces: impl IntoIterator<Item = Trace>, has_starts: bool) -> Corpus {
    let names = || Vocabulary::new((0..NAMES).map(|name| name.to_string()));
    let mut builder = CorpusBuilder::new("test", names(), names(), has_starts);
    traces.into_iter().for_each(|trace| builder.push(trace).unwrap());
    builder.finish()
}

/// Both simulators, with start offsets and without.
pub fn simulated() -> Vec<Corpus> {
    let run = |system| simulate(&SimulationConfig::new(system, 600, 1)).corpus;
    [System::SocialNetwork, System::TrainTicket].map(run).into_iter().flat_map(|corpus| [without_starts(&corpus), corpus]).collect()
}

fn without_starts(corpus: &Corpus) -> Corpus {
    let mut builder = CorpusBuilder::new(corpus.name(), corpus.services().clone(), corpus.operations().clone(), false);
    for trace in corpus.traces() {
        let mut trace = trace.to_owned();
        trace.spans.iter_mut().for_each(|span| span.start_us = 0.0);
        builder.push(trace).unwrap();
    }
    builder.finish()
}

/// Every trace, encoded and decoded again.
pub fn there_and_back(codec: &Codec, corpus: &Corpus) -> Corpus {
    let mut rng = rng(1, "there and back");
    let mut builder = corpus.empty_like();
    for trace in corpus.traces() {
        let tokens = codec.encode(trace, &mut rng).unwrap();
        assert!(tokens.is_tree());
        assert_eq!(tokens.parents(), parents_of(&tokens.depths));
        assert!(tokens.heads.iter().chain(&tokens.tails).all(|u| (0.0..=1.0).contains(u)));
        let (spans, edges) = codec.decode(&tokens);
        builder.push(Trace { spans, edges, ..trace.to_owned() }).unwrap();
    }
    builder.finish()
}

type Name = (u32, u32, SpanKind, Status);

fn names(trace: TraceRef<'_>) -> Vec<Name> {
    trace.to_owned().spans.iter().map(|span| (span.service, span.operation, span.kind, span.status)).collect()
}

fn parents(trace: TraceRef<'_>) -> Vec<Option<usize>> {
    let mut parents = vec![None; trace.span_count()];
    trace.edges.iter().for_each(|edge| parents[edge.child as usize] = Some(edge.parent as usize));
    parents
}

/// Depths and names in an order that does not depend on times: equal exactly for the same tree.
pub fn structure(trace: TraceRef<'_>) -> Vec<(usize, Name)> {
    let (parents, names) = (parents(trace), names(trace));
    let mut depths = vec![0; names.len()];
    for span in 0..names.len() {
        depths[span] = parents[span].map_or(0, |parent| depths[parent] + 1);
    }
    preorder(&parents, &names, None).into_iter().map(|span| (depths[span], names[span])).collect()
}

/// Starts and durations in µs of every name, sorted: siblings that start together may change places.
pub fn times(trace: TraceRef<'_>) -> Vec<f64> {
    let mut times: BTreeMap<Name, [Vec<f64>; 2]> = BTreeMap::new();
    for (span, name) in names(trace).into_iter().enumerate() {
        let [starts, durations] = times.entry(name).or_default();
        starts.push(trace.starts_us[span]);
        durations.push(trace.durations_us[span]);
    }
    times.values_mut().flatten().for_each(|times| times.sort_by(f64::total_cmp));
    times.into_values().flatten().flatten().collect()
}
