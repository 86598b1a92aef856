//! Whatever a network draws is a trace.

use proptest::prelude::*;
use tracesmith_codec::{Codec, CodecConfig, Times, Tokens};
use tracesmith_trace::{Trace, ValidityCounts, rng};

use crate::corpora::simulated;

/// Legal tokens from numbers that say nothing.
fn tokens(codec: &Codec, draws: &[(u16, u32, u32, f32, f32)]) -> Tokens {
    let mut tokens = Tokens::default();
    for &(depth, label, outcome, head, tail) in draws {
        let deepest = tokens.depths.last().map(|&last| last + 1);
        tokens.depths.push(deepest.map_or(0, |deepest| 1 + depth % deepest));
        tokens.labels.push(label % codec.labels().len() as u32);
        tokens.outcomes.push(outcome % codec.outcomes().len() as u32);
        tokens.heads.push(head);
        tokens.tails.push(tail);
    }
    tokens
}

#[test]
fn random_legal_tokens_are_valid_traces_with_finite_times() {
    let draw = (0u16..8, any::<u32>(), any::<u32>(), prop_oneof![9 => 0.0f32..=1.0, 1 => Just(f32::NAN)], 0.0f32..=1.0);
    for corpus in simulated() {
        for times in [Times::Gaps, Times::Durations] {
            let codec = Codec::fit(&corpus, &CodecConfig { min_slot: 10, times, ..CodecConfig::default() }).unwrap();
            proptest!(ProptestConfig::with_cases(64), |(draws in proptest::collection::vec(&draw, 1..60))| {
                let tokens = tokens(&codec, &draws);
                prop_assert!(tokens.is_tree());
                let (spans, edges) = codec.decode(&tokens);
                prop_assert_eq!((spans.len(), edges.len()), (tokens.len(), tokens.len() - 1));
                // A corpus refuses times that are negative or not finite.
                let mut builder = corpus.empty_like();
                builder.push(Trace { spans, edges, ..Trace::default() }).unwrap();
                prop_assert_eq!(ValidityCounts::of(&builder.finish()).trees, 1);
            });
        }
    }
}

#[test]
fn no_span_is_shorter_than_the_shortest_of_its_label() {
    for corpus in simulated() {
        let codec = Codec::fit(&corpus, &CodecConfig::default()).unwrap();
        let mut shortest = vec![f64::INFINITY; codec.labels().len()];
        let label = |service, operation| codec.labels().binary_search(&(service, operation)).unwrap();
        for trace in corpus.traces() {
            for span in trace.to_owned().spans {
                let shortest = &mut shortest[label(span.service, span.operation)];
                *shortest = shortest.min(span.duration_us);
            }
        }
        for trace in corpus.traces() {
            let mut tokens = codec.encode(trace, &mut rng(1, "")).unwrap();
            tokens.tails.fill(0.0);
            for span in codec.decode(&tokens).0 {
                assert!(span.duration_us >= shortest[label(span.service, span.operation)] - 1e-6);
            }
        }
    }
}
