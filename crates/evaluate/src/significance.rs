//! Can two samples be of one distribution, and how far apart are they if not?

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, Normal};
use statrs::stats_tests::{Alternative, fishers_exact};
pub use tracesmith_trace::operations::Rate;

/// The test of Mann & Whitney (1947) of a second sample against a first one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MannWhitney {
    /// U of the second sample: pairs in which its value is the larger one, ties counting one half.
    pub u: f64,
    /// Cliff's delta, which is also the rank-biserial correlation: 2U/(nm) − 1. 1 if every value of the second sample is larger, −1 if every
    /// one is smaller, 0 if neither sample tends to be.
    pub cliffs_delta: f64,
    /// Probability of a U at least as far from nm/2 if both samples are of one distribution.
    pub two_sided: f64,
    /// Probability of a U at least as large.
    pub greater: f64,
}

/// Compares two samples by the normal approximation with the correction for ties and for continuity. O(n log n).
///
/// `statrs` has the same test, but compares every pair of values to find a NaN (quadratic), takes a tail as 1 − cdf (0 below 1e-16, which
/// no adjustment for many tests brings back), and gives one tail a call.
///
/// Probabilities are 1 where all values are equal; `None` if a sample is empty.
pub fn mann_whitney(first: &[f64], second: &[f64]) -> Option<MannWhitney> {
    if first.is_empty() || second.is_empty() {
        return None;
    }
    let side = |values: &[f64], of_second: bool| values.iter().map(|value| (value + 0.0, of_second)).collect::<Vec<_>>();
    let mut pooled = [side(first, false), side(second, true)].concat();
    pooled.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let (mut u, mut first_below, mut ties) = (0.0, 0.0, 0.0);
    for group in pooled.chunk_by(|a, b| a.0 == b.0) {
        let seconds = group.iter().filter(|value| value.1).count() as f64;
        let firsts = group.len() as f64 - seconds;
        u += seconds * (first_below + firsts / 2.0);
        first_below += firsts;
        ties += (group.len() as f64).powi(3) - group.len() as f64;
    }
    let (n, m) = (first.len() as f64, second.len() as f64);
    let (pairs, all) = (n * m, n + m);
    let deviation = (pairs / 12.0 * (all + 1.0 - ties / (all * (all - 1.0)))).max(0.0).sqrt();
    let at_least = |u: f64| if deviation > 0.0 { upper_tail((u - pairs / 2.0 - 0.5) / deviation) } else { 1.0 };
    Some(MannWhitney {
        u,
        cliffs_delta: 2.0 * u / pairs - 1.0,
        two_sided: (2.0 * at_least(u.max(pairs - u))).min(1.0),
        greater: at_least(u),
    })
}

/// Probability that a standard normal variable is larger than `z`.
fn upper_tail(z: f64) -> f64 {
    Normal::standard().sf(z)
}

/// Adjusts probabilities of many tests so that those below a level have at most that share of false discoveries among them
/// (Benjamini & Hochberg 1995); in the order of the input.
pub fn benjamini_hochberg(probabilities: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|&a, &b| probabilities[b].total_cmp(&probabilities[a]));
    let mut adjusted = vec![1.0; probabilities.len()];
    let mut smallest = 1.0f64;
    for (from_last, &position) in order.iter().enumerate() {
        let rank = (probabilities.len() - from_last) as f64;
        smallest = smallest.min(probabilities[position] * probabilities.len() as f64 / rank);
        adjusted[position] = smallest;
    }
    adjusted
}

/// How likely a second rate differs from a first one by chance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RateTest {
    /// Probability of a difference at least as large in either direction.
    pub two_sided: f64,
    /// Probability of a second rate at least as large.
    pub greater: f64,
}

/// Expected counts below which the normal approximation is not trusted (Cochran's rule).
const SMALL_COUNT: f64 = 5.0;

/// Compares two rates: the z test of two proportions with pooled variance, or Fisher's exact test if one of the four expected counts is below
/// five, its two-sided probability being twice the smaller tail. Probabilities are 1 if nothing can be compared.
pub fn compare_rates(first: Rate, second: Rate) -> RateTest {
    let all = Rate { events: first.events + second.events, total: first.total + second.total };
    if first.total == 0 || second.total == 0 || all.events == 0 || all.events == all.total {
        return RateTest { two_sided: 1.0, greater: 1.0 };
    }
    let rarer = all.share().min(1.0 - all.share());
    if rarer * (first.total.min(second.total) as f64) < SMALL_COUNT {
        let (greater, less) = (exact_tail(first, second), exact_tail(second, first));
        return RateTest { two_sided: (2.0 * greater.min(less)).min(1.0), greater };
    }
    let variance = all.share() * (1.0 - all.share()) * (1.0 / first.total as f64 + 1.0 / second.total as f64);
    let z = (second.share() - first.share()) / variance.sqrt();
    RateTest { two_sided: (2.0 * upper_tail(z.abs())).min(1.0), greater: upper_tail(z) }
}

/// Probability that, of all events, the first side got no more than it did.
fn exact_tail(first: Rate, second: Rate) -> f64 {
    let table = [first.events, first.total - first.events, second.events, second.total - second.events];
    // A table of counts always makes a hypergeometric distribution.
    fishers_exact(&table, Alternative::Less).unwrap_or(1.0).clamp(0.0, 1.0)
}

