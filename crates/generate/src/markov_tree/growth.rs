//! Trees drawn from the tables, span after span in preorder, without recursion.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::tables::{Context, Root, Tables, bucket};

/// A tree of labels; parents stand before their children, and siblings in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tree {
    pub labels: Vec<u32>,
    pub parents: Vec<Option<usize>>,
}

impl Tree {
    fn new(root: u32) -> Self {
        Self { labels: vec![root], parents: vec![None] }
    }

    pub fn len(&self) -> usize {
        self.labels.len()
    }

    fn add(&mut self, label: u32, parent: usize) -> usize {
        self.labels.push(label);
        self.parents.push(Some(parent));
        self.len() - 1
    }

    /// Leaves out all but the first `size` spans. The last span of a preorder is always a leaf, so that the rest is a tree.
    fn prune(&mut self, size: usize) {
        self.labels.truncate(size);
        self.parents.truncate(size);
    }
}

/// A span whose children are being drawn.
#[derive(Clone, Copy)]
struct Open {
    node: usize,
    children: usize,
    previous: Option<u32>,
}

impl Tables {
    /// A tree below a root from `roots`, as large as it becomes, up to `limit` spans.
    pub fn tree(&self, roots: &[&Root], limit: usize, rng: &mut ChaCha8Rng) -> Tree {
        let mut tree = Tree::new(draw_root(roots, rng));
        self.grow(&mut tree, 0, limit, rng);
        tree
    }

    /// A tree of exactly `size` spans: the first of up to `tries` trees that has this size, else the nearest one, without its last leaves or
    /// with further children. The rejection draws from the distribution given the size; what is cut or added does not.
    pub fn tree_of_size(&self, size: usize, tries: usize, roots: &[&Root], rng: &mut ChaCha8Rng) -> Tree {
        // A tree of twice the size is further from it than any smaller one.
        let limit = size.saturating_mul(2);
        let mut nearest = self.tree(roots, limit, rng);
        for _ in 1..tries {
            if nearest.len() == size {
                return nearest;
            }
            let tree = self.tree(roots, limit, rng);
            if tree.len().abs_diff(size) < nearest.len().abs_diff(size) {
                nearest = tree;
            }
        }
        nearest.prune(size);
        self.extend(&mut nearest, size, rng);
        nearest
    }

    /// Draws the descendants of the childless `node` until all have stopped or the tree has `limit` spans.
    fn grow(&self, tree: &mut Tree, node: usize, limit: usize, rng: &mut ChaCha8Rng) {
        let mut open = vec![Open { node, children: 0, previous: None }];
        while let Some(span) = open.last_mut().filter(|_| tree.len() < limit) {
            match self.next(tree.labels[span.node], span.children, span.previous, rng) {
                None => {
                    open.pop();
                }
                Some(child) => {
                    span.children += 1;
                    span.previous = Some(child);
                    let node = tree.add(child, span.node);
                    open.push(Open { node, children: 0, previous: None });
                }
            }
        }
    }

    /// Label of the next child, or `None` if there is none.
    fn next(&self, parent: u32, children: usize, previous: Option<u32>, rng: &mut ChaCha8Rng) -> Option<u32> {
        let levels = self.levels(parent, children, previous);
        levels.into_iter().find_map(|contexts| draw_next(contexts, true, rng)).flatten()
    }

    /// Contexts to draw from, the closest first: with the position and the previous sibling, with the position, with the parent alone.
    fn levels(&self, parent: u32, children: usize, previous: Option<u32>) -> [&[Context]; 3] {
        let contexts = &self.labels[parent as usize].contexts[..];
        let position = bucket(children);
        let first = contexts.partition_point(|context| context.position < position);
        let here = &contexts[first..first + contexts[first..].partition_point(|context| context.position == position)];
        let exact = here.binary_search_by_key(&previous, |context| context.previous).map_or(&[][..], |at| &here[at..=at]);
        [exact, here, contexts]
    }

    /// Adds subtrees until the tree has `size` spans: first where the tables let a span have a further child, then where they do so without
    /// regard to the siblings, and below the root if no span of the tree may have children at all.
    fn extend(&self, tree: &mut Tree, size: usize, rng: &mut ChaCha8Rng) {
        let mut ends = Ends::default();
        ends.follow(tree, self);
        while tree.len() < size {
            let Some((node, child)) = self.addition(tree, &mut ends, rng) else { return };
            let added = tree.add(child, node);
            self.grow(tree, added, size, rng);
            ends.follow(tree, self);
        }
    }

    /// A span and the label of a further child; `None` if the tables have no child at all.
    fn addition(&self, tree: &Tree, ends: &mut Ends, rng: &mut ChaCha8Rng) -> Option<(usize, u32)> {
        while !ends.open.is_empty() {
            let at = rng.random_range(0..ends.open.len());
            let node = ends.open[at];
            let (children, previous) = ends.last[node];
            let [exact, ..] = self.levels(tree.labels[node], children, previous);
            match draw_next(exact, false, rng).flatten() {
                Some(child) => return Some((node, child)),
                None => ends.open.swap_remove(at),
            };
        }
        if ends.fertile.is_empty() {
            let contexts = self.labels.iter().flat_map(|label| &label.contexts);
            return draw_next(contexts, false, rng).flatten().map(|child| (0, child));
        }
        let node = ends.fertile[rng.random_range(0..ends.fertile.len())];
        let (children, previous) = ends.last[node];
        let [_, position, parent] = self.levels(tree.labels[node], children, previous);
        let child = [position, parent].into_iter().find_map(|contexts| draw_next(contexts, false, rng)).flatten()?;
        Some((node, child))
    }
}

