//! Do the natural clusters of spans agree with their origin?

use std::collections::BTreeMap;

use linfa::DatasetBase;
use linfa::traits::{Fit, Predict};
use linfa_clustering::{KMeans, KMeansInit};
use ndarray_rand::rand::SeedableRng;
use ndarray_rand::rand::rngs::StdRng;
use tracesmith_trace::derive_seed;

use super::matrix::SpanMatrix;
use crate::error::EvaluationError;
use crate::statistics::counts;

const CLUSTERS: usize = 2;
const RESTARTS: usize = 20;

/// Normalised mutual information between the clusters of the best of 20 k-means runs (k = 2) and the origin of the spans; 0 if all spans are
/// equal, because there are no clusters then.
pub(super) fn cluster_origin_nmi(matrix: &SpanMatrix, seed: u64) -> Result<f64, EvaluationError> {
    if matrix.values.ncols() == 0 {
        return Ok(0.0);
    }
    let spans = DatasetBase::from(matrix.values.view());
    let model = KMeans::params_with_rng(CLUSTERS, StdRng::seed_from_u64(derive_seed(seed, "k-means")))
        .init_method(KMeansInit::KMeansPlusPlus)
        .n_runs(RESTARTS)
        .fit(&spans)
        .map_err(|error| EvaluationError::Numerics { what: "k-means", message: error.to_string() })?;
    let clusters = model.predict(&matrix.values).to_vec();
    let origins: Vec<usize> = (0..matrix.values.nrows()).map(|row| usize::from(row >= matrix.real)).collect();
    Ok(normalised_mutual_information(&clusters, &origins))
}

/// I(a; b) / mean of H(a) and H(b), in 0–1; 1 if neither labelling tells anything apart, 0 if only one does.
///
/// # Panics
/// If the labellings differ in length, which is a programming error.
pub fn normalised_mutual_information(a: &[usize], b: &[usize]) -> f64 {
    assert_eq!(a.len(), b.len(), "two labellings of the same samples");
    let (of_a, of_b) = (counts(a), counts(b));
    let entropies = entropy(&of_a, a.len()) + entropy(&of_b, b.len());
    if of_a.len() <= 1 && of_b.len() <= 1 {
        return 1.0;
    }
    let n = a.len() as f64;
    let information: f64 = counts(a.iter().zip(b))
        .into_iter()
        .map(|((x, y), both)| both as f64 / n * (both as f64 * n / (of_a[x] as f64 * of_b[y] as f64)).ln())
        .sum();
    (2.0 * information / entropies).clamp(0.0, 1.0)
}

/// Entropy in nats.
fn entropy<K: Ord>(counts: &BTreeMap<K, u64>, total: usize) -> f64 {
    counts.values().map(|&count| count as f64 / total as f64).map(|p| -p * p.ln()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_information_of_a_crossed_table_is_known_in_closed_form() {
        // Clusters (2, 2), origins (3, 1), joint (2, 0 | 1, 1): I = 1/2·ln(4/3) + 1/4·ln(2/3) + 1/4·ln 2.
        let information = 0.5 * (4.0f64 / 3.0).ln() + 0.25 * (2.0f64 / 3.0).ln() + 0.25 * 2.0f64.ln();
        let entropies = 2.0f64.ln() - 0.75 * 0.75f64.ln() - 0.25 * 0.25f64.ln();
        let nmi = normalised_mutual_information(&[0, 0, 1, 1], &[0, 0, 0, 1]);
        assert!((nmi - 2.0 * information / entropies).abs() < 1e-12);
    }

    #[test]
    fn two_blobs_are_found_whatever_their_names() {
        let rows = ndarray::array![[0.0, 0.1], [0.1, 0.0], [9.0, 9.1], [9.1, 9.0]];
        assert_eq!(cluster_origin_nmi(&SpanMatrix { values: rows.clone(), real: 2 }, 3), Ok(1.0));
        let mixed = rows.select(ndarray::Axis(0), &[0, 2, 1, 3]);
        assert_eq!(cluster_origin_nmi(&SpanMatrix { values: mixed, real: 2 }, 3), Ok(0.0));
    }

    proptest! {
        #[test]
        fn it_is_symmetric_bounded_and_one_for_renamed_labels(labels in prop::collection::vec((0usize..3, 0usize..3), 1..40)) {
            let (a, b): (Vec<usize>, Vec<usize>) = labels.into_iter().unzip();
            let nmi = normalised_mutual_information(&a, &b);
            prop_assert!((0.0..=1.0).contains(&nmi));
            prop_assert!((nmi - normalised_mutual_information(&b, &a)).abs() < 1e-12);
            let renamed: Vec<usize> = a.iter().map(|label| 7 - label).collect();
            prop_assert!((normalised_mutual_information(&a, &renamed) - 1.0).abs() < 1e-12);
        }
    }
}
