//! Where the spans of a trace lie on a time axis.

use tracesmith_trace::{TraceRef, preorder};

/// Where the starts of a layout come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Starts {
    /// From the source.
    Measured,
    /// From the rule of [`layout()`], because the source has none.
    ByRule,
}

/// A span on the time axis of its trace.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    /// Position of the span in the trace.
    pub span: usize,
    /// Number of spans above it.
    pub depth: usize,
    /// Whether no sibling follows it.
    pub last: bool,
    /// Begin in µs after the begin of the earliest span, at least 0.
    pub offset_us: f64,
    /// Duration in µs.
    pub duration_us: f64,
}

/// All spans of a trace in preorder, each once; a span with several parents stands below the earliest one.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// One bar a span.
    pub bars: Vec<Bar>,
    /// From the begin of the earliest span to the end of the latest one, in µs.
    pub extent_us: f64,
    /// Where the offsets come from.
    pub starts: Starts,
}

/// Places the spans of a trace on a time axis.
///
/// With measured starts (`has_starts`) every span lies where it was measured. Without them roots follow one after the other, and so do the
/// children of a span, in their stored order, the first where its parent begins. A child that would end after its parent is moved back until
/// both end together, though not before the begin of the parent: where every child is no longer than its parent, all lie inside theirs.
pub fn layout(trace: TraceRef<'_>, has_starts: bool) -> Layout {
    let parents = trace.parents();
    // Positions as labels keep siblings in the order in which they are stored.
    let order = preorder(&parents, &(0..parents.len()).collect::<Vec<_>>(), None);
    let offsets = if has_starts { measured(trace) } else { by_rule(trace.durations_us, &parents, &order) };
    let mut depths = vec![0; parents.len()];
    let mut last_child: Vec<Option<usize>> = vec![None; parents.len()];
    let mut last_root = None;
    for &span in &order {
        match parents[span] {
            Some(parent) => {
                depths[span] = depths[parent] + 1;
                last_child[parent] = Some(span);
            }
            None => last_root = Some(span),
        }
    }
    let bar = |&span: &usize| Bar {
        span,
        depth: depths[span],
        last: parents[span].map_or(last_root, |parent| last_child[parent]) == Some(span),
        offset_us: offsets[span],
        duration_us: trace.durations_us[span],
    };
    let bars: Vec<Bar> = order.iter().map(bar).collect();
    let extent_us = bars.iter().map(|bar| bar.offset_us + bar.duration_us).fold(0.0, f64::max);
    Layout { bars, extent_us, starts: if has_starts { Starts::Measured } else { Starts::ByRule } }
}

/// Starts in µs after the earliest one.
fn measured(trace: TraceRef<'_>) -> Vec<f64> {
    let earliest = trace.starts_us.iter().copied().fold(f64::INFINITY, f64::min);
    trace.starts_us.iter().map(|start| start - earliest).collect()
}

