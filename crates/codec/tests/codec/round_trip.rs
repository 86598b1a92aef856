//! What was encoded comes back.

use proptest::prelude::*;
use tracesmith_codec::{Codec, CodecConfig, Times};
use tracesmith_trace::{Corpus, Span, Trace};

use crate::corpora::{NAMES, corpus, simulated, span, structure, there_and_back, times, trace};

/// Every table keeps every value: none is smoothed, and none has more values than knots.
const EXACT: CodecConfig = CodecConfig { knots: 10_000, min_slot: 1, tables: true, times: Times::Gaps };

/// A tree by (depth, label), and a few sets of times for it.
#[derive(Debug, Clone)]
struct Shape {
    nodes: Vec<(u16, u32)>,
    times: Vec<Vec<(f64, f64)>>,
}

fn time() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), 0.0f64..50.0, (0u32..1000).prop_map(f64::from), (0.0f64..14.0).prop_map(f64::exp)]
}

/// Four sets of times at least, so that no table is small enough to be smoothed.
fn shape() -> impl Strategy<Value = Shape> {
    proptest::collection::vec((0u16..6, 0..NAMES), 1..14).prop_flat_map(|mut nodes| {
        nodes[0].0 = 0;
        for i in 1..nodes.len() {
            nodes[i].0 = 1 + nodes[i].0 % (nodes[i - 1].0 + 1);
        }
        let times = proptest::collection::vec(proptest::collection::vec((time(), time()), nodes.len()), 4..7);
        times.prop_map(move |times| Shape { nodes: nodes.clone(), times })
    })
}

impl Shape {
    /// The traces of this shape. A start is at least 2 ns after that of the span before: siblings that start together would be ordered by
    /// label, and stand in slots that other traces of the shape do not have.
    fn traces(&self, has_starts: bool) -> Vec<Trace> {
        let depths: Vec<u16> = self.nodes.iter().map(|node| node.0).collect();
        let timed = |times: &Vec<(f64, f64)>| {
            let mut start = 0.0;
            let spans: Vec<Span> = (0..times.len())
                .map(|i| {
                    start += if has_starts && i > 0 { times[i].0 + 0.002 } else { 0.0 };
                    span(self.nodes[i].1, start, times[i].1)
                })
                .collect();
            trace(&depths, spans)
        };
        self.times.iter().map(timed).collect()
    }
}

/// The largest difference of times of any trace, as a share of what an `f32` between two knots resolves, plus 1e-3 µs. A quantile is exact to
/// 2⁻²⁴; of n values a step takes 1/n of the quantiles at least, and spans 30 on the asinh scale of 10 µs at most, on which a difference is a
/// share of the value plus 10 µs. No table has more values than the corpus has spans.
fn worst_error(before: &Corpus, after: &Corpus) -> f64 {
    let resolved = 30.0 * before.span_count() as f64 / f64::from(1 << 24);
    let mut worst = 0.0f64;
    for (before, after) in before.traces().zip(after.traces()) {
        let (before, after) = (times(before), times(after));
        let extent = before.iter().fold(0.0f64, |extent, time| extent.max(time.abs()));
        for (before, after) in before.iter().zip(&after) {
            worst = worst.max((before - after).abs() / (resolved * (extent + 10.0) + 1e-3));
        }
    }
    worst
}

fn same_structures(before: &Corpus, after: &Corpus) -> bool {
    before.traces().zip(after.traces()).all(|(before, after)| structure(before) == structure(after))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_trees_come_back_with_their_times(shapes in proptest::collection::vec(shape(), 1..4), has_starts: bool) {
        let before = corpus(shapes.iter().flat_map(|shape| shape.traces(has_starts)), has_starts);
        for times in [Times::Gaps, Times::Durations] {
            let codec = Codec::fit(&before, &CodecConfig { times, ..EXACT }).unwrap();
            let after = there_and_back(&codec, &before);
            prop_assert!(same_structures(&before, &after));
            let worst = worst_error(&before, &after);
            prop_assert!(worst <= 1.0, "{times:?}: {worst}");
        }
    }

    #[test]
    fn traces_that_were_not_trained_on_keep_their_structure(seen in shape(), unseen in shape(), has_starts: bool) {
        let all_names = trace(&[0, 1, 1, 1], (0..NAMES).map(|label| span(label, 0.0, 1.0)).collect());
        let train = corpus(seen.traces(has_starts).into_iter().chain([all_names]), has_starts);
        let held_out = corpus(unseen.traces(has_starts), has_starts);
        let codec = Codec::fit(&train, &CodecConfig::default()).unwrap();
        prop_assert!(same_structures(&held_out, &there_and_back(&codec, &held_out)));
    }

    #[test]
    fn a_stored_codec_is_the_same_codec(shapes in proptest::collection::vec(shape(), 1..3), has_starts: bool, tables: bool) {
        let corpus = corpus(shapes.iter().flat_map(|shape| shape.traces(has_starts)), has_starts);
        let codec = Codec::fit(&corpus, &CodecConfig { tables, ..EXACT }).unwrap();
        let json = serde_json::to_string(&codec).unwrap();
        prop_assert_eq!(serde_json::from_str::<Codec>(&json).unwrap(), codec);
    }
}

#[test]
fn simulated_traces_come_back_with_their_times() {
    for corpus in simulated() {
        let codec = Codec::fit(&corpus, &EXACT).unwrap();
        assert_eq!(codec.has_starts(), corpus.has_starts());
        let after = there_and_back(&codec, &corpus);
        assert!(same_structures(&corpus, &after));
        // Slots of up to three observations have only their mean, and errors of starts add up: those few times are not exact.
        let pairs: Vec<(f64, f64)> = corpus.traces().zip(after.traces()).flat_map(|(a, b)| times(a).into_iter().zip(times(b))).collect();
        let exact = pairs.iter().filter(|(before, after)| (before - after).abs() <= 1e-3 + 5e-6 * before.abs()).count();
        assert!(exact * 100 >= pairs.len() * 95, "{} {}: {exact} of {}", corpus.name(), corpus.has_starts(), pairs.len());
    }
}

#[test]
fn simulated_traces_keep_their_structure_under_every_setting() {
    for corpus in simulated() {
        for (tables, times) in [(true, Times::Gaps), (true, Times::Durations), (false, Times::Gaps), (false, Times::Durations)] {
            let config = CodecConfig { tables, times, ..CodecConfig::default() };
            let codec = Codec::fit(&corpus, &config).unwrap();
            assert!(same_structures(&corpus, &there_and_back(&codec, &corpus)), "{config:?}");
        }
    }
}

#[test]
fn spans_out_of_preorder_are_put_into_it() {
    let spans = vec![span(0, 0.0, 9.0), span(1, 1.0, 1.0), span(2, 4.0, 2.0), span(3, 2.0, 0.5)];
    let edges = [(0, 1), (0, 2), (1, 3)].map(|(parent, child)| tracesmith_trace::Edge { child, parent });
    let corpus = corpus([Trace { spans, edges: edges.to_vec(), ..Trace::default() }], true);
    let codec = Codec::fit(&corpus, &EXACT).unwrap();
    let tokens = codec.encode(corpus.trace(0), &mut tracesmith_trace::rng(0, "")).unwrap();
    assert_eq!((&tokens.depths[..], &tokens.labels[..]), (&[0, 1, 2, 1][..], &[0, 1, 3, 2][..]));
    assert_eq!(tokens.durations_us, [9.0, 1.0, 0.5, 2.0]);
}
