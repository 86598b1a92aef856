//! How the duration of a span goes with that of the span it fits into.

use rand::{Rng, RngExt};

use super::quantile::QuantileFunction;

/// Partitions a coupling mixes, so that the block bounds of a single one do not show in the joint distribution.
const PARTITIONS: usize = 4;
/// Blocks shorter than this are comonotone: where child and parent are nearly equal the greedy blocks would become infinitely many.
const SHORTEST_BLOCK: f64 = 1.0 / 256.0;

/// A copula of (parent, child) under which the child never outlasts the parent and both keep their distributions.
///
/// It is a mixture of ordinal sums (Nelsen, *An Introduction to Copulas*, 2006, § 3.2.2): (0, 1) is cut into blocks, and the child's probability
/// is uniform in the block that holds the parent's. A block \[a, b\] is as long as F_child(Q_parent(a)) ≥ b allows: its longest child still fits
/// into its shortest parent. A child that takes nearly all of its parent thus moves with it, and one that takes little of it is free, as
/// the real traces show (rank correlations of 0.9–1.0 and 0.1–0.3).
#[derive(Debug, Clone)]
pub struct Coupling {
    partitions: Vec<Vec<Block>>,
}

#[derive(Debug, Clone, Copy)]
struct Block {
    end: f64,
    comonotone: bool,
}

impl Coupling {
    /// The coupling of a child with its parent. Where the child's quantiles exceed the parent's, the child moves with it and outlasts it.
    pub fn new(parent: &QuantileFunction, child: &QuantileFunction) -> Self {
        // A child that fits by far still follows its parent a little, the more of it it takes.
        let share = (child.at(0.5) / parent.at(0.5).max(f64::MIN_POSITIVE)).min(1.0);
        let longest = (1.0 - share * share).max(SHORTEST_BLOCK);
        let partition = |k: usize| {
            let mut blocks = Vec::new();
            let mut start = 0.0;
            while start < 1.0 {
                let first = if start == 0.0 { (k + 1) as f64 / PARTITIONS as f64 } else { 1.0 };
                let fits = child.probability_of(parent.at(start)) - start;
                let comonotone = fits < SHORTEST_BLOCK;
                let length = if comonotone { SHORTEST_BLOCK } else { fits.min(longest) * first };
                let end = if start + length > 1.0 - 1e-9 { 1.0 } else { start + length };
                blocks.push(Block { end, comonotone });
                start = end;
            }
            blocks
        };
        Self { partitions: (0..PARTITIONS).map(partition).collect() }
    }

    /// The child's probability, given the parent's.
    pub fn draw(&self, parent: f64, rng: &mut impl Rng) -> f64 {
        let blocks = &self.partitions[rng.random_range(0..PARTITIONS)];
        let i = blocks.partition_point(|block| block.end < parent).min(blocks.len() - 1);
        let start = if i == 0 { 0.0 } else { blocks[i - 1].end };
        let inside: f64 = rng.random();
        if blocks[i].comonotone { parent } else { start + inside * (blocks[i].end - start) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROBABILITIES: [f64; 3] = [0.0, 0.5, 1.0];

    fn function(quantiles_us: [f64; 3]) -> QuantileFunction {
        QuantileFunction::new(&quantiles_us, &PROBABILITIES, 100)
    }

    #[test]
    fn the_child_fits_and_stays_uniform() {
        let parent = function([100.0, 120.0, 300.0]);
        let mut rng = tracesmith_trace::rng(1, "coupling");
        for child in [function([99.0, 119.0, 299.0]), function([50.0, 90.0, 200.0]), function([1.0, 2.0, 3.0])] {
            let coupling = Coupling::new(&parent, &child);
            let mut drawn: Vec<f64> = (0..20_000)
                .map(|_| {
                    let u: f64 = rng.random();
                    let v = coupling.draw(u, &mut rng);
                    assert!(child.at(v) <= parent.at(u) * (1.0 + 1e-9), "{u} {v}");
                    v
                })
                .collect();
            drawn.sort_by(f64::total_cmp);
            let ks = drawn.iter().enumerate().map(|(i, v)| (v - i as f64 / 20_000.0).abs()).fold(0.0, f64::max);
            assert!(ks < 0.012, "{ks}");
        }
    }

    #[test]
    fn a_child_that_cannot_fit_moves_with_its_parent() {
        let coupling = Coupling::new(&function([1.0, 2.0, 3.0]), &function([10.0, 20.0, 30.0]));
        assert_eq!(coupling.draw(0.3, &mut tracesmith_trace::rng(1, "coupling")), 0.3);
    }
}