/// Probability of a two-sample Kolmogorov–Smirnov statistic (0–1) at least as large for samples of `n` and `m` values of one distribution, by
/// Kolmogorov's limit: 2 Σₖ (−1)ᵏ⁻¹ exp(−2k²λ²) with λ = D·√(nm/(n + m)). 1 if a sample is empty.
///
/// `statrs` sums the same series, but only for samples and not for a statistic that is known, and without an end where D is 0.
pub fn ks_probability(statistic: f64, n: usize, m: usize) -> f64 {
    let lambda = statistic * (n as f64 * m as f64 / (n + m).max(1) as f64).sqrt();
    // The series converges slowly there, and its value is 1 to twelve digits.
    if lambda < 0.2 {
        return 1.0;
    }
    let term = |k: i32| f64::from(2 * (k % 2) - 1) * (-2.0 * f64::from(k * k) * lambda * lambda).exp();
    (2.0 * (1..=30).map(term).sum::<f64>()).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pairs_won_by_the_second_sample_are_counted_and_ties_by_half() {
        // 2 beats 1 and ties with 2; 5 beats both.
        let result = mann_whitney(&[1.0, 2.0], &[2.0, 5.0]).unwrap();
        assert_eq!((result.u, result.cliffs_delta), (3.5, 0.75));
        // Ties t = 2: 6/((4)(3)) = 1/2 off 5; variance 4/12 · 4.5 = 1.5; z = (3.5 − 2 − 0.5)/√1.5.
        assert!((result.greater - upper_tail(1.0 / 1.5f64.sqrt())).abs() < 1e-15);
        assert_eq!(result.two_sided, 2.0 * result.greater);
    }

    #[test]
    fn equal_values_say_nothing_and_no_values_less() {
        let equal = mann_whitney(&[3.0; 4], &[3.0; 5]).unwrap();
        assert_eq!(equal, MannWhitney { u: 10.0, cliffs_delta: 0.0, two_sided: 1.0, greater: 1.0 });
        assert_eq!(mann_whitney(&[1.0], &[1.0]).unwrap().two_sided, 1.0);
        assert_eq!((mann_whitney(&[], &[1.0]), mann_whitney(&[1.0], &[])), (None, None));
    }

    #[test]
    fn adjusted_probabilities_are_those_worked_out_by_hand() {
        // Sorted 0.01, 0.02, 0.04, 0.9 times 4/1, 4/2, 4/3, 4/4: 0.04, 0.04, 0.0533…, 0.9.
        let adjusted = benjamini_hochberg(&[0.04, 0.01, 0.9, 0.02]);
        for (ours, expected) in adjusted.into_iter().zip([0.16 / 3.0, 0.04, 0.9, 0.04]) {
            assert!((ours - expected).abs() < 1e-15);
        }
        assert!(benjamini_hochberg(&[]).is_empty());
    }

    #[test]
    fn few_errors_are_counted_exactly() {
        // All two errors on the second side, which has half of the four: 1/C(4, 2) · C(2, 2) = 1/6.
        let test = compare_rates(Rate { events: 0, total: 2 }, Rate { events: 2, total: 2 });
        assert!((test.greater - 1.0 / 6.0).abs() < 1e-12 && (test.two_sided - 1.0 / 3.0).abs() < 1e-12, "{test:?}");
    }

    #[test]
    fn many_errors_are_compared_by_the_normal_approximation() {
        // Pooled share 0.2, variance 0.16 · 2/100, difference 0.2.
        let test = compare_rates(Rate { events: 10, total: 100 }, Rate { events: 30, total: 100 });
        assert!((test.greater - upper_tail(0.2 / 0.0032f64.sqrt())).abs() < 1e-15);
        let back = compare_rates(Rate { events: 30, total: 100 }, Rate { events: 10, total: 100 });
        assert!((back.two_sided - test.two_sided).abs() < 1e-15 && back.greater > 0.99);
    }

    #[test]
    fn rates_without_events_or_without_chances_do_not_differ() {
        for (first, second) in [((0, 5), (0, 9)), ((5, 5), (9, 9)), ((0, 0), (3, 9)), ((3, 9), (0, 0))] {
            let rate = |(events, total)| Rate { events, total };
            assert_eq!(compare_rates(rate(first), rate(second)), RateTest { two_sided: 1.0, greater: 1.0 });
        }
        assert_eq!(Rate::default().share(), 0.0);
    }

    #[test]
    fn a_wide_gap_of_large_samples_is_unlikely_and_a_small_one_is_not() {
        assert_eq!((ks_probability(0.0, 50, 50), ks_probability(0.5, 0, 0)), (1.0, 1.0));
        // The 5 % point of Kolmogorov's distribution.
        assert!((ks_probability(1.3581, 2, 2) - 0.05).abs() < 1e-4);
        assert!(ks_probability(1.0, 200, 200) < 1e-40);
    }

    proptest! {
        #[test]
        fn turning_the_samples_round_turns_the_effect_round(x in prop::collection::vec(0u8..9, 1..30), y in prop::collection::vec(0u8..9, 1..30)) {
            let [x, y] = [x, y].map(|values| values.into_iter().map(f64::from).collect::<Vec<_>>());
            let (there, back) = (mann_whitney(&x, &y).unwrap(), mann_whitney(&y, &x).unwrap());
            prop_assert!((there.cliffs_delta + back.cliffs_delta).abs() < 1e-12);
            prop_assert!((there.two_sided - back.two_sided).abs() < 1e-12);
            prop_assert!([there.two_sided, there.greater, back.greater].iter().all(|p| (0.0..=1.0).contains(p)));
        }

        #[test]
        fn rates_give_probabilities(a in 0u64..40, b in 0u64..40, c in 0u64..40, d in 0u64..40) {
            let test = compare_rates(Rate { events: a, total: a + b }, Rate { events: c, total: c + d });
            prop_assert!((0.0..=1.0).contains(&test.two_sided) && (0.0..=1.0).contains(&test.greater), "{test:?}");
        }
    }
}
