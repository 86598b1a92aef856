//! A trace as the network reads it.

use std::collections::HashMap;

use tracesmith_codec::{Tokens, parents_of, previous_siblings};
use tracesmith_trace::Label;

use super::TreeSizes;

/// A trace of the training set, with the relations that every batch needs.
#[derive(Debug, Clone, PartialEq)]
pub struct TreeSample {
    /// Its tokens and quantiles.
    pub tokens: Tokens,
    /// Its class, see [`tracesmith_trace::Class`].
    pub class: usize,
    pub(crate) relations: Relations,
    /// Training spans in the slot of every span, see [`TreeSample::count_slots`]; empty where that is not known.
    pub(crate) in_slot: Vec<u32>,
}

/// Who stands where in a tree. All lists have one entry a span.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Relations {
    pub parents: Vec<Option<usize>>,
    pub siblings: Vec<Option<usize>>,
    pub leaves: Vec<bool>,
    /// The last earlier span with the same label.
    pub namesakes: Vec<Option<usize>>,
}

impl TreeSample {
    /// The sample of a trace with this label.
    pub fn new(tokens: Tokens, label: &Label) -> Self {
        Self::of_class(tokens, label.class().index())
    }

    pub(crate) fn of_class(tokens: Tokens, class: usize) -> Self {
        let relations = Relations::of(&tokens.depths, &tokens.labels);
        Self { tokens, class, relations, in_slot: Vec::new() }
    }

    /// Tells every span of the training samples how many have the same slot: the same label below and after the same labels.
    pub fn count_slots(samples: &mut [Self]) {
        let mut counts: HashMap<[Option<u32>; 3], u32> = HashMap::new();
        samples.iter().flat_map(Self::slots).for_each(|slot| *counts.entry(slot).or_default() += 1);
        for sample in samples {
            sample.in_slot = sample.slots().map(|slot| counts[&slot]).collect();
        }
    }

    fn slots(&self) -> impl Iterator<Item = [Option<u32>; 3]> {
        let label = |span: Option<usize>| span.map(|span| self.tokens.labels[span]);
        (0..self.len()).map(move |i| [label(Some(i)), label(self.relations.parents[i]), label(self.relations.siblings[i])])
    }

    /// Number of spans.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether there is no span; never, for a trace of a corpus.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }
}

impl Relations {
    pub fn of(depths: &[u16], labels: &[u32]) -> Self {
        let parents = parents_of(depths);
        let siblings = previous_siblings(&parents);
        let mut leaves = vec![true; depths.len()];
        parents.iter().flatten().for_each(|&parent| leaves[parent] = false);
        let mut last = HashMap::new();
        let namesakes = labels.iter().enumerate().map(|(i, &label)| last.insert(label, i)).collect();
        Self { parents, siblings, leaves, namesakes }
    }
}

impl TreeSizes {
    /// Sizes of the tables for the traces of a codec.
    pub fn of(codec: &tracesmith_codec::Codec) -> Self {
        Self {
            labels: codec.labels().len(),
            outcomes: codec.outcomes().len(),
            max_depth: codec.max_depth(),
            max_spans: codec.max_spans(),
            has_starts: codec.has_starts(),
        }
    }
}
