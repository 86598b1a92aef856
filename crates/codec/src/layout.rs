//! What is known of a trace before its times: its tree and its labels.

use tracesmith_trace::{Shape, Span, TraceRef, span_order};

use crate::{CodecError, parents_of, previous_siblings, slot::Context};

/// A tree in preorder with a label on every span.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layout {
    pub(crate) parents: Vec<Option<usize>>,
    /// The sibling before.
    pub(crate) previous: Vec<Option<usize>>,
    /// The sibling after.
    pub(crate) next: Vec<Option<usize>>,
    pub(crate) is_leaf: Vec<bool>,
    pub(crate) labels: Vec<u32>,
}

impl Layout {
    pub(crate) fn new(depths: &[u16], labels: &[u32]) -> Self {
        let parents = parents_of(depths);
        let previous = previous_siblings(&parents);
        let mut next = vec![None; parents.len()];
        let mut is_leaf = vec![true; parents.len()];
        for node in 0..parents.len() {
            if let Some(previous) = previous[node] {
                next[previous] = Some(node);
            }
            if let Some(parent) = parents[node] {
                is_leaf[parent] = false;
            }
        }
        Self { parents, previous, next, is_leaf, labels: labels.to_vec() }
    }

    pub(crate) fn len(&self) -> usize {
        self.labels.len()
    }

    /// The slot of a span.
    pub(crate) fn context(&self, span: usize) -> Context {
        let label = |span: Option<usize>| span.map(|span| self.labels[span]);
        Context { parent: label(self.parents[span]), previous: label(self.previous[span]), own: self.labels[span] }
    }
}

/// The spans of a trace in preorder, and their depths.
///
/// # Errors
/// [`CodecError::NotATree`] and [`CodecError::TooDeep`].
pub(crate) fn tree(trace: TraceRef<'_>, has_starts: bool) -> Result<(Vec<Span>, Vec<u16>), CodecError> {
    let spans = trace.to_owned().spans;
    let shape = Shape::of(trace);
    if !shape.is_tree() {
        return Err(CodecError::NotATree { trace: trace.id.to_owned(), roots: shape.roots, several_parents: shape.several_parents });
    }
    let (parents, depths) = (trace.parents(), trace.depths());
    let order = span_order(&spans, &parents, has_starts);
    let too_deep = |depth: usize| CodecError::TooDeep { trace: trace.id.to_owned(), depth };
    let deepest = depths.iter().copied().max().unwrap_or(0);
    let depths = order.iter().map(|&span| u16::try_from(depths[span])).collect::<Result<_, _>>().map_err(|_| too_deep(deepest))?;
    Ok((order.into_iter().map(|span| spans[span]).collect(), depths))
}
