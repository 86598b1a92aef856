//! The one order in which the spans of a tree are stored.

use crate::{Edge, Span};

/// Depth-first preorder of a forest given by the parent of every node: children by start, then by label, then by the labels below them.
///
/// `starts` is `None` where a source has no start times; the order then depends on nothing but the tree and its labels. Nodes that nothing
/// tells apart keep the order of the input. Nodes on a cycle are not reached and are missing from the result.
/// Takes no more than O(n log n) label comparisons and does not recurse.
pub fn preorder<L: Ord>(parents: &[Option<usize>], labels: &[L], starts: Option<&[i64]>) -> Vec<usize> {
    let mut children = vec![Vec::new(); parents.len()];
    let mut roots = Vec::new();
    for (node, parent) in parents.iter().enumerate() {
        match parent {
            Some(parent) => children[*parent].push(node),
            None => roots.push(node),
        }
    }
    let ranks = subtree_ranks(parents, &children, &roots, labels);
    let key = |&node: &usize| (starts.map(|starts| starts[node]), &labels[node], ranks[node]);
    for siblings in children.iter_mut().chain([&mut roots]) {
        siblings.sort_by(|a, b| key(a).cmp(&key(b)));
    }
    let mut order = Vec::with_capacity(parents.len());
    let mut stack: Vec<usize> = roots.into_iter().rev().collect();
    while let Some(node) = stack.pop() {
        order.push(node);
        stack.extend(children[node].iter().rev());
    }
    order
}

/// (height, rank) of the labelled subtree below every node; equal exactly for isomorphic subtrees, after Aho, Hopcroft & Ullman (1974).
fn subtree_ranks<L: Ord>(parents: &[Option<usize>], children: &[Vec<usize>], roots: &[usize], labels: &[L]) -> Vec<(usize, usize)> {
    let mut top_down = roots.to_vec();
    let mut next = 0;
    while next < top_down.len() {
        top_down.extend(&children[top_down[next]]);
        next += 1;
    }
    let mut heights = vec![0; parents.len()];
    for &node in top_down.iter().rev() {
        if let Some(parent) = parents[node] {
            heights[parent] = heights[parent].max(heights[node] + 1);
        }
    }
    let mut by_height: Vec<Vec<usize>> = Vec::new();
    for &node in &top_down {
        by_height.resize_with(by_height.len().max(heights[node] + 1), Vec::new);
        by_height[heights[node]].push(node);
    }
    let mut ranks = vec![(0, 0); parents.len()];
    for (height, nodes) in by_height.iter().enumerate() {
        let mut keyed: Vec<_> = nodes
            .iter()
            .map(|&node| {
                let mut below: Vec<_> = children[node].iter().map(|&child| (&labels[child], ranks[child])).collect();
                below.sort();
                ((&labels[node], below), node)
            })
            .collect();
        keyed.sort_by(|a, b| a.0.cmp(&b.0));
        let mut rank = 0;
        for i in 0..keyed.len() {
            rank += usize::from(i > 0 && keyed[i].0 != keyed[i - 1].0);
            ranks[keyed[i].1] = (height, rank);
        }
    }
    ranks
}

/// A labelled tree in an order that depends on nothing but the tree and its labels: label and position of the parent of every node. Two forests
/// are the same but for the order of siblings if, and only if, these are equal.
pub fn canonical_tree<L: Ord + Copy>(parents: &[Option<usize>], labels: &[L]) -> Vec<(L, Option<usize>)> {
    let order = preorder(parents, labels, None);
    let mut position = vec![0; order.len()];
    order.iter().enumerate().for_each(|(new, &old)| position[old] = new);
    order.iter().map(|&node| (labels[node], parents[node].map(|parent| position[parent]))).collect()
}

/// The order in which a corpus stores the spans of a tree: siblings by start in whole nanoseconds if there are starts, then by label.
pub fn span_order(spans: &[Span], parents: &[Option<usize>], has_starts: bool) -> Vec<usize> {
    let labels: Vec<_> = spans.iter().map(|span| (span.service, span.operation)).collect();
    let starts: Option<Vec<i64>> = has_starts.then(|| spans.iter().map(|span| (span.start_us * 1000.0).round() as i64).collect());
    preorder(parents, &labels, starts.as_deref())
}

/// Spans of a tree in [`span_order`], with its edges.
pub fn in_preorder(spans: &[Span], parents: &[Option<usize>], has_starts: bool) -> (Vec<Span>, Vec<Edge>) {
    let order = span_order(spans, parents, has_starts);
    let mut position = vec![0u32; spans.len()];
    for (new, &old) in (0u32..).zip(&order) {
        position[old] = new;
    }
    let edge = |&old: &usize| parents[old].map(|parent| Edge { child: position[old], parent: position[parent] });
    (order.iter().map(|&old| spans[old]).collect(), order.iter().filter_map(edge).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn children_follow_their_parent_by_start() {
        let parents = [Some(3), Some(3), Some(0), None];
        assert_eq!(preorder(&parents, &["x"; 4], Some(&[20, 10, 30, 0])), [3, 1, 0, 2]);
    }

    #[test]
    fn without_starts_labels_and_then_subtrees_decide() {
        let parents = [None, Some(0), Some(0), Some(1), Some(2), Some(0)];
        let labels = ["root", "b", "b", "z", "y", "a"];
        assert_eq!(preorder(&parents, &labels, None), [0, 5, 2, 4, 1, 3]);
    }

    #[test]
    fn nodes_on_a_cycle_are_left_out() {
        assert_eq!(preorder(&[None, Some(2), Some(1)], &["x"; 3], None), [0]);
    }

    #[test]
    fn a_chain_of_a_hundred_thousand_spans_is_no_problem() {
        let parents: Vec<_> = (0..100_000usize).map(|i| i.checked_sub(1)).collect();
        assert_eq!(preorder(&parents, &vec![0; parents.len()], None), (0..parents.len()).collect::<Vec<_>>());
    }

    proptest! {
        #[test]
        fn the_order_of_the_input_does_not_matter(
            tree in proptest::collection::vec((0usize..1000, 0u8..3), 1..40),
            seed: u64,
        ) {
            let n = tree.len();
            let parents: Vec<Option<usize>> = (0..n).map(|i| (i > 0).then(|| tree[i].0 % i)).collect();
            let labels: Vec<u8> = tree.iter().map(|t| t.1).collect();
            let place = crate::split(n, 0.5, seed);
            let place: Vec<usize> = place.held_out.into_iter().rev().chain(place.train).collect();
            let mut new_of = vec![0; n];
            place.iter().enumerate().for_each(|(new, &old)| new_of[old] = new);
            let moved_parents: Vec<Option<usize>> = place.iter().map(|&old| parents[old].map(|p| new_of[p])).collect();
            let moved_labels: Vec<u8> = place.iter().map(|&old| labels[old]).collect();
            let sequence = |parents: &[Option<usize>], labels: &[u8]| {
                let order = preorder(parents, labels, None);
                let mut depth = vec![0; n];
                order.iter().map(|&i| { depth[i] = parents[i].map_or(0, |p| depth[p] + 1); (depth[i], labels[i]) }).collect::<Vec<_>>()
            };
            prop_assert_eq!(sequence(&parents, &labels), sequence(&moved_parents, &moved_labels));
        }
    }
}
