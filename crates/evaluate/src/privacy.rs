//! What a synthetic corpus tells about the very traces its generator was fitted on.
//!
//! All attacks compare traces of the same signature ([`tracesmith_trace::Signature`]) by their durations. [`privacy_ceiling`] runs them
//! on real traces that nothing was fitted on: what it finds is no leak.

mod closest;
mod membership;
mod rare_shapes;
mod records;

use serde::Serialize;
use tracesmith_trace::{Corpus, Split, derive_seed, split};

use crate::error::{EvaluationError, require_comparable};
use crate::measurement::{Measure, Measurement};
use crate::memorisation::near_duplicate_rate;
use crate::metric::{Ceiling, Metric, Role, Unit};
use crate::sampling::canonical_order;

pub use closest::ClosestRecord;
pub use membership::{FALSE_POSITIVE_RATE, MembershipInference, membership_from_losses, membership_from_scores};
pub use rare_shapes::{Below, LEVELS, RareShapes, occurrences};
pub use records::MAX_TRACES;

use records::Records;

/// What [`privacy()`] measures, and what [`membership_from_losses`] does.
pub const METRICS: &[Metric] = &[
    Metric::new("privacy.dcr_closer_to_training", "closer to training than to held-out traces (0.5 = private)")
        .nearer(0.5)
        .column("DCR share"),
    Metric::description("privacy.dcr_p5", "distance to the closest training record, 5th percentile").role(Role::Table),
    Metric::description("privacy.dcr_traces", "traces whose signature both training and held-out traces have").unit(Unit::Count),
    Metric::auc("privacy.membership_auc", "membership inference: AUC (0.5 = private)").column("membership AUC").axis("private members"),
    Metric::new("privacy.membership_tpr_at_1pct_fpr", "membership inference: true positives at 1 % false ones")
        .share()
        .nearer(0.01)
        .headline(20),
    Metric::auc("privacy.likelihood.auc", "membership inference by likelihood: AUC").ceiling(Ceiling::None).column("… by likelihood"),
    Metric::new("privacy.likelihood.tpr_at_1pct_fpr", "membership inference by likelihood: true positives at 1 % false ones")
        .share()
        .nearer(0.01)
        .ceiling(Ceiling::None)
        .headline(21),
    Metric::description("privacy.rare_shapes.k2", "traces of a shape seen in one training trace").share(),
    Metric::description("privacy.rare_shapes.k5", "traces of a shape seen in fewer than 5 training traces").share().role(Role::Table),
    Metric::description("privacy.rare_shapes.k10", "traces of a shape seen in fewer than 10 training traces").share(),
    Metric::description("privacy.rare_shapes.never_seen", "traces of a shape never seen in training").share().role(Role::Table),
    Metric::description("privacy.near_duplicates", "near duplicates of training traces").share(),
];

/// Held-out traces below which they are not split for a ceiling.
pub const MIN_TRACES_OF_CEILING: usize = 40;

/// The attacks on a synthetic corpus.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Privacy {
    /// Share of synthetic traces that are a near duplicate of a training trace ([`crate::memorisation::NEAR`]).
    pub near_duplicates: f64,
    /// Distance to the closest record; `None` if no synthetic trace has a signature of both training and held-out traces.
    pub closest_record: Option<ClosestRecord>,
    /// The attack by the nearest synthetic trace: the score of a real trace is minus the distance to the closest synthetic trace of the same
    /// signature, −∞ if there is none.
    pub membership: MembershipInference,
    /// Synthetic traces with shapes that are rare in the training set.
    pub rare_shapes: RareShapes,
}

/// Attacks `synthetic`, whose generator was fitted on `training` and never saw `held_out`. Of larger corpora [`MAX_TRACES`] traces are
/// compared by their durations; the time grows with the product of the numbers of traces of one signature.
///
/// # Errors
/// An empty corpus, or different vocabularies.
pub fn privacy(training: &Corpus, held_out: &Corpus, synthetic: &Corpus, seed: u64) -> Result<Privacy, EvaluationError> {
    attack(training, held_out, synthetic, seed).map(|attack| attack.privacy)
}

/// The attacks with the traces that they concern, of each kind the nearest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Attack {
    /// What the attacks found.
    pub privacy: Privacy,
    /// Synthetic traces that are closer to a training trace than to any held-out one, with both distances.
    pub copies: Vec<Exposure>,
    /// Training traces with the distance to the closest synthetic one.
    pub members: Vec<Exposure>,
}

/// A trace that is close to another one.
#[derive(Debug, Clone, PartialEq)]
pub struct Exposure {
    /// Its id.
    pub id: String,
    /// Euclidean, of ln(1 + µs).
    pub distance: f64,
    /// The distance to what it was not made from.
    pub expected: Option<f64>,
}

