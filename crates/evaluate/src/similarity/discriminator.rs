//! How well a random forest tells synthetic spans from real ones by their labels.

use std::collections::BTreeMap;

use serde::Serialize;
use tracesmith_trace::{Corpus, SpanLabel, Split, derive_seed, span_labels, split};

use super::forest::{Forest, ForestSettings, Row};
use crate::measurement::{Measure, Measurement, listed};
use crate::ranking::{Scored, roc_auc};
use crate::sampling::canonical_order;
use crate::statistics::share;

/// The forest that METRICS prescribes.
pub const SETTINGS: ForestSettings = ForestSettings { trees: 200, depth: 6, leaf: 20 };

/// Share of the traces of each side that the forest is tested on.
const TEST_SHARE: f64 = 0.3;

/// A classifier of origin on spans of traces that it has not seen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Discriminator {
    /// Number of test spans.
    pub test_spans: usize,
    /// Share of test spans whose origin is recognised.
    pub accuracy: f64,
    /// Share of the larger side among the test spans: what guessing always the same gives.
    pub chance: f64,
    /// Area under the ROC curve; 0.5 = indistinguishable.
    pub auc: f64,
}

/// Spans of each label, real and synthetic.
type LabelCounts = BTreeMap<SpanLabel, [u64; 2]>;

/// Trains on 70 % of the traces of each side and tests on the others; `None` if a side has fewer than two traces.
pub(super) fn forest_discriminator(real: &Corpus, synthetic: &Corpus, seed: u64) -> Option<Discriminator> {
    if real.len() < 2 || synthetic.len() < 2 {
        return None;
    }
    let (mut train, mut test) = (LabelCounts::new(), LabelCounts::new());
    for (side, corpus) in [real, synthetic].into_iter().enumerate() {
        let order = canonical_order(corpus);
        let Split { train: fitted, held_out } = split(corpus.len(), TEST_SHARE, derive_seed(seed, "forest split"));
        for (counts, ranks) in [(&mut train, fitted), (&mut test, held_out)] {
            let labels = ranks.into_iter().flat_map(|rank| span_labels(corpus.trace(order[rank])));
            labels.for_each(|label| counts.entry(label).or_default()[side] += 1);
        }
    }
    let services = real.services().len();
    let active = |label: &SpanLabel| [label.0 as usize, services + label.1 as usize];
    let rows: Vec<Row<2>> = train.iter().map(|(label, &counts)| Row { active: active(label), counts }).collect();
    let forest = Forest::fit(&rows, services + real.operations().len(), SETTINGS, seed);
    Some(judge(&test, |label| forest.probability(&active(label))))
}

/// Scores the probability of being synthetic on counted test spans; an even probability counts as real.
fn judge(test: &LabelCounts, probability: impl Fn(&SpanLabel) -> f64) -> Discriminator {
    let mut scored: Vec<Scored> = Vec::new();
    for (label, counts) in test {
        let score = probability(label);
        scored.extend([false, true].into_iter().flat_map(|synthetic| (0..counts[usize::from(synthetic)]).map(move |_| (score, synthetic))));
    }
    let synthetic = scored.iter().filter(|sample| sample.1).count();
    let right = scored.iter().filter(|(score, synthetic)| (*score > 0.5) == *synthetic).count();
    Discriminator {
        test_spans: scored.len(),
        accuracy: share(right, scored.len(), 0.0),
        chance: share(synthetic.max(scored.len() - synthetic), scored.len(), 0.0),
        auc: roc_auc(&scored),
    }
}

impl Measure for Discriminator {
    fn measurements(&self) -> Vec<Measurement> {
        listed([
            ("similarity.forest.accuracy", self.accuracy),
            ("similarity.forest.chance", self.chance),
            ("similarity.forest.auc", self.auc),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{copies, random_corpus};

    #[test]
    fn counted_spans_are_judged_as_worked_out_by_hand() {
        let test = LabelCounts::from([((0, 0), [3, 1]), ((1, 1), [0, 4])]);
        let result = judge(&test, |label| if label.0 == 0 { 0.5 } else { 0.8 });
        assert_eq!((result.test_spans, result.accuracy, result.chance), (8, 7.0 / 8.0, 5.0 / 8.0));
        // Of 15 pairs 12 are won and 3 tied.
        assert_eq!(result.auc, 13.5 / 15.0);
    }

    #[test]
    fn other_services_are_recognised_and_the_same_traces_are_not() {
        let side = |service| copies(40, &[(service, 0, 1.0), (service, 1, 1.0)], &[(0, 1)]);
        let apart = forest_discriminator(&side(0), &side(1), 1).unwrap();
        assert_eq!((apart.accuracy, apart.auc, apart.chance), (1.0, 1.0, 0.5));
        let same = random_corpus(3, 200);
        let mixed = forest_discriminator(&same, &same, 1).unwrap();
        assert!((mixed.auc - 0.5).abs() < 0.05 && (mixed.accuracy - 0.5).abs() < 0.05, "{mixed:?}");
    }

    #[test]
    fn a_single_trace_cannot_be_split() {
        assert_eq!(forest_discriminator(&random_corpus(1, 1), &random_corpus(2, 9), 0), None);
    }
}
