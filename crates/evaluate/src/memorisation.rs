//! Does a generator repeat what it was fitted on?

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashSet};

use rayon::prelude::*;
use serde::Serialize;
use tracesmith_trace::{Corpus, Signature, SpanLabel, TraceRef, edge_labels, span_labels};

use crate::error::{EvaluationError, require_comparable};
use crate::measurement::{Measure, Measurement, listed};
use crate::metric::{Ceiling, Metric, Role};
use crate::statistics::share;

/// Jaccard similarity of edge-label sets from which two traces are near duplicates.
pub const NEAR: f64 = 0.9;

/// What [`memorisation`] measures.
pub const METRICS: &[Metric] = &[
    Metric::description("memorisation.exact_duplicate_rate", "exact duplicates of training signatures")
        .share()
        .ceiling(Ceiling::Metric("memorisation.natural_rate"))
        .role(Role::Table)
        .column("duplicates")
        .note("microservices repeat themselves: only what is over the natural rate is memorisation"),
    Metric::new("memorisation.excess", "exact duplicates over the natural rate")
        .share()
        .lower()
        .ceiling(Ceiling::Constant(0.0))
        .headline(30)
        .column("duplicates over the natural rate")
        .axis("original traces"),
    Metric::description("memorisation.near_duplicate_rate", "near duplicates (Jaccard ≥ 0.9)")
        .share()
        .ceiling(Ceiling::Metric("memorisation.natural_near_rate"))
        .role(Role::Table)
        .column("near duplicates"),
    Metric::description("memorisation.unique_ratio", "distinct signatures / traces")
        .share()
        .ceiling(Ceiling::Metric("memorisation.real_unique_ratio"))
        .role(Role::Table),
    Metric::new("memorisation.label_coverage", "real (service, operation) pairs covered").share().ceiling(Ceiling::None),
    Metric::new("memorisation.edge_coverage", "real edge patterns covered").share().ceiling(Ceiling::None),
    Metric::description("memorisation.natural_rate", "held-out traces that repeat a training signature")
        .share()
        .ceiling(Ceiling::None)
        .role(Role::Reference),
    Metric::description("memorisation.natural_near_rate", "held-out traces that nearly repeat a training trace")
        .share()
        .ceiling(Ceiling::None)
        .role(Role::Reference),
    Metric::description("memorisation.real_unique_ratio", "distinct signatures / held-out traces")
        .share()
        .ceiling(Ceiling::None)
        .role(Role::Reference),
];

/// How much of a synthetic corpus is copied, and how much copying is natural for the system.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Memorisation {
    /// Share of synthetic traces whose signature is in the training set.
    pub exact_duplicate_rate: f64,
    /// The same share for held-out real traces; only an excess over it is memorisation.
    pub natural_rate: f64,
    /// Duplicate rate − natural rate, in −1–1.
    pub excess: f64,
    /// Share of synthetic traces that are a near duplicate of a training trace (Jaccard of edge-label sets ≥ [`NEAR`]).
    pub near_duplicate_rate: f64,
    /// The same share for held-out real traces.
    pub natural_near_rate: f64,
    /// Distinct synthetic signatures / synthetic traces.
    pub unique_ratio: f64,
    /// The same ratio of the held-out traces.
    pub real_unique_ratio: f64,
    /// Share of the distinct held-out (service, operation) pairs that the synthetic corpus has.
    pub label_coverage: f64,
    /// Share of the distinct held-out (parent, child) label pairs that the synthetic corpus has; 1 if there are none.
    pub edge_coverage: f64,
}

