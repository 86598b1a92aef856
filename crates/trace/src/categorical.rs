//! A draw among a few things by their weights.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// A position drawn in proportion to the weights, none of which is negative or infinite; `None` if all are 0. It takes one number of `rng`.
///
/// Counts, which are whole, are better drawn exactly: see `rand`'s `WeightedIndex`.
pub fn categorical(weights: impl IntoIterator<Item = f64, IntoIter: Clone>, rng: &mut ChaCha8Rng) -> Option<usize> {
    let weights = weights.into_iter();
    let mut point = rng.random::<f64>() * weights.clone().sum::<f64>();
    let mut last = None;
    for (position, weight) in weights.enumerate() {
        if weight > 0.0 {
            // Rounding can leave a rest of the point beyond the last weight.
            last = Some(position);
            point -= weight;
            if point < 0.0 {
                break;
            }
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng;

    #[test]
    fn positions_come_as_often_as_they_weigh() {
        let mut rng = rng(0, "test");
        let mut counts = [0; 4];
        for _ in 0..8000 {
            counts[categorical([1.0, 0.0, 3.0, 0.0], &mut rng).unwrap()] += 1;
        }
        assert!(counts[1] == 0 && counts[3] == 0 && (f64::from(counts[2]) / 8000.0 - 0.75).abs() < 0.03, "{counts:?}");
    }

    #[test]
    fn nothing_is_drawn_without_weight() {
        assert_eq!(categorical([0.0, 0.0], &mut rng(0, "test")), None);
        assert_eq!(categorical([], &mut rng(0, "test")), None);
        assert_eq!(categorical([0.0, 1e-300], &mut rng(0, "test")), Some(1));
    }
}
