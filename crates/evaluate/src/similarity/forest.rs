//! A random forest on yes/no features of weighted rows (Breiman, 2001).
//!
//! Spans described by (service, operation) repeat a few hundred rows thousands of times. Trees over the distinct rows with their counts give
//! the same result as trees over all spans at a fraction of the cost. `linfa-trees` cannot be used here: it prunes leaves that agree
//! in the majority, which leaves no class probabilities to rank by; it never tries to split a yes/no feature in a node that lacks the last
//! "no" row of the data; and it breaks ties by the order of a hash map, so that equal seeds differ.

use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use rayon::prelude::*;
use tracesmith_trace::rng;

/// Size and shape of the forest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ForestSettings {
    /// Number of trees.
    pub trees: usize,
    /// Largest number of splits on a path.
    pub depth: usize,
    /// Samples (of the tree's bootstrap) that a leaf has at least.
    pub leaf: u64,
}

/// A distinct row: which features are "yes", and how many samples of each class have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<const ACTIVE: usize> {
    /// The features that are "yes".
    pub active: [usize; ACTIVE],
    /// Samples of class 0 and of class 1.
    pub counts: [u64; 2],
}

/// Trees whose leaves give the share of class 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Forest {
    trees: Vec<Node>,
}

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Leaf(f64),
    Split { feature: usize, no: Box<Node>, yes: Box<Node> },
}

impl Forest {
    /// Grows every tree on a bootstrap sample, trying √features (rounded down) random features a split, by Gini impurity.
    ///
    /// Tree i has a random stream of its own, so that the result does not depend on the number of threads.
    pub fn fit<const ACTIVE: usize>(rows: &[Row<ACTIVE>], features: usize, settings: ForestSettings, seed: u64) -> Self {
        let samples: Vec<(usize, usize)> = (0..rows.len()).flat_map(|row| [0, 1].map(|class| (row, class))).collect();
        let samples: Vec<_> =
            samples.into_iter().flat_map(|(row, class)| (0..rows[row].counts[class]).map(move |_| (row, class))).collect();
        let grow = |tree: usize| {
            let mut rng = rng(seed, &format!("forest tree {tree}"));
            let rows = bootstrap(rows, &samples, &mut rng);
            let rows: Vec<&Row<ACTIVE>> = rows.iter().filter(|row| total(row.counts) > 0).collect();
            let mut features: Vec<usize> = (0..features).collect();
            Grower { features: &mut features, leaf: settings.leaf, rng: &mut rng }.grow(&rows, settings.depth)
        };
        Self { trees: (0..settings.trees).into_par_iter().map(grow).collect() }
    }

    /// Mean over the trees of the share of class 1 in the leaf; 0.5 without trees.
    pub fn probability<const ACTIVE: usize>(&self, active: &[usize; ACTIVE]) -> f64 {
        let sum: f64 = self.trees.iter().map(|tree| tree.probability(active)).sum();
        if self.trees.is_empty() { 0.5 } else { sum / self.trees.len() as f64 }
    }
}

impl Node {
    fn probability(&self, active: &[usize]) -> f64 {
        match self {
            Self::Leaf(probability) => *probability,
            Self::Split { feature, no, yes } => if active.contains(feature) { yes } else { no }.probability(active),
        }
    }
}

/// As many samples as there are, drawn with replacement.
fn bootstrap<const ACTIVE: usize>(rows: &[Row<ACTIVE>], samples: &[(usize, usize)], rng: &mut impl Rng) -> Vec<Row<ACTIVE>> {
    let mut drawn: Vec<_> = rows.iter().map(|row| Row { active: row.active, counts: [0, 0] }).collect();
    for _ in samples {
        let (row, class) = samples[rng.random_range(0..samples.len())];
        drawn[row].counts[class] += 1;
    }
    drawn
}

/// What the nodes of one tree share.
struct Grower<'a, R> {
    features: &'a mut [usize],
    leaf: u64,
    rng: &'a mut R,
}

