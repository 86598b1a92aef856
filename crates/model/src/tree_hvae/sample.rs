//! A trace as the network reads it.

use tracesmith_codec::{Tokens, parents_of, previous_siblings};
use tracesmith_trace::{Corpus, Label};

use super::TreeSizes;
use crate::graph::condition;

/// A trace of the training set, with the relations that every batch needs.
#[derive(Debug, Clone, PartialEq)]
pub struct TreeSample {
    /// Its tokens and quantiles.
    pub tokens: Tokens,
    /// Its class, see [`condition`].
    pub class: usize,
    pub(crate) relations: Relations,
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
        Self::of_class(tokens, condition(label))
    }

    pub(crate) fn of_class(tokens: Tokens, class: usize) -> Self {
        let relations = Relations::of(&tokens.depths, &tokens.labels);
        Self { tokens, class, relations }
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
        let mut last = std::collections::HashMap::new();
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

/// Whether every trace of a corpus is one tree with a single root, which is what the codec takes.
pub fn all_trees(corpus: &Corpus) -> bool {
    corpus.traces().all(|trace| trace.edges.len() + 1 == trace.span_count() && trace.parents().iter().filter(|p| p.is_none()).count() == 1)
}
