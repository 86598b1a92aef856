//! Which spans follow from which: what training has seen, so that nothing else need be drawn.

use serde::{Deserialize, Serialize};

use crate::{CodecError, layout::Layout};

/// Labels of roots, labels of children by the label of their parent, and outcomes by label, as they occur in a training corpus.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grammar {
    /// Sorted.
    roots: Vec<u32>,
    /// Sorted, a list a label.
    children: Vec<Vec<u32>>,
    /// Sorted, a list a label.
    outcomes: Vec<Vec<u32>>,
}

impl Grammar {
    /// Of training traces, each with the outcomes of its spans.
    pub(crate) fn of<'a>(labels: usize, traces: impl Iterator<Item = (&'a Layout, Vec<u32>)>) -> Self {
        let mut grammar = Self { roots: Vec::new(), children: vec![Vec::new(); labels], outcomes: vec![Vec::new(); labels] };
        for (layout, outcomes) in traces {
            for ((&label, parent), outcome) in layout.labels.iter().zip(&layout.parents).zip(outcomes) {
                let siblings = parent.map_or(&mut grammar.roots, |parent| &mut grammar.children[layout.labels[parent] as usize]);
                insert(siblings, label);
                insert(&mut grammar.outcomes[label as usize], outcome);
            }
        }
        grammar
    }

    /// Whether a span of this label occurs below a parent of that label, or as a root.
    pub fn has_call(&self, parent: Option<u32>, label: u32) -> bool {
        parent.map_or(&self.roots, |parent| &self.children[parent as usize]).binary_search(&label).is_ok()
    }

    /// Whether a span of this label occurs with children.
    pub fn has_children(&self, label: u32) -> bool {
        !self.children[label as usize].is_empty()
    }

    /// Whether a span of this label occurs with this outcome.
    pub fn has_outcome(&self, label: u32, outcome: u32) -> bool {
        self.outcomes[label as usize].binary_search(&outcome).is_ok()
    }

    /// Whether it is one of so many labels and outcomes.
    pub(crate) fn check(&self, labels: usize, outcomes: usize) -> Result<(), CodecError> {
        let fine = |ids: &[u32], count: usize| ids.is_sorted_by(|a, b| a < b) && ids.iter().all(|&id| (id as usize) < count);
        let complete = self.children.len() == labels && self.outcomes.len() == labels && !self.roots.is_empty();
        let known = fine(&self.roots, labels)
            && self.children.iter().all(|ids| fine(ids, labels))
            && self.outcomes.iter().all(|ids| fine(ids, outcomes) && !ids.is_empty());
        if complete && known { Ok(()) } else { Err(CodecError::Inconsistent("its calls are not of its labels")) }
    }
}

/// Inserts an id into a sorted list, once.
fn insert(sorted: &mut Vec<u32>, id: u32) {
    if let Err(position) = sorted.binary_search(&id) {
        sorted.insert(position, id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_and_outcomes_are_those_of_training() {
        // 0 calls 2 and 1; 1 calls 2.
        let layouts = [Layout::new(&[0, 1, 1], &[0, 2, 1]), Layout::new(&[0, 1], &[1, 2])];
        let outcomes = [vec![0, 1, 0], vec![1, 1]];
        let grammar = Grammar::of(3, layouts.iter().zip(outcomes));
        let called = |parent| (0..3).filter(|&label| grammar.has_call(parent, label)).collect::<Vec<_>>();
        assert_eq!([called(None), called(Some(0)), called(Some(1)), called(Some(2))], [vec![0, 1], vec![1, 2], vec![2], vec![]]);
        assert_eq!([0, 1, 2].map(|label| grammar.has_children(label)), [true, true, false]);
        assert!(grammar.has_outcome(1, 0) && grammar.has_outcome(1, 1) && !grammar.has_outcome(2, 0));
        assert!(grammar.check(3, 2).is_ok());
        assert!(grammar.check(2, 2).is_err() && grammar.check(3, 1).is_err());
    }
}
