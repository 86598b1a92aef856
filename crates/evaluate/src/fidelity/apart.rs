//! Rows that are printed beside structural fidelity and enter no score.

use std::collections::BTreeMap;

use tracesmith_trace::{Corpus, SpanLabel, TraceRef, edge_labels, span_labels};

use super::groups::Member;
use crate::statistics::{correlation, counts, js_similarity, ks_similarity};

/// Real spans that a (service, operation) pair needs before its duration similarity may be the worst: below, the statistic is noise.
const MIN_SPANS_OF_WORST: usize = 20;

pub(super) fn rows(real: &Corpus, synthetic: &Corpus) -> Vec<Member> {
    let ks = |values: fn(TraceRef<'_>) -> Vec<f64>| ks_similarity(&over_traces(real, values), &over_traces(synthetic, values));
    let (label_mean, label_worst) = durations_by_label(real, synthetic);
    let mut rows = vec![
        ("depth", ks(|trace| vec![depth(trace)])),
        ("branching", ks(branching)),
        ("child_parent_duration_ratio", ks(duration_ratios)),
        ("critical_path_length", ks(|trace| vec![critical_path_us(trace)])),
        ("durations_by_label_mean", label_mean),
        ("durations_by_label_worst", label_worst),
        ("parent_child_label_pairs", js_similarity(&edge_label_counts(real), &edge_label_counts(synthetic))),
        ("edge_duration_correlation_difference", (edge_correlation(real) - edge_correlation(synthetic)).abs()),
    ];
    if real.has_starts() && synthetic.has_starts() {
        rows.push(("start_offset", ks(start_offsets)));
    }
    rows.into_iter().map(|(name, value)| Member { name, value }).collect()
}

fn over_traces(corpus: &Corpus, values: fn(TraceRef<'_>) -> Vec<f64>) -> Vec<f64> {
    corpus.traces().flat_map(values).collect()
}

/// Depth of the deepest span.
fn depth(trace: TraceRef<'_>) -> f64 {
    trace.depths().into_iter().max().unwrap_or(0) as f64
}

/// Numbers of children of the spans that have any.
fn branching(trace: TraceRef<'_>) -> Vec<f64> {
    trace.children().iter().filter(|children| !children.is_empty()).map(|children| children.len() as f64).collect()
}

/// (1 + d) of the child over (1 + d) of the parent along every edge; durations of 0 µs occur.
fn duration_ratios(trace: TraceRef<'_>) -> Vec<f64> {
    along_edges(trace, trace.durations_us).map(|(parent, child)| (1.0 + child) / (1.0 + parent)).collect()
}

/// Start of the child after the start of its parent, in µs.
fn start_offsets(trace: TraceRef<'_>) -> Vec<f64> {
    along_edges(trace, trace.starts_us).map(|(parent, child)| child - parent).collect()
}

/// Largest sum of durations on a path along edges, in µs.
fn critical_path_us(trace: TraceRef<'_>) -> f64 {
    let mut longest = trace.durations_us.to_vec();
    // Edges are sorted by child and parents come before children, so that a parent's path is complete when it is used.
    for edge in trace.edges {
        let child = edge.child as usize;
        longest[child] = longest[child].max(longest[edge.parent as usize] + trace.durations_us[child]);
    }
    longest.into_iter().fold(0.0, f64::max)
}

/// Duration similarity of every real (service, operation) pair, 0 where the synthetic corpus lacks it: the mean weighted by real spans, and
/// the worst of the pairs with at least [`MIN_SPANS_OF_WORST`] real spans (the mean if there is none).
fn durations_by_label(real: &Corpus, synthetic: &Corpus) -> (f64, f64) {
    let (real, synthetic) = (group_durations(real), group_durations(synthetic));
    let (mut weighted, mut spans, mut worst) = (0.0, 0, None::<f64>);
    for (label, durations) in &real {
        let similarity = ks_similarity(durations, synthetic.get(label).map_or(&[][..], Vec::as_slice));
        weighted += similarity * durations.len() as f64;
        spans += durations.len();
        if durations.len() >= MIN_SPANS_OF_WORST {
            worst = Some(worst.map_or(similarity, |worst| worst.min(similarity)));
        }
    }
    let mean = weighted / spans as f64;
    (mean, worst.unwrap_or(mean))
}

fn group_durations(corpus: &Corpus) -> BTreeMap<SpanLabel, Vec<f64>> {
    let mut groups: BTreeMap<_, Vec<f64>> = BTreeMap::new();
    for trace in corpus.traces() {
        for (label, &duration) in span_labels(trace).zip(trace.durations_us) {
            groups.entry(label).or_default().push(duration);
        }
    }
    groups
}

fn edge_label_counts(corpus: &Corpus) -> BTreeMap<(SpanLabel, SpanLabel), u64> {
    counts(corpus.traces().flat_map(|trace| edge_labels(trace).collect::<Vec<_>>()))
}

/// Correlation of ln(1 + d) of parents and children; 0 where it is not defined (fewer than two edges, constant durations).
fn edge_correlation(corpus: &Corpus) -> f64 {
    let mut pairs: Vec<(f64, f64)> = corpus
        .traces()
        .flat_map(|trace| along_edges(trace, trace.durations_us).map(|(p, c)| (p.ln_1p(), c.ln_1p())).collect::<Vec<_>>())
        .collect();
    // Sums in another order differ in their last digits.
    pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    correlation(&pairs).unwrap_or(0.0)
}

/// Values of the parent and of the child of every edge.
fn along_edges<'a>(trace: TraceRef<'a>, values: &'a [f64]) -> impl Iterator<Item = (f64, f64)> + 'a {
    trace.edges.iter().map(|edge| (values[edge.parent as usize], values[edge.child as usize]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{corpus, timed};

    #[test]
    fn paths_ratios_and_branching_of_a_small_tree() {
        let corpus = corpus(&[(&[(0, 0, 9.0), (0, 1, 4.0), (1, 1, 1.0), (1, 2, 3.0)], &[(0, 1), (1, 2), (0, 3)])]);
        let trace = corpus.trace(0);
        assert_eq!(depth(trace), 2.0);
        assert_eq!(branching(trace), [2.0, 1.0]);
        assert_eq!(duration_ratios(trace), [0.5, 0.4, 0.4]);
        assert_eq!(critical_path_us(trace), 14.0);
        assert_eq!(corpus.trace(0).edges.len(), 3);
    }

    #[test]
    fn start_offsets_are_taken_from_the_parent_and_need_both_sides() {
        let with = timed(&[((0, 0, 9.0), 0.0), ((0, 1, 4.0), 2.0), ((1, 1, 1.0), 5.0)], &[(0, 1), (1, 2)]);
        assert_eq!(start_offsets(with.trace(0)), [2.0, 3.0]);
        let without = corpus(&[(&[(0, 0, 1.0)], &[])]);
        let named = |other: &Corpus| rows(&with, other).iter().any(|row| row.name == "start_offset");
        assert!(named(&with) && !named(&without));
    }

    #[test]
    fn a_label_that_is_missing_counts_as_wholly_different() {
        let real = corpus(&[(&[(0, 0, 1.0), (0, 0, 1.0), (0, 0, 1.0), (1, 1, 5.0)], &[])]);
        let synthetic = corpus(&[(&[(0, 0, 1.0)], &[])]);
        assert_eq!(durations_by_label(&real, &synthetic), (0.75, 0.75));
        let many = corpus(&[(&[(1, 1, 5.0); 20], &[])]);
        assert_eq!(durations_by_label(&many, &synthetic), (0.0, 0.0));
    }

    #[test]
    fn the_correlation_of_fewer_than_two_edges_is_zero() {
        assert_eq!(edge_correlation(&corpus(&[(&[(0, 0, 1.0), (0, 0, 2.0)], &[(0, 1)])])), 0.0);
        let rising = corpus(&[(&[(0, 0, 1.0), (0, 0, 2.0)], &[(0, 1)]), (&[(0, 0, 10.0), (0, 0, 20.0)], &[(0, 1)])]);
        assert!((edge_correlation(&rising) - 1.0).abs() < 1e-12);
    }
}
