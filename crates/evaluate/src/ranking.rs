//! How well scores put positives before negatives.

use serde::Serialize;

use crate::statistics::share;

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

/// A figure and its 95 % confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// The figure.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// 97.5 % quantile of the standard normal distribution.
const NORMAL_QUANTILE: f64 = 1.959963984540054;

/// [`roc_auc`] with the 95 % confidence interval of DeLong, DeLong & Clarke-Pearson (1988), cut at 0 and 1. O(n log n).
///
/// With fewer than two samples of either kind the variance is unknown and the interval 0–1. Scores without a single pair out of order have an
/// interval of width 0, however few they are: that is a property of the method.
pub fn roc_auc_interval(samples: &[Scored]) -> Interval {
    let auc = roc_auc(samples);
    let positives = samples.iter().filter(|sample| sample.1).count() as f64;
    let negatives = samples.len() as f64 - positives;
    if positives < 2.0 || negatives < 2.0 {
        return Interval { value: auc, low: 0.0, high: 1.0 };
    }
    // The share of the other side that a sample wins against is its component of the AUC; the variance is that of the components.
    let (mut positives_above, mut negatives_above, mut of_positives, mut of_negatives) = (0.0, 0.0, 0.0, 0.0);
    for (positive, negative) in tied_groups(samples) {
        let won_by_positive = (negatives - negatives_above - negative / 2.0) / negatives;
        let won_over_negative = (positives_above + positive / 2.0) / positives;
        of_positives += positive * (won_by_positive - auc).powi(2);
        of_negatives += negative * (won_over_negative - auc).powi(2);
        positives_above += positive;
        negatives_above += negative;
    }
    let variance = of_positives / (positives * (positives - 1.0)) + of_negatives / (negatives * (negatives - 1.0));
    let half = NORMAL_QUANTILE * variance.sqrt();
    Interval { value: auc, low: (auc - half).max(0.0), high: (auc + half).min(1.0) }
}

/// The largest share of positives above a threshold that at most the share `false_positive_rate` of the negatives reaches, with the 95 %
/// interval of Wilson (1927) for that share. 0 if there are no positives; 0 within 0–1 if there is nothing to rank.
pub fn true_positive_rate_at(samples: &[Scored], false_positive_rate: f64) -> Interval {
    let positives = samples.iter().filter(|sample| sample.1).count();
    let negatives = samples.len() - positives;
    let allowed = false_positive_rate * negatives as f64;
    let (mut hits, mut alarms) = (0.0, 0.0);
    for (positive, negative) in tied_groups(samples) {
        if alarms + negative > allowed {
            break;
        }
        hits += positive;
        alarms += negative;
    }
    // Without negatives no threshold can be set.
    let hits = if negatives == 0 { 0.0 } else { hits };
    wilson(hits as usize, positives)
}

/// The share `hits / of` with the score interval of Wilson (1927); the interval of nothing is 0–1.
fn wilson(hits: usize, of: usize) -> Interval {
    let value = share(hits, of, 0.0);
    if of == 0 {
        return Interval { value, low: 0.0, high: 1.0 };
    }
    let (n, z2) = (of as f64, NORMAL_QUANTILE * NORMAL_QUANTILE);
    let centre = (value + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = NORMAL_QUANTILE / (1.0 + z2 / n) * (value * (1.0 - value) / n + z2 / (4.0 * n * n)).sqrt();
    // Rounding must not put the figure outside its interval.
    Interval { value, low: (centre - half).clamp(0.0, value), high: (centre + half).clamp(value, 1.0) }
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

    #[test]
    fn the_variance_of_an_auc_is_that_of_its_components() {
        // Positives 3 and 1, negatives 2 and 0: the positives win 1 and 1/2, the negatives lose 1/2 and 1.
        let interval = roc_auc_interval(&[(3.0, true), (1.0, true), (2.0, false), (0.0, false)]);
        // Components 1, 1/2 about 3/4 have the sample variance 1/8 on both sides: (1/8)/2 + (1/8)/2 = 1/8.
        assert_eq!((interval.value, interval.high), (0.75, 1.0));
        assert!((interval.low - (0.75 - NORMAL_QUANTILE * 0.125f64.sqrt())).abs() < 1e-12);
        assert_eq!(roc_auc_interval(&[(1.0, true), (0.0, false)]), Interval { value: 1.0, low: 0.0, high: 1.0 });
    }

    #[test]
    fn positives_are_counted_down_to_the_negatives_that_are_allowed() {
        let samples = [(5.0, true), (4.0, false), (3.0, true), (2.0, false), (1.0, true), (1.0, false)];
        assert_eq!(true_positive_rate_at(&samples, 0.01).value, 1.0 / 3.0);
        assert_eq!(true_positive_rate_at(&samples, 1.0 / 3.0).value, 2.0 / 3.0);
        assert_eq!(true_positive_rate_at(&samples, 1.0).value, 1.0);
        // A positive that ties with too many negatives is not above the threshold.
        assert_eq!(true_positive_rate_at(&[(1.0, true), (1.0, false)], 0.5).value, 0.0);
        assert_eq!(true_positive_rate_at(&[], 0.5), Interval { value: 0.0, low: 0.0, high: 1.0 });
    }

    #[test]
    fn traces_that_are_infinitely_far_away_are_ranked_last() {
        let far = f64::NEG_INFINITY;
        assert_eq!(roc_auc(&[(-1.0, true), (far, true), (far, false), (far, false)]), 0.75);
    }

    proptest! {
        #[test]
        fn an_interval_holds_its_figure(samples in prop::collection::vec((0u8..5, any::<bool>()), 0..40)) {
            let scored: Vec<Scored> = samples.iter().map(|&(score, positive)| (f64::from(score), positive)).collect();
            for Interval { value, low, high } in [roc_auc_interval(&scored), true_positive_rate_at(&scored, 0.1)] {
                prop_assert!(0.0 <= low && low <= value && value <= high && high <= 1.0, "{low} {value} {high}");
            }
        }

        #[test]
        fn turning_the_scores_round_turns_the_auc_round(samples in prop::collection::vec((0u8..5, any::<bool>()), 0..40)) {
            let scored: Vec<Scored> = samples.iter().map(|&(score, positive)| (f64::from(score), positive)).collect();
            let turned: Vec<Scored> = scored.iter().map(|&(score, positive)| (-score, positive)).collect();
            prop_assert!((roc_auc(&scored) + roc_auc(&turned) - 1.0).abs() < 1e-12);
            prop_assert!((0.0..=1.0).contains(&average_precision(&scored)));
        }
    }
}