/// Compares synthetic traces with those the generator was fitted on and with held-out ones.
///
/// # Errors
/// An empty corpus, or different vocabularies.
pub fn memorisation(training: &Corpus, held_out: &Corpus, synthetic: &Corpus) -> Result<Memorisation, EvaluationError> {
    require_comparable([("training", training), ("held-out", held_out)])?;
    require_comparable([("training", training), ("synthetic", synthetic)])?;
    let known: HashSet<Signature> = training.traces().map(Signature::of).collect();
    let neighbours = Neighbours::of(training);
    let exact = |corpus: &Corpus| share(corpus.traces().filter(|&trace| known.contains(&Signature::of(trace))).count(), corpus.len(), 0.0);
    let (exact_duplicate_rate, natural_rate) = (exact(synthetic), exact(held_out));
    Ok(Memorisation {
        exact_duplicate_rate,
        natural_rate,
        excess: exact_duplicate_rate - natural_rate,
        near_duplicate_rate: neighbours.near_duplicate_rate(synthetic),
        natural_near_rate: neighbours.near_duplicate_rate(held_out),
        unique_ratio: unique_ratio(synthetic),
        real_unique_ratio: unique_ratio(held_out),
        label_coverage: coverage(&distinct(held_out, span_labels), &distinct(synthetic, span_labels)),
        edge_coverage: coverage(&distinct(held_out, edge_labels), &distinct(synthetic, edge_labels)),
    })
}

/// Share of the traces that are a near duplicate of one of the training traces.
pub(crate) fn near_duplicate_rate(training: &Corpus, corpus: &Corpus) -> f64 {
    Neighbours::of(training).near_duplicate_rate(corpus)
}

/// Tells whether a trace is a near duplicate of one of the training traces.
pub fn near_duplicates_of(training: &Corpus) -> impl Fn(TraceRef<'_>) -> bool + use<> {
    let neighbours = Neighbours::of(training);
    move |trace| neighbours.has_near(&edge_set(trace))
}

fn unique_ratio(corpus: &Corpus) -> f64 {
    share(corpus.traces().map(Signature::of).collect::<HashSet<_>>().len(), corpus.len(), 0.0)
}

fn distinct<'a, L: Ord, I: Iterator<Item = L>>(corpus: &'a Corpus, labels: impl Fn(TraceRef<'a>) -> I) -> BTreeSet<L> {
    corpus.traces().flat_map(labels).collect()
}

fn coverage<L: Ord>(real: &BTreeSet<L>, synthetic: &BTreeSet<L>) -> f64 {
    share(real.intersection(synthetic).count(), real.len(), 1.0)
}

/// Label of the caller, if there is one, and of the called.
type CallLabel = (Option<SpanLabel>, SpanLabel);

/// Labels of the distinct edges of a trace in ascending order. A trace without edges stands for its span labels instead (with no parent), so
/// that two of them are alike only if their labels are.
fn edge_set(trace: TraceRef<'_>) -> Vec<CallLabel> {
    let labels: BTreeSet<_> = if trace.edges.is_empty() {
        span_labels(trace).map(|label| (None, label)).collect()
    } else {
        edge_labels(trace).map(|(parent, child)| (Some(parent), child)).collect()
    };
    labels.into_iter().collect()
}

/// The distinct edge-label sets of the training traces by their size: sets whose sizes differ by more than a tenth cannot be near.
struct Neighbours(Vec<Vec<Vec<CallLabel>>>);

impl Neighbours {
    fn of(corpus: &Corpus) -> Self {
        let distinct: BTreeSet<_> = corpus.traces().map(edge_set).collect();
        let mut by_size = Vec::new();
        for set in distinct {
            by_size.resize_with(by_size.len().max(set.len() + 1), Vec::new);
            by_size[set.len()].push(set);
        }
        Self(by_size)
    }

    fn near_duplicate_rate(&self, corpus: &Corpus) -> f64 {
        let sets: Vec<_> = corpus.traces().map(edge_set).collect();
        let distinct: Vec<_> = sets.iter().collect::<BTreeSet<_>>().into_iter().collect();
        let near: HashSet<_> = distinct.into_par_iter().filter(|set| self.has_near(set)).collect();
        share(sets.iter().filter(|set| near.contains(set)).count(), sets.len(), 0.0)
    }

    fn has_near(&self, set: &[CallLabel]) -> bool {
        let sizes = (set.len() as f64 * NEAR).floor() as usize..=(set.len() as f64 / NEAR).ceil() as usize;
        sizes.filter_map(|size| self.0.get(size)).flatten().any(|other| jaccard(set, other) >= NEAR)
    }
}