/// [`privacy`] with the traces that are exposed.
///
/// # Errors
/// As [`privacy`].
pub fn attack(training: &Corpus, held_out: &Corpus, synthetic: &Corpus, seed: u64) -> Result<Attack, EvaluationError> {
    require_comparable([("training", training), ("held-out", held_out)])?;
    require_comparable([("training", training), ("synthetic", synthetic)])?;
    let [of_training, of_held_out, of_synthetic] = [training, held_out, synthetic].map(|corpus| records::chosen(corpus, seed));
    let known = (Records::of(training, &of_training), Records::of(held_out, &of_held_out));
    let neighbourhoods =
        records::map_records(synthetic, &of_synthetic, |signature, record| closest::neighbourhood(&known.0, &known.1, &signature, &record));
    let released = Records::of(synthetic, &of_synthetic);
    let scores = |corpus: &Corpus, positions: &[usize]| {
        let score = |signature, record: Vec<f64>| released.nearest(&signature, &record).map_or(f64::NEG_INFINITY, |near| -near.distance);
        records::map_records(corpus, positions, score)
    };
    let (of_members, of_others) = (scores(training, &of_training), scores(held_out, &of_held_out));
    let exposure = |corpus: &Corpus, position: usize, distance: f64, expected| {
        let id = corpus.trace(position).id.to_owned();
        Exposure { id, distance, expected }
    };
    let copies = of_synthetic.iter().zip(&neighbourhoods).filter_map(|(&position, neighbourhood)| {
        let (distance, expected) = neighbourhood.as_ref()?.distances();
        (distance < expected).then(|| exposure(synthetic, position, distance, Some(expected)))
    });
    let members = of_training.iter().zip(&of_members).filter(|(_, score)| score.is_finite());
    Ok(Attack {
        copies: nearest_first(copies.collect()),
        members: nearest_first(members.map(|(&position, &score)| exposure(training, position, -score, None)).collect()),
        privacy: Privacy {
            near_duplicates: near_duplicate_rate(training, synthetic),
            closest_record: closest::closest_record(&neighbourhoods.into_iter().flatten().collect::<Vec<_>>()),
            membership: membership_from_scores(&of_members, &of_others)?,
            rare_shapes: rare_shapes::rare_shapes(training, synthetic),
        },
    })
}

/// Of equal distances the one that is farther from the others, so that the order of traces does not matter.
fn nearest_first(mut exposures: Vec<Exposure>) -> Vec<Exposure> {
    exposures.sort_by(|a, b| {
        let expected = |exposure: &Exposure| exposure.expected.unwrap_or(0.0);
        a.distance.total_cmp(&b.distance).then_with(|| expected(b).total_cmp(&expected(a))).then_with(|| a.id.cmp(&b.id))
    });
    exposures
}

/// [`privacy`] of one half of the held-out traces, as if they were synthetic, with the other half as held-out. `None` with fewer than
/// [`MIN_TRACES_OF_CEILING`] held-out traces.
///
/// # Errors
/// As [`privacy`].
pub fn privacy_ceiling(training: &Corpus, held_out: &Corpus, seed: u64) -> Result<Option<Privacy>, EvaluationError> {
    require_comparable([("training", training), ("held-out", held_out)])?;
    if held_out.len() < MIN_TRACES_OF_CEILING {
        return Ok(None);
    }
    let order = canonical_order(held_out);
    let half = |ranks: Vec<usize>| held_out.select(&ranks.into_iter().map(|rank| order[rank]).collect::<Vec<_>>());
    let Split { train, held_out } = split(order.len(), 0.5, derive_seed(seed, "privacy ceiling"));
    privacy(training, &half(train), &half(held_out), seed).map(Some)
}

