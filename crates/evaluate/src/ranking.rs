//! How well scores put positives before negatives.

/// A score and whether its sample is positive.
pub type Scored = (f64, bool);

/// Area under the ROC curve: the share of (positive, negative) pairs in which the positive scores higher, ties counting one half.
///
/// 0.5 if there is no positive or no negative sample: nothing can be ranked then.
pub fn roc_auc(samples: &[Scored]) -> f64 {
    let (mut won, mut negatives_above, mut positives) = (0.0, 0.0, 0.0);
    for (positive, negative) in tied_groups(samples) {
        // `won` counts lost pairs while the groups descend: negatives that stand above a positive.
        won += positive * (negatives_above + negative / 2.0);
        negatives_above += negative;
        positives += positive;
    }
    if positives == 0.0 || negatives_above == 0.0 { 0.5 } else { 1.0 - won / (positives * negatives_above) }
}

/// Average precision Σ (Rₙ − Rₙ₋₁)·Pₙ over descending thresholds, the step-wise area under the precision–recall curve.
///
/// 0 if there is no positive sample (scikit-learn's convention).
pub fn average_precision(samples: &[Scored]) -> f64 {
    let (mut hits, mut seen, mut sum) = (0.0, 0.0, 0.0);
    for (positive, negative) in tied_groups(samples) {
        hits += positive;
        seen += positive + negative;
        sum += positive * hits / seen;
    }
    if hits == 0.0 { 0.0 } else { sum / hits }
}

/// Numbers of positives and negatives of every distinct score, the highest score first.
fn tied_groups(samples: &[Scored]) -> Vec<(f64, f64)> {
    let mut samples = samples.to_vec();
    samples.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let count = |group: &[Scored], positive| group.iter().filter(|sample| sample.1 == positive).count() as f64;
    samples.chunk_by(|a, b| a.0 == b.0).map(|group| (count(group, true), count(group, false))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn auc_counts_pairs_in_order_and_half_of_the_ties() {
        // Positives 0.9 and 0.4, negatives 0.4 and 0.1: of 4 pairs 3 are won and one is tied.
        assert_eq!(roc_auc(&[(0.9, true), (0.4, true), (0.4, false), (0.1, false)]), 3.5 / 4.0);
        assert_eq!(roc_auc(&[(0.9, true)]), 0.5);
        assert_eq!(roc_auc(&[]), 0.5);
    }

    #[test]
    fn average_precision_steps_at_every_threshold() {
        // Ranked positive, negative, positive: 1/2 · 1 + 1/2 · 2/3.
        assert!((average_precision(&[(0.9, true), (0.8, false), (0.7, true)]) - 5.0 / 6.0).abs() < 1e-15);
        assert_eq!(average_precision(&[(0.9, false)]), 0.0);
    }

    proptest! {
        #[test]
        fn turning_the_scores_round_turns_the_auc_round(samples in prop::collection::vec((0u8..5, any::<bool>()), 0..40)) {
            let scored: Vec<Scored> = samples.iter().map(|&(score, positive)| (f64::from(score), positive)).collect();
            let turned: Vec<Scored> = scored.iter().map(|&(score, positive)| (-score, positive)).collect();
            prop_assert!((roc_auc(&scored) + roc_auc(&turned) - 1.0).abs() < 1e-12);
            prop_assert!((0.0..=1.0).contains(&average_precision(&scored)));
        }
    }
}