/// Starts by the rule of [`layout()`].
fn by_rule(durations_us: &[f64], parents: &[Option<usize>], order: &[usize]) -> Vec<f64> {
    let mut offsets = vec![0.0f64; parents.len()];
    // Where the next child of a span would begin, and the next root.
    let mut next = vec![0.0f64; parents.len()];
    let mut next_root = 0.0f64;
    for &span in order {
        let start = match parents[span] {
            Some(parent) => {
                let latest = (offsets[parent] + durations_us[parent] - durations_us[span]).max(offsets[parent]);
                next[parent].min(latest)
            }
            None => next_root,
        };
        let cursor = parents[span].map_or(&mut next_root, |parent| &mut next[parent]);
        *cursor = start + durations_us[span];
        offsets[span] = start;
        next[span] = start;
    }
    offsets
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fixture::{Node, corpus, tree};

    /// (span, depth, offset, last) of every bar.
    fn placed(nodes: &[Node], has_starts: bool) -> Vec<(usize, usize, f64, bool)> {
        let corpus = corpus(&[tree(nodes)], has_starts);
        layout(corpus.trace(0), has_starts).bars.iter().map(|bar| (bar.span, bar.depth, bar.offset_us, bar.last)).collect()
    }

    #[test]
    fn measured_starts_are_kept_and_count_from_the_earliest_span() {
        // A clock artefact lets the child begin before the root.
        let nodes = [Node::root(100.0), Node::below(0, 40.0).at(-5.0), Node::below(0, 10.0).at(80.0)];
        assert_eq!(placed(&nodes, true), [(0, 0, 5.0, true), (1, 1, 0.0, false), (2, 1, 85.0, true)]);
        let corpus = corpus(&[tree(&nodes)], true);
        let layout = layout(corpus.trace(0), true);
        assert_eq!((layout.extent_us, layout.starts), (105.0, Starts::Measured));
    }

    #[test]
    fn without_starts_children_follow_one_after_the_other_and_end_with_their_parent_at_the_latest() {
        let nodes = [Node::root(100.0), Node::below(0, 60.0), Node::below(1, 20.0), Node::below(0, 70.0), Node::below(0, 500.0)];
        let expected = [(0, 0, 0.0, true), (1, 1, 0.0, false), (2, 2, 0.0, true), (3, 1, 30.0, false), (4, 1, 0.0, true)];
        assert_eq!(placed(&nodes, false), expected);
    }

    #[test]
    fn roots_without_starts_follow_one_after_the_other() {
        assert_eq!(placed(&[Node::root(10.0), Node::root(5.0)], false), [(0, 0, 0.0, false), (1, 0, 10.0, true)]);
    }

    #[test]
    fn a_span_with_two_parents_is_drawn_once_below_the_earlier_one() {
        let mut trace = tree(&[Node::root(10.0), Node::below(0, 5.0), Node::below(0, 5.0), Node::below(1, 1.0)]);
        trace.edges.push(tracesmith_trace::Edge { parent: 2, child: 3 });
        let corpus = corpus(&[trace], false);
        let spans: Vec<_> = layout(corpus.trace(0), false).bars.iter().map(|bar| (bar.span, bar.depth)).collect();
        assert_eq!(spans, [(0, 0), (1, 1), (3, 2), (2, 1)]);
    }

    #[test]
    fn a_chain_of_a_hundred_thousand_spans_is_no_problem() {
        let nodes: Vec<Node> = (0..100_000).map(|i: usize| i.checked_sub(1).map_or(Node::root(1.0), |p| Node::below(p, 1.0))).collect();
        let corpus = corpus(&[tree(&nodes)], false);
        let layout = layout(corpus.trace(0), false);
        assert_eq!(layout.bars.last().map(|bar| (bar.depth, bar.offset_us)), Some((99_999, 0.0)));
    }

    proptest! {
        #[test]
        fn children_no_longer_than_their_parents_lie_inside_them(
            nodes in proptest::collection::vec((0usize..1000, 0.0f64..=1.0), 1..60),
            root_us in 0.0f64..1e9,
        ) {
            let mut tree_nodes = vec![Node::root(root_us)];
            for (i, &(parent, share)) in nodes.iter().enumerate() {
                let parent = parent % (i + 1);
                tree_nodes.push(Node::below(parent, tree_nodes[parent].duration_us * share));
            }
            let corpus = corpus(&[tree(&tree_nodes)], false);
            let trace = corpus.trace(0);
            let (layout, parents) = (layout(trace, false), trace.parents());
            let mut span_of = vec![None; parents.len()];
            layout.bars.iter().for_each(|bar| span_of[bar.span] = Some(*bar));
            let tolerance = root_us * 1e-12;
            prop_assert!(span_of.iter().all(Option::is_some));
            prop_assert!((layout.extent_us - root_us).abs() <= tolerance);
            for bar in &layout.bars {
                if let Some(parent) = parents[bar.span].and_then(|parent| span_of[parent]) {
                    prop_assert!(bar.offset_us >= parent.offset_us);
                    prop_assert!(bar.offset_us + bar.duration_us <= parent.offset_us + parent.duration_us + tolerance);
                    prop_assert_eq!(bar.depth, parent.depth + 1);
                }
            }
        }

        #[test]
        fn measured_spans_keep_their_distances_and_lie_on_the_axis(
            nodes in proptest::collection::vec((0usize..1000, -1e6f64..1e6, 0.0f64..1e6), 1..40),
        ) {
            let mut tree_nodes = vec![Node::root(10.0)];
            for (i, &(parent, start, duration)) in nodes.iter().enumerate() {
                tree_nodes.push(Node::below(parent % (i + 1), duration).at(start));
            }
            let corpus = corpus(&[tree(&tree_nodes)], true);
            let layout = layout(corpus.trace(0), true);
            let first = layout.bars[0];
            for bar in &layout.bars {
                let distance = tree_nodes[bar.span].start_us - tree_nodes[0].start_us;
                prop_assert!((bar.offset_us - first.offset_us - distance).abs() < 1e-6);
                prop_assert!(bar.offset_us >= 0.0 && bar.offset_us + bar.duration_us <= layout.extent_us);
            }
        }
    }
}
