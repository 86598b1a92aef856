//! RQ4: how alike single synthetic traces are to single real traces of the same size.

use pathfinding::matrix::Matrix;
use pathfinding::prelude::kuhn_munkres;
use rand::RngExt;
use rayon::prelude::*;
use serde::Serialize;
use tracesmith_trace::{Corpus, TraceRef, rng};

use crate::error::{EvaluationError, require_comparable};
use crate::fidelity::TraceShape;
use crate::measurement::{Measure, Measurement, listed};
use crate::sampling::{canonical_order, choose};
use crate::statistics::{ks_similarity, ratio};

/// Synthetic traces that are compared at most, chosen by the seed.
pub const MAX_PAIRS: usize = 500;

/// Spans of the larger trace up to which spans are matched; the matching is cubic in them.
pub const MAX_MATCHED_SPANS: usize = 256;

/// Steps of a span similarity of 1: the matching wants integers.
const WEIGHT_STEPS: f64 = 1e9;

/// Means over the pairs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InstanceSimilarity {
    /// Number of pairs.
    pub pairs: usize,
    /// Mean of the six members below.
    pub structure: f64,
    /// Smaller number of spans over the larger one.
    pub node_count: f64,
    /// Smaller number of edges over the larger one.
    pub edge_count: f64,
    /// Smaller average degree over the larger one.
    pub average_degree: f64,
    /// 1 − abs difference of densities.
    pub density: f64,
    /// 1 − abs difference of average clustering coefficients (edges without direction).
    pub clustering: f64,
    /// 1 − Kolmogorov–Smirnov statistic of degrees.
    pub degrees: f64,
    /// Mean similarity of the best one-to-one match of spans, spans without a partner counting 0.
    /// `None` if every pair has a trace over [`MAX_MATCHED_SPANS`].
    pub best_match: Option<f64>,
    /// Pairs left out of the best match because a trace is over [`MAX_MATCHED_SPANS`].
    pub unmatched_pairs: usize,
}

/// Pairs up to [`MAX_PAIRS`] synthetic traces each with a random real trace of the same (else the nearest, else the smaller) number of spans.
///
/// Partners are random among traces of one size, so that even two equal corpora score below 1 unless all traces of a size are alike.
///
/// # Errors
/// An empty corpus, or different vocabularies.
pub fn instance_similarity(real: &Corpus, synthetic: &Corpus, seed: u64) -> Result<InstanceSimilarity, EvaluationError> {
    require_comparable([("real", real), ("synthetic", synthetic)])?;
    let scores: Vec<PairScores> = pairs(real, synthetic, seed)
        .into_par_iter()
        .map(|(of_real, of_synthetic)| PairScores::of(real.trace(of_real), synthetic.trace(of_synthetic)))
        .collect();
    let average = |of: fn(&PairScores) -> f64| scores.iter().map(of).sum::<f64>() / scores.len() as f64;
    let matches: Vec<f64> = scores.iter().filter_map(|pair| pair.best_match).collect();
    Ok(InstanceSimilarity {
        pairs: scores.len(),
        structure: average(|pair| pair.structure.iter().sum::<f64>() / pair.structure.len() as f64),
        node_count: average(|pair| pair.structure[0]),
        edge_count: average(|pair| pair.structure[1]),
        average_degree: average(|pair| pair.structure[2]),
        density: average(|pair| pair.structure[3]),
        clustering: average(|pair| pair.structure[4]),
        degrees: average(|pair| pair.structure[5]),
        best_match: tracesmith_trace::statistics::mean(&matches),
        unmatched_pairs: scores.len() - matches.len(),
    })
}

/// (real, synthetic) positions.
fn pairs(real: &Corpus, synthetic: &Corpus, seed: u64) -> Vec<(usize, usize)> {
    // The canonical order goes by size first, so that the traces of one size lie together.
    let by_size = canonical_order(real);
    let sizes: Vec<usize> = by_size.iter().map(|&position| real.trace(position).span_count()).collect();
    let mut rng = rng(seed, "instance partners");
    choose(&canonical_order(synthetic), MAX_PAIRS, seed, "instance pairs")
        .into_iter()
        .map(|position| {
            let size = nearest(&sizes, synthetic.trace(position).span_count());
            let alike = sizes.partition_point(|&other| other < size)..sizes.partition_point(|&other| other <= size);
            (by_size[rng.random_range(alike)], position)
        })
        .collect()
}

/// The one of the ascending `sizes`, of which there is one at least, that is nearest to `wanted`; the smaller of two.
fn nearest(sizes: &[usize], wanted: usize) -> usize {
    let at = sizes.partition_point(|&size| size < wanted);
    let neighbours = &sizes[at.saturating_sub(1)..sizes.len().min(at + 1)];
    neighbours.iter().copied().min_by_key(|&size| size.abs_diff(wanted)).unwrap_or(wanted)
}

struct PairScores {
    structure: [f64; 6],
    best_match: Option<f64>,
}

impl PairScores {
    fn of(real: TraceRef<'_>, synthetic: TraceRef<'_>) -> Self {
        let (a, b) = (TraceShape::of(real), TraceShape::of(synthetic));
        let matchable = real.span_count().max(synthetic.span_count()) <= MAX_MATCHED_SPANS;
        Self {
            structure: [
                ratio(a.nodes, b.nodes),
                ratio(a.edges, b.edges),
                ratio(a.average_degree, b.average_degree),
                1.0 - (a.density - b.density).abs(),
                1.0 - (average_clustering(real) - average_clustering(synthetic)).abs(),
                ks_similarity(&a.degrees, &b.degrees),
            ],
            best_match: matchable.then(|| best_match(real, synthetic)),
        }
    }
}

