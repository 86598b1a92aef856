//! Corpora that are hardly any, and traces that are no trees.

use tracesmith_codec::{Codec, CodecConfig, CodecError};
use tracesmith_trace::{Edge, Trace, rng};

use crate::corpora::{corpus, span, structure, there_and_back, times, trace};

fn fit(traces: Vec<Trace>, has_starts: bool) -> Result<Codec, CodecError> {
    Codec::fit(&corpus(traces, has_starts), &CodecConfig::default())
}

#[test]
fn an_empty_corpus_is_refused() {
    assert_eq!(fit(vec![], true), Err(CodecError::Empty));
}

#[test]
fn a_setting_that_makes_no_table_is_refused() {
    let one = corpus([trace(&[0], vec![span(0, 0.0, 5.0)])], true);
    let error = Codec::fit(&one, &CodecConfig { knots: 1, ..CodecConfig::default() }).unwrap_err();
    assert_eq!(error, CodecError::BadSetting { key: "knots", value: 1, least: 2 });
}

#[test]
fn one_trace_of_one_span_is_enough() {
    for has_starts in [true, false] {
        let corpus = corpus([trace(&[0], vec![span(0, 0.0, 5.0)])], has_starts);
        let codec = Codec::fit(&corpus, &CodecConfig::default()).unwrap();
        assert_eq!((codec.labels(), codec.max_depth(), codec.max_spans()), (&[(0, 0)][..], 0, 1));
        let after = there_and_back(&codec, &corpus);
        assert_eq!(times(after.trace(0)), times(corpus.trace(0)));
        // Training has seen no child: one that is asked for all the same has no gap.
        let mut tokens = codec.encode(corpus.trace(0), &mut rng(1, "")).unwrap();
        tokens.depths.push(1);
        tokens.labels.push(0);
        tokens.outcomes.push(0);
        tokens.heads.push(0.3);
        tokens.tails.push(0.3);
        let (spans, edges) = codec.decode(&tokens);
        assert_eq!((spans.len(), edges), (2, vec![Edge { child: 1, parent: 0 }]));
        assert!(spans.iter().all(|span| span.start_us == 0.0 && span.duration_us == 5.0), "{spans:?}");
    }
}

#[test]
fn durations_of_zero_stay_zero() {
    for has_starts in [true, false] {
        let zero = || trace(&[0, 1, 2, 1], vec![span(0, 0.0, 0.0), span(1, 0.0, 0.0), span(2, 0.0, 0.0), span(3, 0.0, 0.0)]);
        let corpus = corpus((0..60).map(|_| zero()), has_starts);
        let codec = Codec::fit(&corpus, &CodecConfig::default()).unwrap();
        let after = there_and_back(&codec, &corpus);
        assert!(after.span_durations_us().iter().all(|&duration| duration == 0.0));
    }
}

#[test]
fn traces_that_are_no_trees_are_named() {
    let spans = || vec![span(0, 0.0, 1.0); 3];
    let edges = |pairs: &[(u32, u32)]| pairs.iter().map(|&(parent, child)| Edge { child, parent }).collect();
    let forest = Trace { id: "forest".into(), spans: spans(), edges: edges(&[(0, 1)]), ..Trace::default() };
    let diamond = Trace { id: "diamond".into(), spans: spans(), edges: edges(&[(0, 1), (0, 2), (1, 2)]), ..Trace::default() };
    let tree = trace(&[0, 1, 1], spans());
    let not_a_tree = |trace: &str, roots, several_parents| CodecError::NotATree { trace: trace.into(), roots, several_parents };
    let (forest_error, diamond_error) = (not_a_tree("forest", 2, 0), not_a_tree("diamond", 1, 1));
    assert_eq!(fit(vec![tree.clone(), forest.clone()], true), Err(forest_error.clone()));
    let codec = fit(vec![tree], true).unwrap();
    let others = corpus([forest, diamond], true);
    assert_eq!(codec.encode(others.trace(0), &mut rng(1, "")), Err(forest_error));
    assert_eq!(codec.encode(others.trace(1), &mut rng(1, "")), Err(diamond_error));
}

#[test]
fn a_chain_that_depth_tokens_can_say_comes_back_and_a_longer_one_is_refused() {
    let chain = |n: u32| {
        let edges = (1..n).map(|child| Edge { child, parent: child - 1 }).collect();
        let spans = (0..n).map(|i| span(i % 3, f64::from(i), 2.0 * f64::from(n - i))).collect();
        Trace { id: format!("chain of {n}"), spans, edges, ..Trace::default() }
    };
    for has_starts in [true, false] {
        let corpus = corpus([chain(65_536)], has_starts);
        let codec = Codec::fit(&corpus, &CodecConfig::default()).unwrap();
        assert_eq!((codec.max_depth(), codec.max_spans()), (65_535, 65_536));
        let after = there_and_back(&codec, &corpus);
        assert_eq!(structure(after.trace(0)), structure(corpus.trace(0)));
        let error = fit(vec![chain(100_000)], has_starts).unwrap_err();
        assert_eq!(error, CodecError::TooDeep { trace: "chain of 100000".into(), depth: 99_999 });
    }
}

#[test]
fn a_hundred_thousand_siblings_come_back() {
    let n = 100_000u32;
    let edges = (1..n).map(|child| Edge { child, parent: 0 }).collect();
    let spans = (0..n).map(|i| span(i % 3, f64::from(i), 2.0 * f64::from(n - i))).collect();
    let corpus = corpus([Trace { spans, edges, ..Trace::default() }], true);
    let codec = Codec::fit(&corpus, &CodecConfig::default()).unwrap();
    let after = there_and_back(&codec, &corpus);
    assert_eq!(structure(after.trace(0)), structure(corpus.trace(0)));
}

#[test]
fn a_codec_that_was_tampered_with_is_refused() {
    let codec = fit(vec![trace(&[0, 1, 1], vec![span(0, 0.0, 9.0), span(1, 1.0, 1.0), span(2, 2.0, 1.0)])], true).unwrap();
    let json = serde_json::to_string(&codec).unwrap();
    assert_eq!(serde_json::from_str::<Codec>(&json).unwrap(), codec);
    for (sound, damaged) in [
        ("\"shortest_us\":[9.0,", "\"shortest_us\":["),
        ("\"shortest_us\":[9.0,", "\"shortest_us\":[-9.0,"),
        ("\"labels\":[[0,0],[1,1]", "\"labels\":[[1,1],[0,0]"),
    ] {
        assert!(json.contains(sound), "{json}");
        let error = serde_json::from_str::<Codec>(&json.replace(sound, damaged)).unwrap_err();
        assert!(error.to_string().contains("damaged"), "{error}");
    }
}
