//! RQ4: can spans be told apart by where they come from?

pub mod clustering;
pub mod discriminator;
pub mod forest;
mod matrix;
pub mod projection;

use serde::Serialize;
use tracesmith_trace::Corpus;

use crate::error::{EvaluationError, require_comparable};
use crate::instance::{InstanceSimilarity, instance_similarity};
use crate::measurement::{Measure, Measurement, listed};
use crate::metric::{Metric, Role};

pub use discriminator::Discriminator;
pub use matrix::MAX_SPANS_PER_SIDE;
pub use projection::Projection;

use matrix::SpanMatrix;

/// What [`similarity`] measures.
pub const METRICS: &[Metric] = &[
    Metric::new("similarity.nmi", "NMI of k-means clusters and origin (0 = mixed)")
        .lower()
        .column("NMI")
        .axis("mixed clusters")
        .note("it stays near 0 when durations are a hundred times longer or labels are drawn at random: no measure of quality"),
    Metric::new("similarity.pca.centroid_distance", "distance of the PCA centroids (pooled sd)").lower(),
    Metric::description("similarity.pca.explained_variance_1", "variance along the first component").share(),
    Metric::description("similarity.pca.explained_variance_2", "variance along the second component").share(),
    Metric::description("similarity.forest.accuracy", "forest discriminator: accuracy").share().role(Role::Table),
    Metric::description("similarity.forest.chance", "forest discriminator: chance").share().role(Role::Table),
    Metric::auc("similarity.forest.auc", "forest discriminator: AUC (0.5 = indistinguishable)"),
    Metric::new("similarity.instance.structure", "instance similarity: structure")
        .note("trees of one size have 0.83 and more, whatever they look like"),
    Metric::new("similarity.instance.node_count", "instance similarity: node count").detail(),
    Metric::new("similarity.instance.edge_count", "instance similarity: edge count").detail(),
    Metric::new("similarity.instance.average_degree", "instance similarity: average degree").detail(),
    Metric::new("similarity.instance.density", "instance similarity: density").detail(),
    Metric::new("similarity.instance.clustering", "instance similarity: clustering").detail(),
    Metric::new("similarity.instance.degrees", "instance similarity: degrees").detail(),
    Metric::new("similarity.instance.best_match", "instance similarity: best match of spans"),
];

/// RQ4 of one pair of corpora.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Similarity {
    /// Normalised mutual information between two clusters and the origin of the spans; 0 = mixed.
    pub nmi: f64,
    /// The two principal components.
    pub projection: Projection,
    /// Random forest on the labels of spans; `None` if a side has only one trace, which cannot be on both sides of its split.
    pub forest: Option<Discriminator>,
    /// Pairs of traces of one size.
    pub instance: InstanceSimilarity,
}

/// Compares the spans of a synthetic corpus with those of a real one; every random choice hangs on `seed`.
///
/// # Errors
/// An empty corpus, different vocabularies, or a numerical method that gives up.
pub fn similarity(real: &Corpus, synthetic: &Corpus, seed: u64) -> Result<Similarity, EvaluationError> {
    require_comparable([("real", real), ("synthetic", synthetic)])?;
    let matrix = SpanMatrix::of(real, synthetic, seed);
    Ok(Similarity {
        nmi: clustering::cluster_origin_nmi(&matrix, seed)?,
        projection: projection::project(&matrix, seed)?,
        forest: discriminator::forest_discriminator(real, synthetic, seed),
        instance: instance_similarity(real, synthetic, seed)?,
    })
}

impl Measure for Similarity {
    fn measurements(&self) -> Vec<Measurement> {
        let mut found = listed([("similarity.nmi", self.nmi)]);
        found.extend(self.projection.measurements());
        found.extend(self.forest.iter().flat_map(Discriminator::measurements));
        found.extend(self.instance.measurements());
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{copies, corpus, random_corpus};
    use proptest::prelude::*;

    #[test]
    fn spans_without_a_common_label_are_told_apart_by_every_method() {
        let real = copies(40, &[(0, 0, 10.0), (0, 0, 15.0)], &[(0, 1)]);
        let synthetic = copies(40, &[(2, 3, 10.0), (2, 3, 20.0)], &[(0, 1)]);
        let result = similarity(&real, &synthetic, 0).unwrap();
        assert_eq!(result.forest.as_ref().unwrap().auc, 1.0);
        assert!(result.nmi > 0.5, "{}", result.nmi);
        assert!(result.projection.centroid_distance.unwrap() > 1.0);
    }

    #[test]
    fn one_span_a_side_has_defined_values_and_no_forest() {
        let single = corpus(&[(&[(0, 0, 5.0)], &[])]);
        let result = similarity(&single, &single, 0).unwrap();
        assert_eq!((result.nmi, result.forest.is_none()), (0.0, true));
        assert!(result.measurements().iter().all(|found| found.value.is_finite()));
        let other = corpus(&[(&[(1, 1, 7.0)], &[])]);
        assert!(similarity(&single, &other, 0).unwrap().measurements().iter().all(|found| found.value.is_finite()));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn values_are_finite_bounded_and_blind_to_the_order_of_traces(seed: u64, traces in 1usize..14, others in 1usize..14) {
            let (real, synthetic) = (random_corpus(seed, traces), random_corpus(seed ^ 1, others));
            let result = similarity(&real, &synthetic, seed).unwrap();
            for Measurement { metric, value, .. } in result.measurements() {
                let bounded = metric == "similarity.pca.centroid_distance" || (0.0..=1.0).contains(&value);
                prop_assert!(value.is_finite() && bounded, "{metric} {value}");
            }
            let reversed = real.select(&(0..traces).rev().collect::<Vec<_>>());
            prop_assert_eq!(similarity(&reversed, &synthetic, seed).unwrap(), result);
        }
    }
}
