//! Similarities of two samples.

use std::collections::BTreeMap;

use tracesmith_trace::statistics::{mean, sorted, standard_deviation};

/// 1 − the two-sample Kolmogorov–Smirnov statistic: 1 for equal distributions, 0 for disjoint ones. O(n log n).
///
/// Two empty samples are identical (1); an empty and a non-empty one have nothing in common (0).
pub fn ks_similarity(x: &[f64], y: &[f64]) -> f64 {
    if x.is_empty() || y.is_empty() {
        return if x.is_empty() && y.is_empty() { 1.0 } else { 0.0 };
    }
    let (x, y) = (sorted(x), sorted(y));
    let (mut below_x, mut below_y, mut widest) = (0, 0, 0.0f64);
    while below_x < x.len() && below_y < y.len() {
        let value = if x[below_x].total_cmp(&y[below_y]).is_le() { x[below_x] } else { y[below_y] };
        below_x += x[below_x..].iter().take_while(|v| v.total_cmp(&value).is_le()).count();
        below_y += y[below_y..].iter().take_while(|v| v.total_cmp(&value).is_le()).count();
        widest = widest.max((below_x as f64 / x.len() as f64 - below_y as f64 / y.len() as f64).abs());
    }
    1.0 - widest
}

/// 1 − the Jensen–Shannon distance (base 2, the square root of the divergence) of two distributions given by counts.
///
/// Two empty distributions are identical (1); an empty and a non-empty one have nothing in common (0).
pub fn js_similarity<K: Ord>(p: &BTreeMap<K, u64>, q: &BTreeMap<K, u64>) -> f64 {
    let (p_total, q_total) = (p.values().sum::<u64>(), q.values().sum::<u64>());
    if p_total == 0 || q_total == 0 {
        return if p_total == q_total { 1.0 } else { 0.0 };
    }
    let share = |counts: &BTreeMap<K, u64>, key: &K, total: u64| counts.get(key).map_or(0.0, |&count| count as f64 / total as f64);
    let of_p = p.keys().map(|key| (share(p, key, p_total), share(q, key, q_total)));
    let only_q = q.keys().filter(|key| !p.contains_key(key)).map(|key| (0.0, share(q, key, q_total)));
    let divergence: f64 = of_p.chain(only_q).map(|(p, q)| (relative_bits(p, q) + relative_bits(q, p)) / 2.0).sum();
    1.0 - divergence.clamp(0.0, 1.0).sqrt()
}

/// p·log₂(p/m) with m = (p + q)/2, the term of one outcome in the Kullback–Leibler divergence from the mixture.
fn relative_bits(p: f64, q: f64) -> f64 {
    if p == 0.0 { 0.0 } else { p * (p / f64::midpoint(p, q)).log2() }
}

/// How often each key occurs.
pub fn counts<K: Ord>(keys: impl IntoIterator<Item = K>) -> BTreeMap<K, u64> {
    let mut counts = BTreeMap::new();
    keys.into_iter().for_each(|key| *counts.entry(key).or_default() += 1);
    counts
}

/// Pearson's correlation coefficient; `None` if there are fewer than two pairs or one side is constant.
pub fn correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    let (x, y): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    let (x_mean, y_mean) = (mean(&x)?, mean(&y)?);
    let covariance = pairs.iter().map(|(x, y)| (x - x_mean) * (y - y_mean)).sum::<f64>() / pairs.len() as f64;
    let scale = standard_deviation(&x)? * standard_deviation(&y)?;
    (scale > 0.0).then(|| (covariance / scale).clamp(-1.0, 1.0))
}

/// The smaller of two non-negative numbers over the larger one; 1 if both are 0.
pub fn ratio(a: f64, b: f64) -> f64 {
    if a == b { 1.0 } else { a.min(b) / a.max(b) }
}

/// `part / whole`, or `empty` if the whole is 0.
pub fn share(part: usize, whole: usize, empty: f64) -> f64 {
    if whole == 0 { empty } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ks_is_one_minus_the_widest_gap_of_the_step_functions() {
        // After 2 the first sample has 2/3 of its values behind it, the second none.
        assert_eq!(ks_similarity(&[1.0, 2.0, 3.0], &[3.0, 4.0]), 1.0 - 2.0 / 3.0);
        assert_eq!(ks_similarity(&[-0.0], &[0.0]), 1.0);
    }

    #[test]
    fn js_of_half_overlapping_counts_is_known_in_closed_form() {
        // p = (1, 0), q = (1/2, 1/2): D = (log2(4/3) + 1/2·log2(2/3) + 1/2) / 2.
        let divergence = ((4.0f64 / 3.0).log2() + 0.5 * (2.0f64 / 3.0).log2() + 0.5) / 2.0;
        let similarity = js_similarity(&counts(["a"]), &counts(["a", "b"]));
        assert!((similarity - (1.0 - divergence.sqrt())).abs() < 1e-12);
    }

    #[test]
    fn nothing_equals_nothing_and_nothing_else() {
        let (none, some) = (BTreeMap::new(), counts([1]));
        assert_eq!([js_similarity(&none, &none), js_similarity(&none, &some), js_similarity(&some, &none)], [1.0, 0.0, 0.0]);
        assert_eq!([ks_similarity(&[], &[]), ks_similarity(&[], &[1.0]), ks_similarity(&[1.0], &[])], [1.0, 0.0, 0.0]);
        assert_eq!(correlation(&[]), None);
    }

    #[test]
    fn correlations_and_ratios_of_small_samples() {
        assert_eq!(correlation(&[(1.0, 4.0), (2.0, 2.0), (3.0, 0.0)]), Some(-1.0));
        assert_eq!(correlation(&[(1.0, 1.0), (2.0, 1.0)]), None);
        assert_eq!([ratio(2.0, 8.0), ratio(8.0, 2.0), ratio(0.0, 0.0), ratio(0.0, 3.0)], [0.25, 0.25, 1.0, 0.0]);
    }

    proptest! {
        #[test]
        fn ks_is_symmetric_bounded_and_one_for_a_permutation(x in prop::collection::vec(-9.0f64..9.0, 1..40), y in prop::collection::vec(-9.0f64..9.0, 1..40)) {
            let similarity = ks_similarity(&x, &y);
            prop_assert!((0.0..=1.0).contains(&similarity));
            prop_assert_eq!(similarity, ks_similarity(&y, &x));
            let reversed: Vec<f64> = x.iter().rev().copied().collect();
            prop_assert_eq!(ks_similarity(&x, &reversed), 1.0);
        }

        #[test]
        fn js_is_symmetric_bounded_and_one_for_equal_shares(x in prop::collection::vec(0u8..9, 1..40), y in prop::collection::vec(0u8..9, 1..40)) {
            let (p, q) = (counts(x.clone()), counts(y));
            let similarity = js_similarity(&p, &q);
            prop_assert!((0.0..=1.0).contains(&similarity));
            prop_assert!((similarity - js_similarity(&q, &p)).abs() < 1e-12);
            prop_assert_eq!(js_similarity(&p, &counts([x.clone(), x].concat())), 1.0);
        }
    }
}
