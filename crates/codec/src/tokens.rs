//! A trace as a network sees it, and the tree in its depths.

use serde::{Deserialize, Serialize};

/// A trace with one entry a span, in depth-first preorder.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Tokens {
    /// Depth below the root: 0 first, then between 1 and the previous depth + 1.
    pub depths: Vec<u16>,
    /// Joint label of service and operation, a position in [`crate::Codec::labels`].
    pub labels: Vec<u32>,
    /// Joint outcome of span kind and status, a position in [`crate::Codec::outcomes`].
    pub outcomes: Vec<u32>,
    /// Quantile in [0, 1] of the gap before the span's start.
    pub heads: Vec<f32>,
    /// Quantile in [0, 1] of the gap before the span's end.
    pub tails: Vec<f32>,
    /// Duration in µs, for networks that look at it; decoding does not.
    pub durations_us: Vec<f64>,
}

impl Tokens {
    /// Number of spans.
    pub fn len(&self) -> usize {
        self.depths.len()
    }

    /// Whether there is no span.
    pub fn is_empty(&self) -> bool {
        self.depths.is_empty()
    }

    /// Position of every span's parent; see [`parents_of`].
    pub fn parents(&self) -> Vec<Option<usize>> {
        parents_of(&self.depths)
    }

    /// Whether the depths are those of one tree in preorder.
    pub fn is_tree(&self) -> bool {
        self.depths.first() == Some(&0) && self.depths.windows(2).all(|pair| 1 <= pair[1] && pair[1] <= pair[0].saturating_add(1))
    }
}

/// Position of every node's parent, the latest node one level up, from depths in preorder. O(n).
///
/// Depths that are not legal give a forest: a further 0 is a further root, and a node that is too deep is a child of its predecessor.
pub fn parents_of(depths: &[u16]) -> Vec<Option<usize>> {
    let mut path = Vec::new();
    let mut parents = Vec::with_capacity(depths.len());
    for (node, &depth) in depths.iter().enumerate() {
        path.truncate(usize::from(depth));
        parents.push(path.last().copied());
        path.push(node);
    }
    parents
}

/// Position of the sibling before every node, from the parents of nodes in preorder. O(n).
pub fn previous_siblings(parents: &[Option<usize>]) -> Vec<Option<usize>> {
    let mut youngest = vec![None; parents.len()];
    let previous = |(node, parent): (usize, &Option<usize>)| parent.and_then(|parent| youngest[parent].replace(node));
    parents.iter().enumerate().map(previous).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depths_determine_parents_and_siblings() {
        let parents = parents_of(&[0, 1, 2, 2, 1, 2]);
        assert_eq!(parents, [None, Some(0), Some(1), Some(1), Some(0), Some(4)]);
        assert_eq!(previous_siblings(&parents), [None, None, None, Some(2), Some(1), None]);
    }

    #[test]
    fn illegal_depths_are_told_and_do_no_harm() {
        let tokens = |depths: &[u16]| Tokens { depths: depths.to_vec(), ..Tokens::default() };
        assert!(tokens(&[0]).is_tree() && tokens(&[0, 1, 2, 1]).is_tree());
        for depths in [&[][..], &[1], &[0, 0], &[0, 2]] {
            assert!(!tokens(depths).is_tree(), "{depths:?}");
        }
        assert_eq!(parents_of(&[0, 0, 7, 1]), [None, None, Some(1), Some(1)]);
    }
}
