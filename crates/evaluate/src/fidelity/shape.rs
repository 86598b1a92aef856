//! The size, the degrees and the durations of one trace.

use std::collections::BTreeSet;

use serde::Serialize;
use tracesmith_trace::TraceRef;

use tracesmith_trace::statistics::{mean, standard_deviation};

/// What structural fidelity looks at in a trace.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TraceShape {
    /// Number of spans n.
    pub nodes: f64,
    /// Number of edges e.
    pub edges: f64,
    /// e / (n(n − 1)); 0 for a single span.
    pub density: f64,
    /// Mean degree 2e / n.
    pub average_degree: f64,
    /// Largest degree.
    pub maximum_degree: f64,
    /// In-degree + out-degree of every span.
    pub degrees: Vec<f64>,
    /// Share of spans without a parent.
    pub root_share: f64,
    /// Share of spans without a child.
    pub leaf_share: f64,
    /// Mean duration in µs.
    pub mean_duration_us: f64,
    /// Standard deviation of the durations in µs (divided by n).
    pub duration_deviation_us: f64,
    /// Number of distinct services.
    pub distinct_services: f64,
    /// Number of distinct operations.
    pub distinct_operations: f64,
}

impl TraceShape {
    /// Shape of a trace.
    pub fn of(trace: TraceRef<'_>) -> Self {
        let n = trace.span_count();
        let (mut parents, mut children) = (vec![0usize; n], vec![0usize; n]);
        for edge in trace.edges {
            children[edge.parent as usize] += 1;
            parents[edge.child as usize] += 1;
        }
        let none = |counts: &[usize]| counts.iter().filter(|&&count| count == 0).count() as f64 / n as f64;
        let distinct = |ids: &[u32]| ids.iter().collect::<BTreeSet<_>>().len() as f64;
        let degrees: Vec<f64> = parents.iter().zip(&children).map(|(parents, children)| (parents + children) as f64).collect();
        let (nodes, edges) = (n as f64, trace.edges.len() as f64);
        Self {
            nodes,
            edges,
            density: if n == 1 { 0.0 } else { edges / (nodes * (nodes - 1.0)) },
            average_degree: 2.0 * edges / nodes,
            maximum_degree: degrees.iter().copied().fold(0.0, f64::max),
            degrees,
            root_share: none(&parents),
            leaf_share: none(&children),
            mean_duration_us: mean(trace.durations_us).unwrap_or(0.0),
            duration_deviation_us: standard_deviation(trace.durations_us).unwrap_or(0.0),
            distinct_services: distinct(trace.services),
            distinct_operations: distinct(trace.operations),
        }
    }

    /// The eleven features of the MMD, sizes and times on a log scale.
    pub fn features(&self) -> [f64; 11] {
        [
            self.nodes.ln_1p(),
            self.edges.ln_1p(),
            self.density,
            self.average_degree,
            self.maximum_degree,
            self.root_share,
            self.leaf_share,
            self.mean_duration_us.ln_1p(),
            self.duration_deviation_us.ln_1p(),
            self.distinct_services,
            self.distinct_operations,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::corpus;

    #[test]
    fn a_parent_with_two_children_has_the_shape_worked_out_by_hand() {
        let corpus = corpus(&[(&[(0, 0, 6.0), (1, 1, 3.0), (1, 2, 0.0)], &[(0, 1), (0, 2)])]);
        let shape = TraceShape::of(corpus.trace(0));
        assert_eq!((shape.nodes, shape.edges, shape.density, shape.maximum_degree), (3.0, 2.0, 1.0 / 3.0, 2.0));
        assert_eq!(shape.average_degree, 4.0 / 3.0);
        assert_eq!(shape.degrees, [2.0, 1.0, 1.0]);
        assert_eq!((shape.root_share, shape.leaf_share), (1.0 / 3.0, 2.0 / 3.0));
        assert_eq!((shape.mean_duration_us, shape.duration_deviation_us), (3.0, 6.0f64.sqrt()));
        assert_eq!((shape.distinct_services, shape.distinct_operations), (2.0, 3.0));
    }

    #[test]
    fn a_single_span_has_finite_features() {
        let corpus = corpus(&[(&[(0, 0, 0.0)], &[])]);
        assert!(TraceShape::of(corpus.trace(0)).features().iter().all(|feature| feature.is_finite()));
    }
}