impl<R: Rng> Grower<'_, R> {
    fn grow<const ACTIVE: usize>(&mut self, rows: &[&Row<ACTIVE>], depth: usize) -> Node {
        let counts = rows.iter().fold([0, 0], |sum, row| add(sum, row.counts));
        let leaf = Node::Leaf(if total(counts) == 0 { 0.5 } else { counts[1] as f64 / total(counts) as f64 });
        if depth == 0 || total(counts) < 2 * self.leaf || counts.contains(&0) {
            return leaf;
        }
        let Some(feature) = self.best_split(rows, counts) else { return leaf };
        let (yes, no): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.active.contains(&feature));
        Node::Split { feature, no: Box::new(self.grow(&no, depth - 1)), yes: Box::new(self.grow(&yes, depth - 1)) }
    }

    /// The best of √features random features; further ones are tried until one of them tells the rows apart at all.
    fn best_split<const ACTIVE: usize>(&mut self, rows: &[&Row<ACTIVE>], counts: [u64; 2]) -> Option<usize> {
        self.features.shuffle(self.rng);
        let wanted = self.features.len().isqrt().max(1);
        let (mut best, mut telling) = (None, false);
        for (tried, &feature) in self.features.iter().enumerate() {
            if tried >= wanted && telling {
                break;
            }
            let yes = rows.iter().filter(|row| row.active.contains(&feature)).fold([0, 0], |sum, row| add(sum, row.counts));
            let no = [counts[0] - yes[0], counts[1] - yes[1]];
            telling |= total(yes) > 0 && total(no) > 0;
            if total(yes) < self.leaf.max(1) || total(no) < self.leaf.max(1) {
                continue;
            }
            let purity = purity(yes) + purity(no);
            if best.is_none_or(|(_, highest)| purity > highest) {
                best = Some((feature, purity));
            }
        }
        best.map(|(feature, _)| feature)
    }
}

/// n·(1 − Gini impurity); the split with the largest sum has the least impurity.
fn purity(counts: [u64; 2]) -> f64 {
    counts.iter().map(|&count| (count as f64).powi(2)).sum::<f64>() / total(counts) as f64
}

fn add(a: [u64; 2], b: [u64; 2]) -> [u64; 2] {
    [a[0] + b[0], a[1] + b[1]]
}

fn total(counts: [u64; 2]) -> u64 {
    counts[0] + counts[1]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(active: usize, counts: [u64; 2]) -> Row<1> {
        Row { active: [active], counts }
    }

    fn grow(rows: &[Row<1>], features: usize, leaf: u64, depth: usize) -> Node {
        let mut features: Vec<usize> = (0..features).collect();
        let mut rng = rng(1, "test");
        Grower { features: &mut features, leaf, rng: &mut rng }.grow(&rows.iter().collect::<Vec<_>>(), depth)
    }

    #[test]
    fn a_tree_of_two_rows_splits_them_and_gives_their_shares() {
        let tree = grow(&[row(0, [30, 10]), row(1, [10, 30])], 2, 20, 6);
        assert_eq!((tree.probability(&[0]), tree.probability(&[1])), (0.25, 0.75));
    }

    #[test]
    fn small_leaves_and_deep_paths_are_refused() {
        let rows = [row(0, [30, 10]), row(1, [3, 10])];
        assert_eq!(grow(&rows, 2, 20, 6), Node::Leaf(20.0 / 53.0));
        assert_eq!(grow(&rows, 2, 1, 0), Node::Leaf(20.0 / 53.0));
    }

    #[test]
    fn the_forest_is_the_same_on_one_thread_and_on_three() {
        let rows: Vec<_> = (0..9).map(|i| row(i, [40 + 7 * i as u64, 100 - 9 * i as u64])).collect();
        let settings = ForestSettings { trees: 20, depth: 6, leaf: 20 };
        let fit =
            |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| Forest::fit(&rows, 9, settings, 5));
        assert_eq!(fit(1), fit(3));
        assert_ne!(fit(1), Forest::fit(&rows, 9, settings, 6));
    }

    #[test]
    fn without_rows_or_trees_both_classes_are_as_likely() {
        let settings = ForestSettings { trees: 3, depth: 2, leaf: 1 };
        assert_eq!(Forest::fit::<1>(&[], 2, settings, 0).probability(&[0]), 0.5);
        assert_eq!(Forest::fit(&[row(0, [1, 1])], 2, ForestSettings { trees: 0, ..settings }, 0).probability(&[0]), 0.5);
    }
}
