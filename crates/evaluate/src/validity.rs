//! Is every synthetic trace one that could have been recorded?

use std::collections::BTreeSet;

use serde::Serialize;
use tracesmith_trace::{Corpus, EdgeLabel, ValidityCounts, edge_labels};

use crate::error::{EvaluationError, require_comparable};
use crate::measurement::{Measure, Measurement, listed};
use crate::metric::{Ceiling, Metric, Role};
use crate::statistics::share;

/// What [`validity`] measures.
pub const METRICS: &[Metric] = &[
    Metric::new("validity.valid_share", "one connected graph with a single root").share().headline(51).column("valid").axis("valid traces"),
    Metric::new("validity.tree_share", "… and no span with two parents").share(),
    Metric::new("validity.known_label_pairs", "edges whose label pair is real").share(),
    Metric::description("validity.child_not_longer_than_parent", "children no longer than their parent").share().role(Role::Table),
    Metric::description("validity.child_inside_parent", "children inside their parent")
        .share()
        .role(Role::Table)
        .note("asynchronous children outlive their parents in real traces too"),
    Metric::new("validity.sane_times", "spans with finite, non-negative times").share().detail(),
    Metric::description("validity.real_child_not_longer_than_parent", "real children no longer than their parent")
        .share()
        .ceiling(Ceiling::None)
        .role(Role::Reference),
    Metric::description("validity.real_child_inside_parent", "real children inside their parent")
        .share()
        .ceiling(Ceiling::None)
        .role(Role::Reference),
];

/// Slack when interval ends are compared, in µs: start offsets have nanosecond steps and their sums rounding errors.
const SLACK_US: f64 = 1e-3;

/// Validity of the synthetic traces; shares over no edges are 1.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Validity {
    /// How many traces break which rule of shape.
    pub counts: ValidityCounts,
    /// Share of traces that are one connected, acyclic, single-root graph.
    pub valid_share: f64,
    /// Share of traces that are also trees.
    pub tree_share: f64,
    /// Share of edges whose child lies within its parent's interval; only with start times.
    pub child_inside_parent: Option<f64>,
    /// The same share of the real corpus, where asynchronous children exist.
    pub real_child_inside_parent: Option<f64>,
    /// Share of edges whose child is not longer than its parent.
    pub child_not_longer_than_parent: f64,
    /// The same share of the real corpus.
    pub real_child_not_longer_than_parent: f64,
    /// Share of edges whose (parent, child) labels occur in the real corpus.
    pub known_label_pairs: f64,
    /// Share of spans with finite, non-negative duration and start.
    pub sane_times: f64,
}

/// Validity of `synthetic`, with `real` as the source of what occurs.
///
/// # Errors
/// An empty corpus, or different vocabularies.
pub fn validity(real: &Corpus, synthetic: &Corpus) -> Result<Validity, EvaluationError> {
    require_comparable([("real", real), ("synthetic", synthetic)])?;
    let counts = ValidityCounts::of(synthetic);
    let known: BTreeSet<EdgeLabel> = labels_of_edges(real).collect();
    Ok(Validity {
        counts,
        valid_share: counts.valid_share(),
        tree_share: share(counts.trees, counts.traces, 0.0),
        child_inside_parent: child_inside_parent(synthetic),
        real_child_inside_parent: child_inside_parent(real),
        child_not_longer_than_parent: child_not_longer_than_parent(synthetic),
        real_child_not_longer_than_parent: child_not_longer_than_parent(real),
        known_label_pairs: share(labels_of_edges(synthetic).filter(|pair| known.contains(pair)).count(), synthetic.edge_count(), 1.0),
        sane_times: sane_times(synthetic),
    })
}

fn labels_of_edges(corpus: &Corpus) -> impl Iterator<Item = EdgeLabel> + '_ {
    corpus.traces().flat_map(|trace| edge_labels(trace).collect::<Vec<_>>())
}

