//! Maximum mean discrepancy between two sets of feature vectors (Gretton et al., 2012).

use crate::sampling::choose;
use tracesmith_trace::statistics::{mean, quantile, standard_deviation};

/// Rows that enter the discrepancy from each side at most; the kernel matrix is quadratic in them.
pub const MAX_ROWS: usize = 800;

/// exp(−MMD²) with the kernel exp(−‖x − y‖² / 2σ²) over features standardised by the pooled rows: 1 for equal sets, above 0.
///
/// MMD² is the biased estimate (means over all pairs), which is never negative and exactly 0 for equal sets. σ is the median of the positive
/// pairwise distances of the pooled rows. Sides with more than [`MAX_ROWS`] rows are sampled by `seed` from their sorted rows, so that
/// their order does not matter. 1 if all rows are equal or both sides are empty, 0 if one is.
pub fn mmd_similarity<const N: usize>(x: &[[f64; N]], y: &[[f64; N]], seed: u64) -> f64 {
    if x.is_empty() || y.is_empty() {
        return if x.is_empty() && y.is_empty() { 1.0 } else { 0.0 };
    }
    let (mut x, mut y) = (sample(x, seed), sample(y, seed));
    standardise(&mut x, &mut y);
    let pooled = [&x[..], &y[..]].concat();
    let positive: Vec<f64> = (0..pooled.len())
        .flat_map(|i| (0..i).map(move |j| (i, j)))
        .map(|(i, j)| squared_distance(&pooled[i], &pooled[j]))
        .filter(|&distance| distance > 0.0)
        .map(f64::sqrt)
        .collect();
    let Some(bandwidth) = quantile(&positive, 0.5) else { return 1.0 };
    let similarity = |a: &[[f64; N]], b: &[[f64; N]]| mean_kernel(a, b, bandwidth);
    let squared = similarity(&x, &x) + similarity(&y, &y) - 2.0 * similarity(&x, &y);
    (-squared.max(0.0)).exp()
}

fn sample<const N: usize>(rows: &[[f64; N]], seed: u64) -> Vec<[f64; N]> {
    let mut rows = rows.to_vec();
    rows.sort_by(|a, b| a.iter().zip(b).map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne()).unwrap_or(std::cmp::Ordering::Equal));
    choose(&rows, MAX_ROWS, seed, "mmd")
}

/// Subtracts the pooled mean and divides by the pooled standard deviation; a constant feature becomes 0.
fn standardise<const N: usize>(x: &mut [[f64; N]], y: &mut [[f64; N]]) {
    for feature in 0..N {
        let column: Vec<f64> = x.iter().chain(y.iter()).map(|row| row[feature]).collect();
        let (centre, scale) = (mean(&column).unwrap_or(0.0), standard_deviation(&column).unwrap_or(0.0));
        for row in x.iter_mut().chain(y.iter_mut()) {
            // A standard deviation of rounding errors alone must not blow them up.
            row[feature] = if scale > 1e-12 * (1.0 + centre.abs()) { (row[feature] - centre) / scale } else { 0.0 };
        }
    }
}

fn mean_kernel<const N: usize>(a: &[[f64; N]], b: &[[f64; N]], bandwidth: f64) -> f64 {
    let sum: f64 = a.iter().map(|x| b.iter().map(|y| (-squared_distance(x, y) / (2.0 * bandwidth * bandwidth)).exp()).sum::<f64>()).sum();
    sum / (a.len() * b.len()) as f64
}

fn squared_distance<const N: usize>(a: &[f64; N], b: &[f64; N]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn two_points_apart_give_the_closed_form() {
        // One pair, so σ is its distance: MMD² = 1 + 1 − 2·exp(−1/2).
        let expected = (-(2.0 - 2.0 * (-0.5f64).exp())).exp();
        assert!((mmd_similarity(&[[0.0, 3.0]], &[[5.0, 3.0]], 0) - expected).abs() < 1e-12);
    }

    #[test]
    fn constant_features_and_empty_sides_are_defined() {
        assert_eq!(mmd_similarity(&[[2.0]; 3], &[[2.0]], 0), 1.0);
        assert_eq!(mmd_similarity::<1>(&[], &[], 0), 1.0);
        assert_eq!(mmd_similarity(&[[1.0]], &[], 0), 0.0);
    }

    #[test]
    fn sampling_a_large_set_does_not_depend_on_its_order() {
        let rows: Vec<[f64; 2]> = (0..2000).map(|i| [f64::from(i % 37), f64::from(i)]).collect();
        let reversed: Vec<_> = rows.iter().rev().copied().collect();
        assert_eq!(mmd_similarity(&rows, &reversed, 5), 1.0);
    }

    proptest! {
        #[test]
        fn it_is_symmetric_and_bounded(x in prop::collection::vec(prop::array::uniform2(-5.0f64..5.0), 1..12), y in prop::collection::vec(prop::array::uniform2(-5.0f64..5.0), 1..12)) {
            let similarity = mmd_similarity(&x, &y, 0);
            prop_assert!(similarity > 0.0 && similarity <= 1.0);
            prop_assert!((similarity - mmd_similarity(&y, &x, 0)).abs() < 1e-9);
        }
    }
}
