//! Did the mix of kinds (labels, shapes) change between two corpora, or is the difference that of two samples?

use std::collections::BTreeMap;

use rand::seq::SliceRandom;
use serde::Serialize;
use tracesmith_trace::{Corpus, Signature, TraceRef, rng};

use tracesmith_evaluate::sampling::canonical_order;
use tracesmith_evaluate::statistics::js_similarity;

/// Random divisions that an observed distance is compared with; the smallest probability is one over one more than that.
pub const PERMUTATIONS: usize = 199;

/// How far two mixes are apart.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Shift {
    /// Jensen–Shannon distance, base 2: 0 for equal mixes, 1 for disjoint ones.
    pub distance: f64,
    /// Share of the random divisions of all traces, into parts of the same sizes, whose distance is at least as large (the observed one
    /// included): few traces of many kinds are far apart by chance.
    pub probability: f64,
}

/// Compares how often the kinds occur that `kinds` finds in a trace. Whole traces are dealt anew, because spans of one trace go together.
/// O([`PERMUTATIONS`] · kinds found).
pub(crate) fn shift<'a, K: Ord>(first: &'a Corpus, second: &'a Corpus, seed: u64, kinds: impl Fn(TraceRef<'a>) -> Vec<K>) -> Shift {
    let (traces, different) = numbered(first, second, kinds);
    let mut order: Vec<usize> = (0..traces.len()).collect();
    let observed = distance(&traces, &order, first.len(), different);
    let mut rng = rng(seed, "shift");
    let as_far = (0..PERMUTATIONS).filter(|_| {
        order.shuffle(&mut rng);
        // Sums of the same terms in another order are not exactly equal.
        distance(&traces, &order, first.len(), different) >= observed - 1e-12
    });
    Shift { distance: observed, probability: (as_far.count() + 1) as f64 / (PERMUTATIONS + 1) as f64 }
}

/// Change of the mix of whole shapes.
pub(crate) fn shape_shift(first: &Corpus, second: &Corpus, seed: u64) -> Shift {
    shift(first, second, seed, |trace: TraceRef<'_>| vec![Signature::of(trace)])
}

/// Kinds of every trace as numbers, traces of `first` before those of `second`, and how many kinds there are.
fn numbered<'a, K: Ord>(first: &'a Corpus, second: &'a Corpus, kinds: impl Fn(TraceRef<'a>) -> Vec<K>) -> (Vec<Vec<usize>>, usize) {
    let mut found = Vec::with_capacity(first.len() + second.len());
    for corpus in [first, second] {
        found.extend(canonical_order(corpus).into_iter().map(|position| kinds(corpus.trace(position))));
    }
    let mut numbers: BTreeMap<&K, usize> = found.iter().flatten().map(|kind| (kind, 0)).collect();
    numbers.values_mut().enumerate().for_each(|(number, value)| *value = number);
    let traces = found.iter().map(|kinds| kinds.iter().map(|kind| numbers[kind]).collect()).collect();
    (traces, numbers.len())
}

/// Distance between the first `split` traces of the order and the others.
fn distance(traces: &[Vec<usize>], order: &[usize], split: usize, different: usize) -> f64 {
    let count = |positions: &[usize]| {
        let mut counts = vec![0u64; different];
        positions.iter().flat_map(|&position| &traces[position]).for_each(|&kind| counts[kind] += 1);
        counts.into_iter().enumerate().filter(|&(_, count)| count > 0).collect::<BTreeMap<_, _>>()
    };
    1.0 - js_similarity(&count(&order[..split]), &count(&order[split..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{copies, random_corpus, reversed};
    use tracesmith_trace::span_labels;

    fn labels(first: &Corpus, second: &Corpus) -> Shift {
        shift(first, second, 5, |trace| span_labels(trace).collect())
    }

    #[test]
    fn the_same_traces_are_not_apart_and_disjoint_ones_wholly() {
        let (a, b) = (copies(20, &[(0, 0, 1.0)], &[]), copies(30, &[(1, 1, 1.0)], &[]));
        assert_eq!(labels(&a, &a), Shift { distance: 0.0, probability: 1.0 });
        assert_eq!(labels(&a, &b), Shift { distance: 1.0, probability: 1.0 / 200.0 });
    }

    #[test]
    fn distances_and_probabilities_of_four_traces_are_as_worked_out_by_hand() {
        let single = |label| copies(1, &[(label, 0, 1.0)], &[]);
        let pair = |first, second| Corpus::concat(&[&single(first), &single(second)]);
        // Of the six divisions of a, a, b, b into pairs two are as far apart.
        let mean: f64 = (0..40).map(|seed| shift(&pair(0, 0), &pair(1, 1), seed, |trace| span_labels(trace).collect()).probability).sum();
        assert!((mean / 40.0 - 1.0 / 3.0).abs() < 0.02, "{mean}");
        // Wherever the one b lies, the shares are (1, 0) and (1/2, 1/2).
        let Shift { distance, probability } = labels(&pair(0, 0), &pair(0, 1));
        let divergence = ((4.0f64 / 3.0).log2() + 0.5 * (2.0f64 / 3.0).log2() + 0.5) / 2.0;
        assert!((distance - divergence.sqrt()).abs() < 1e-12 && probability == 1.0, "{distance} {probability}");
    }

    #[test]
    fn two_samples_of_one_mix_are_apart_by_chance() {
        let shift = labels(&random_corpus(1, 30), &random_corpus(2, 30));
        assert!(shift.distance > 0.1 && shift.probability > 0.05, "{shift:?}");
    }

    #[test]
    fn the_order_of_traces_does_not_matter() {
        let (a, b) = (random_corpus(3, 15), random_corpus(4, 25));
        assert_eq!(labels(&a, &b), labels(&reversed(&a), &reversed(&b)));
    }

    #[test]
    fn one_trace_is_never_far_from_another_beyond_chance() {
        let shift = labels(&copies(1, &[(0, 0, 1.0)], &[]), &copies(1, &[(1, 1, 1.0)], &[]));
        assert_eq!(shift, Shift { distance: 1.0, probability: 1.0 });
    }
}