impl Measure for Privacy {
    fn measurements(&self) -> Vec<Measurement> {
        let mut found = vec![Measurement::new("privacy.near_duplicates", self.near_duplicates)];
        if let Some(ClosestRecord { closer_to_training, p5, traces }) = self.closest_record {
            found.push(Measurement::new("privacy.dcr_closer_to_training", closer_to_training).of(traces));
            found.push(Measurement::new("privacy.dcr_p5", p5).of(traces));
            found.push(Measurement::new("privacy.dcr_traces", traces as f64));
        }
        found.extend(self.membership.under("privacy.membership_"));
        found.extend(self.rare_shapes.measurements());
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{copies, corpus, random_corpus};
    use proptest::prelude::*;
    use rand::RngExt;
    use tracesmith_trace::rng;

    /// Requests of three shapes with log-uniform durations.
    fn requests(seed: u64, traces: usize) -> Corpus {
        let mut rng = rng(seed, "requests");
        let mut duration = |rank: f64| (rng.random_range(0.0..3.0f64) + rank).exp();
        let shapes: Vec<Corpus> = (0..traces)
            .map(|i| match i % 3 {
                0 => corpus(&[(&[(0, 0, duration(6.0)), (1, 1, duration(4.0)), (2, 2, duration(2.0))], &[(0, 1), (1, 2)])]),
                1 => corpus(&[(&[(0, 1, duration(5.0)), (1, 1, duration(3.0))], &[(0, 1)])]),
                _ => corpus(&[(&[(0, 2, duration(6.0)), (1, 3, duration(4.0)), (2, 3, duration(4.0))], &[(0, 1), (0, 2)])]),
            })
            .collect();
        Corpus::concat(&shapes.iter().collect::<Vec<_>>())
    }

    /// A generator that repeats its training traces with durations that are at most 1 % off.
    fn overfitted(training: &Corpus, seed: u64) -> Corpus {
        let mut rng = rng(seed, "jitter");
        let mut builder = training.empty_like();
        for trace in training.traces() {
            let mut trace = trace.to_owned();
            trace.spans.iter_mut().for_each(|span| span.duration_us *= rng.random_range(0.99..1.01));
            builder.push(trace).unwrap();
        }
        builder.finish()
    }

    #[test]
    fn training_traces_with_one_percent_of_jitter_are_caught() {
        for held_out_traces in [300, 75] {
            let (training, held_out) = (requests(1, 300), requests(2, held_out_traces));
            let leak = privacy(&training, &held_out, &overfitted(&training, 3), 0).unwrap();
            let closest = leak.closest_record.unwrap();
            assert!(closest.closer_to_training > 0.95 && closest.p5 < 0.02, "{closest:?}");
            assert_eq!(closest.traces, 300);
            assert!(leak.membership.auc.value > 0.9 && leak.membership.auc.low > 0.85, "{:?}", leak.membership);
            assert!(leak.membership.tpr_at_1pct_fpr.value > 0.3, "{:?}", leak.membership);
            assert_eq!(leak.near_duplicates, 1.0);
        }
    }

    #[test]
    fn a_fresh_real_sample_is_private_whatever_the_sizes() {
        for held_out_traces in [600, 150] {
            let fresh = privacy(&requests(1, 600), &requests(2, held_out_traces), &requests(3, 600), 0).unwrap();
            let closest = fresh.closest_record.unwrap();
            assert!((closest.closer_to_training - 0.5).abs() < 0.08, "{closest:?}");
            let auc = fresh.membership.auc;
            assert!(auc.low <= 0.5 && 0.5 <= auc.high, "{auc:?}");
            assert!(fresh.membership.tpr_at_1pct_fpr.value < 0.1, "{:?}", fresh.membership);
        }
        let ceiling = privacy_ceiling(&requests(1, 600), &requests(2, 400), 0).unwrap().unwrap();
        assert!((ceiling.closest_record.unwrap().closer_to_training - 0.5).abs() < 0.1);
        assert_eq!(privacy_ceiling(&requests(1, 60), &requests(2, MIN_TRACES_OF_CEILING - 1), 0), Ok(None));
    }

    #[test]
    fn equal_durations_and_foreign_labels_have_defined_values() {
        let flat = copies(5, &[(0, 0, 7.0)], &[]);
        let same = privacy(&flat, &flat, &flat, 0).unwrap();
        assert_eq!((same.closest_record.unwrap().closer_to_training, same.membership.auc.value), (0.5, 0.5));
        let foreign = privacy(&flat, &flat, &copies(3, &[(2, 3, 7.0)], &[]), 0).unwrap();
        assert_eq!((foreign.closest_record.clone(), foreign.membership.auc.value), (None, 0.5));
        assert_eq!(foreign.rare_shapes.never_seen, 3);
        assert!(foreign.measurements().iter().all(|found| found.value.is_finite()));
        assert!(matches!(privacy(&flat, &flat, &corpus(&[]), 0), Err(EvaluationError::EmptyCorpus { side: "synthetic", .. })));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn figures_are_bounded_and_blind_to_the_order_of_traces(seed: u64, traces in 1usize..30, others in 1usize..50) {
            let (training, held_out, synthetic) = (random_corpus(seed, traces), random_corpus(seed ^ 1, others), random_corpus(seed ^ 2, traces));
            let result = privacy(&training, &held_out, &synthetic, seed).unwrap();
            for (key, value) in crate::measurement::flat(&result.measurements()) {
                let unbounded = key == "privacy.dcr_p5" || key == "privacy.dcr_traces";
                prop_assert!(value >= 0.0 && value.is_finite() && (unbounded || value <= 1.0), "{key} {value}");
            }
            let reversed = |corpus: &Corpus| corpus.select(&(0..corpus.len()).rev().collect::<Vec<_>>());
            prop_assert_eq!(privacy(&reversed(&training), &reversed(&held_out), &reversed(&synthetic), seed).unwrap(), result);
            let ceiling = privacy_ceiling(&training, &held_out, seed).unwrap();
            prop_assert_eq!(privacy_ceiling(&training, &reversed(&held_out), seed).unwrap(), ceiling);
        }

        #[test]
        fn swapping_training_and_held_out_turns_the_figures_round(seed: u64) {
            let (a, b, synthetic) = (requests(seed, 30), requests(seed ^ 1, 21), requests(seed ^ 2, 24));
            let (there, back) = (privacy(&a, &b, &synthetic, 0).unwrap(), privacy(&b, &a, &synthetic, 0).unwrap());
            prop_assert!((there.membership.auc.value + back.membership.auc.value - 1.0).abs() < 1e-9);
            let closer = |of: &Privacy| of.closest_record.as_ref().unwrap().closer_to_training;
            prop_assert!((closer(&there) + closer(&back) - 1.0).abs() < 1e-9);
        }
    }
}