/// Where the children of a tree end.
#[derive(Default)]
struct Ends {
    /// Number of children and label of the last one, for every span.
    last: Vec<(usize, Option<u32>)>,
    /// Spans that may have a further child by their exact context.
    open: Vec<usize>,
    /// Spans whose label had children in training.
    fertile: Vec<usize>,
}

impl Ends {
    /// Takes up the spans that were added to the tree.
    fn follow(&mut self, tree: &Tree, tables: &Tables) {
        for node in self.last.len()..tree.len() {
            self.last.push((0, None));
            if let Some(parent) = tree.parents[node] {
                self.last[parent] = (self.last[parent].0 + 1, Some(tree.labels[node]));
            }
            self.open.push(node);
            if tables.labels[tree.labels[node] as usize].has_children() {
                self.fertile.push(node);
            }
        }
    }
}

fn draw_root(roots: &[&Root], rng: &mut ChaCha8Rng) -> u32 {
    let weighted = roots.iter().map(|root| (root.label, root.sizes.len() as u64));
    weighted_draw(weighted, rng).unwrap_or(0)
}

/// What follows in `contexts` together, as often as it did; `None` if nothing did. Without `stop` there is a further child.
fn draw_next<'a>(
    contexts: impl IntoIterator<Item = &'a Context, IntoIter: Clone>,
    stop: bool,
    rng: &mut ChaCha8Rng,
) -> Option<Option<u32>> {
    let next = contexts.into_iter().flat_map(|context| &context.next).filter(|(next, _)| stop || next.is_some());
    weighted_draw(next.map(|&(next, count)| (next, u64::from(count))), rng)
}

/// An item as often as its weight says; `None` if all weights are 0.
pub(super) fn weighted_draw<T>(items: impl Iterator<Item = (T, u64)> + Clone, rng: &mut ChaCha8Rng) -> Option<T> {
    let total: u64 = items.clone().map(|(_, weight)| weight).sum();
    if total == 0 {
        return None;
    }
    let mut point = rng.random_range(0..total);
    for (item, weight) in items {
        match point.checked_sub(weight) {
            Some(rest) => point = rest,
            None => return Some(item),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::fixture::{LabelledTree, corpus};
    use super::*;
    use tracesmith_trace::rng;

    /// A root with one child, a root with two, and a single span.
    const TREES: [LabelledTree; 3] = [&[(0, None), (1, Some(0))], &[(0, None), (1, Some(0)), (2, Some(0))], &[(3, None)]];

    fn is_preorder_tree(tree: &Tree) -> bool {
        tree.parents[0].is_none() && (1..tree.len()).all(|node| tree.parents[node].is_some_and(|parent| parent < node))
    }

    #[test]
    fn trees_are_as_frequent_as_in_training() {
        let tables = Tables::fit(&corpus(&TREES));
        let roots: Vec<&Root> = tables.roots.iter().collect();
        let mut rng = rng(0, "test");
        let mut seen: BTreeMap<Vec<u32>, usize> = BTreeMap::new();
        for _ in 0..3000 {
            *seen.entry(tables.tree(&roots, 100, &mut rng).labels).or_default() += 1;
        }
        assert_eq!(seen.keys().map(Vec::as_slice).collect::<Vec<_>>(), [&[0, 1][..], &[0, 1, 2], &[3]]);
        assert!(seen.values().all(|&count| (850..1150).contains(&count)), "{seen:?}");
    }

    #[test]
    fn a_size_is_met_exactly_by_rejection_pruning_or_growth() {
        let tables = Tables::fit(&corpus(&TREES));
        let roots: Vec<&Root> = tables.roots.iter().collect();
        let mut rng = rng(0, "test");
        for size in [1, 2, 3, 4, 17, 400] {
            for tries in [1, 50] {
                let tree = tables.tree_of_size(size, tries, &roots, &mut rng);
                assert!(tree.len() == size && is_preorder_tree(&tree), "{size}: {tree:?}");
            }
        }
        // With enough tries the tree of three spans is the one that was seen.
        assert!((0..50).all(|_| tables.tree_of_size(3, 200, &roots, &mut rng).labels == [0, 1, 2]));
    }

    #[test]
    fn a_root_that_never_had_children_gets_some_if_the_size_demands_it() {
        let tables = Tables::fit(&corpus(&TREES));
        let single: Vec<&Root> = tables.roots.iter().filter(|root| root.label == 3).collect();
        let tree = tables.tree_of_size(5, 3, &single, &mut rng(0, "test"));
        assert_eq!((tree.len(), tree.labels[0]), (5, 3));
    }

    #[test]
    fn an_unseen_context_backs_off_to_the_position_and_then_to_the_parent() {
        let tables = Tables::fit(&corpus(&TREES));
        let [exact, position, parent] = tables.levels(0, 1, Some(2));
        assert_eq!((exact.len(), position.len(), parent.len()), (0, 1, 3));
        let [exact, position, parent] = tables.levels(0, 5, Some(2));
        assert_eq!((exact.len(), position.len(), parent.len()), (0, 0, 3));
    }

    #[test]
    fn growth_that_never_ends_is_cut_at_the_limit() {
        // Nine in ten spans have a child of their kind, and most of them two: the tree grows for ever with positive probability.
        let mut tables = Tables::fit(&corpus(&[&[(0, None), (0, Some(0)), (0, Some(0)), (0, Some(1)), (0, Some(1))]]));
        tables.labels[0].contexts[0].next = vec![(Some(0), 9), (None, 1)];
        let roots: Vec<&Root> = tables.roots.iter().collect();
        let sizes: Vec<usize> = (0..50).map(|seed| tables.tree(&roots, 1000, &mut rng(seed, "test")).len()).collect();
        assert!(sizes.contains(&1000) && sizes.iter().all(|&size| size <= 1000), "{sizes:?}");
    }
}