/// Mean over all spans of the share of pairs of neighbours that are neighbours themselves, without regard to direction (Watts & Strogatz,
/// 1998); 0 for spans with fewer than two neighbours.
fn average_clustering(trace: TraceRef<'_>) -> f64 {
    let mut neighbours = vec![Vec::new(); trace.span_count()];
    for edge in trace.edges {
        neighbours[edge.parent as usize].push(edge.child);
        neighbours[edge.child as usize].push(edge.parent);
    }
    neighbours.iter_mut().for_each(|of| of.sort_unstable());
    let local = neighbours.iter().filter(|of| of.len() > 1).map(|of| {
        let linked =
            of.iter().enumerate().map(|(i, &a)| of[..i].iter().filter(|b| neighbours[a as usize].binary_search(b).is_ok()).count());
        2.0 * linked.sum::<usize>() as f64 / (of.len() * (of.len() - 1)) as f64
    });
    local.sum::<f64>() / trace.span_count() as f64
}

/// Similarity 0.4·[same service] + 0.4·[same operation] + 0.2·ratio of durations of the spans matched best (the assignment method of Kuhn and
/// Munkres), summed and divided by the number of spans of the larger trace.
fn best_match(a: TraceRef<'_>, b: TraceRef<'_>) -> f64 {
    let (small, large) = if a.span_count() <= b.span_count() { (a, b) } else { (b, a) };
    let weights = Matrix::from_fn(small.span_count(), large.span_count(), |(i, j)| {
        let same = |equal: bool| if equal { 0.4 } else { 0.0 };
        let labels = same(small.services[i] == large.services[j]) + same(small.operations[i] == large.operations[j]);
        ((labels + 0.2 * ratio(small.durations_us[i], large.durations_us[j])) * WEIGHT_STEPS).round() as i64
    });
    let (total, _) = kuhn_munkres(&weights);
    total as f64 / WEIGHT_STEPS / large.span_count() as f64
}

impl Measure for InstanceSimilarity {
    fn measurements(&self) -> Vec<Measurement> {
        let mut found = listed([
            ("similarity.instance.structure", self.structure),
            ("similarity.instance.node_count", self.node_count),
            ("similarity.instance.edge_count", self.edge_count),
            ("similarity.instance.average_degree", self.average_degree),
            ("similarity.instance.density", self.density),
            ("similarity.instance.clustering", self.clustering),
            ("similarity.instance.degrees", self.degrees),
        ]);
        found.extend(self.best_match.map(|value| Measurement::new("similarity.instance.best_match", value)));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{corpus, random_corpus};
    use proptest::prelude::*;

    #[test]
    fn a_pair_of_small_traces_scores_as_worked_out_by_hand() {
        let real = corpus(&[(&[(0, 0, 8.0), (1, 1, 4.0)], &[(0, 1)])]);
        let synthetic = corpus(&[(&[(0, 0, 8.0), (1, 2, 1.0), (1, 1, 2.0)], &[(0, 1), (0, 2)])]);
        let result = instance_similarity(&real, &synthetic, 0).unwrap();
        assert_eq!((result.pairs, result.node_count, result.edge_count, result.average_degree), (1, 2.0 / 3.0, 0.5, 0.75));
        assert_eq!((result.density, result.clustering), (1.0 - (0.5 - 1.0 / 3.0), 1.0));
        assert!((result.degrees - 2.0 / 3.0).abs() < 1e-15);
        // The root matches wholly, the second span its namesake with half the duration, the third nobody: (1 + 0.9) / 3.
        assert!((result.best_match.unwrap() - 1.9 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn a_triangle_is_fully_clustered_and_a_tree_not_at_all() {
        let spans = [(0, 0, 1.0); 3];
        let corpus = corpus(&[(&spans, &[(0, 1), (0, 2), (1, 2)]), (&spans, &[(0, 1), (0, 2)])]);
        assert_eq!((average_clustering(corpus.trace(0)), average_clustering(corpus.trace(1))), (1.0, 0.0));
    }

    #[test]
    fn the_partner_has_the_nearest_size_and_the_smaller_of_two() {
        assert_eq!([nearest(&[2, 2, 4], 1), nearest(&[2, 2, 4], 3), nearest(&[2, 2, 4], 4), nearest(&[2, 2, 4], 9)], [2, 2, 4, 4]);
    }

    #[test]
    fn traces_too_large_to_match_are_left_out_and_counted() {
        let spans = vec![(0, 0, 1.0); MAX_MATCHED_SPANS + 1];
        let large = corpus(&[(&spans, &[])]);
        let result = instance_similarity(&large, &large, 0).unwrap();
        assert_eq!((result.best_match, result.unmatched_pairs, result.structure), (None, 1, 1.0));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn scores_are_bounded_blind_to_order_and_one_for_copies_of_one_trace(seed: u64) {
            let (real, synthetic) = (random_corpus(seed, 12), random_corpus(seed ^ 1, 9));
            let result = instance_similarity(&real, &synthetic, seed).unwrap();
            prop_assert!(result.measurements().iter().all(|found| (0.0..=1.0).contains(&found.value)));
            let reversed = real.select(&(0..12).rev().collect::<Vec<_>>());
            prop_assert_eq!(&instance_similarity(&reversed, &synthetic, seed).unwrap(), &result);
            let copies = real.select(&[3, 3, 3]);
            let own = instance_similarity(&copies, &copies, seed).unwrap();
            prop_assert!(own.measurements().iter().all(|found| found.value == 1.0), "{own:?}");
        }

        #[test]
        fn the_best_match_does_not_depend_on_the_side(seed: u64) {
            let corpus = random_corpus(seed, 2);
            prop_assert_eq!(best_match(corpus.trace(0), corpus.trace(1)), best_match(corpus.trace(1), corpus.trace(0)));
        }
    }
}