/// Jaccard similarity of two ascending lists without repetitions, of which one is not empty.
fn jaccard(a: &[CallLabel], b: &[CallLabel]) -> f64 {
    let (mut i, mut j, mut both) = (0, 0, 0usize);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            Ordering::Less => i += 1,
            Ordering::Greater => j += 1,
            Ordering::Equal => (i, j, both) = (i + 1, j + 1, both + 1),
        }
    }
    both as f64 / (a.len() + b.len() - both) as f64
}

impl Measure for Memorisation {
    fn measurements(&self) -> Vec<Measurement> {
        listed([
            ("memorisation.exact_duplicate_rate", self.exact_duplicate_rate),
            ("memorisation.natural_rate", self.natural_rate),
            ("memorisation.excess", self.excess),
            ("memorisation.near_duplicate_rate", self.near_duplicate_rate),
            ("memorisation.natural_near_rate", self.natural_near_rate),
            ("memorisation.unique_ratio", self.unique_ratio),
            ("memorisation.real_unique_ratio", self.real_unique_ratio),
            ("memorisation.label_coverage", self.label_coverage),
            ("memorisation.edge_coverage", self.edge_coverage),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{corpus, random_corpus};
    use proptest::prelude::*;

    #[test]
    fn copies_are_counted_beside_the_natural_rate() {
        let training = corpus(&[(&[(0, 0, 1.0), (1, 1, 1.0)], &[(0, 1)]), (&[(0, 0, 1.0)], &[])]);
        let held_out = corpus(&[(&[(0, 0, 2.0), (1, 1, 1.0)], &[(0, 1)]), (&[(0, 0, 1.0), (2, 2, 1.0)], &[(0, 1)])]);
        // Two copies with other times, and a lone span of a label that no lone training span has.
        let synthetic =
            corpus(&[(&[(0, 0, 5.0), (1, 1, 5.0)], &[(0, 1)]), (&[(0, 0, 5.0), (1, 1, 6.0)], &[(0, 1)]), (&[(1, 1, 1.0)], &[])]);
        let result = memorisation(&training, &held_out, &synthetic).unwrap();
        assert_eq!((result.exact_duplicate_rate, result.natural_rate), (2.0 / 3.0, 0.5));
        assert!((result.excess - 1.0 / 6.0).abs() < 1e-15);
        assert_eq!((result.near_duplicate_rate, result.natural_near_rate), (2.0 / 3.0, 0.5));
        assert_eq!((result.unique_ratio, result.real_unique_ratio), (2.0 / 3.0, 1.0));
        assert_eq!((result.label_coverage, result.edge_coverage), (2.0 / 3.0, 0.5));
    }

    #[test]
    fn nine_of_ten_edges_in_common_are_near_and_eight_of_ten_are_not() {
        let set = |range: std::ops::Range<u32>| range.map(|i| (None, (i, 0))).collect::<Vec<CallLabel>>();
        let neighbours = Neighbours(vec![vec![]; 10].into_iter().chain([vec![set(0..10)]]).collect());
        assert!(neighbours.has_near(&set(0..9)));
        assert!(!neighbours.has_near(&set(0..8)));
        assert!(!neighbours.has_near(&set(1..11)));
    }

    #[test]
    fn the_multiplicity_of_an_edge_is_part_of_the_signature_but_not_of_its_set() {
        let once = corpus(&[(&[(0, 0, 1.0), (1, 1, 1.0)], &[(0, 1)])]);
        let twice = corpus(&[(&[(0, 0, 1.0), (1, 1, 1.0), (1, 1, 1.0)], &[(0, 1), (0, 2)])]);
        let result = memorisation(&once, &once, &twice).unwrap();
        assert_eq!((result.exact_duplicate_rate, result.near_duplicate_rate), (0.0, 1.0));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn a_training_set_is_its_own_duplicate_and_every_share_is_bounded(seed: u64) {
            let (training, other) = (random_corpus(seed, 12), random_corpus(seed ^ 1, 9));
            let own = memorisation(&training, &training, &training).unwrap();
            prop_assert_eq!([own.exact_duplicate_rate, own.near_duplicate_rate, own.label_coverage, own.edge_coverage], [1.0; 4]);
            for found in memorisation(&training, &other, &other).unwrap().measurements() {
                prop_assert!((0.0..=1.0).contains(&found.value), "{found:?}");
            }
        }
    }
}