fn child_inside_parent(corpus: &Corpus) -> Option<f64> {
    let inside = |trace: tracesmith_trace::TraceRef<'_>| {
        let end = |span: usize| trace.starts_us[span] + trace.durations_us[span];
        let within = trace.edges.iter().filter(|edge| {
            let (parent, child) = (edge.parent as usize, edge.child as usize);
            trace.starts_us[child] >= trace.starts_us[parent] - SLACK_US && end(child) <= end(parent) + SLACK_US
        });
        within.count()
    };
    corpus.has_starts().then(|| share(corpus.traces().map(inside).sum(), corpus.edge_count(), 1.0))
}

fn child_not_longer_than_parent(corpus: &Corpus) -> f64 {
    let shorter = |trace: tracesmith_trace::TraceRef<'_>| {
        trace.edges.iter().filter(|edge| trace.durations_us[edge.child as usize] <= trace.durations_us[edge.parent as usize]).count()
    };
    share(corpus.traces().map(shorter).sum(), corpus.edge_count(), 1.0)
}

fn sane_times(corpus: &Corpus) -> f64 {
    let sane = |time: f64| time.is_finite() && time >= 0.0;
    let spans = corpus.traces().map(|trace| trace.starts_us.iter().zip(trace.durations_us).filter(|(s, d)| sane(**s) && sane(**d)).count());
    share(spans.sum(), corpus.span_count(), 1.0)
}

impl Measure for Validity {
    fn measurements(&self) -> Vec<Measurement> {
        let mut found = listed([
            ("validity.valid_share", self.valid_share),
            ("validity.tree_share", self.tree_share),
            ("validity.child_not_longer_than_parent", self.child_not_longer_than_parent),
            ("validity.real_child_not_longer_than_parent", self.real_child_not_longer_than_parent),
            ("validity.known_label_pairs", self.known_label_pairs),
            ("validity.sane_times", self.sane_times),
        ]);
        let optional = [
            ("validity.child_inside_parent", self.child_inside_parent),
            ("validity.real_child_inside_parent", self.real_child_inside_parent),
        ];
        found.extend(optional.into_iter().filter_map(|(metric, value)| Some(Measurement::new(metric, value?))));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{corpus, timed};

    #[test]
    fn a_forest_an_unknown_edge_and_a_long_child_are_counted() {
        let real = corpus(&[(&[(0, 0, 9.0), (1, 1, 4.0)], &[(0, 1)])]);
        let synthetic = corpus(&[
            (&[(0, 0, 9.0), (1, 1, 4.0), (1, 1, 10.0), (2, 2, 1.0)], &[(0, 1), (0, 2), (1, 3)]),
            (&[(0, 0, 9.0), (0, 0, 9.0)], &[]),
        ]);
        let validity = validity(&real, &synthetic).unwrap();
        assert_eq!((validity.valid_share, validity.tree_share, validity.counts.several_roots), (0.5, 0.5, 1));
        assert_eq!((validity.known_label_pairs, validity.child_not_longer_than_parent), (2.0 / 3.0, 2.0 / 3.0));
        assert_eq!((validity.real_child_not_longer_than_parent, validity.child_inside_parent, validity.sane_times), (1.0, None, 1.0));
    }

    #[test]
    fn children_that_outlive_their_parent_or_start_before_it_lie_outside() {
        let spans = [((0, 0, 9.0), 0.0), ((0, 1, 4.0), 5.0), ((1, 1, 1.0), 8.5), ((1, 1, 1.0), -1.0)];
        let corpus = timed(&spans, &[(0, 1), (0, 2), (0, 3)]);
        let validity = validity(&corpus, &corpus).unwrap();
        assert_eq!(validity.child_inside_parent, Some(1.0 / 3.0));
        assert_eq!(validity.sane_times, 0.75);
        assert!(validity.measurements().iter().any(|found| found.metric == "validity.child_inside_parent"));
    }

    #[test]
    fn traces_without_edges_break_no_rule_of_edges() {
        let single = corpus(&[(&[(0, 0, 1.0)], &[])]);
        let validity = validity(&single, &single).unwrap();
        assert_eq!([validity.valid_share, validity.known_label_pairs, validity.child_not_longer_than_parent], [1.0; 3]);
    }
}
