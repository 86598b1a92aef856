//! What kinds of traces a corpus has.

use std::collections::HashMap;

use tracesmith_trace::{Corpus, canonical_tree};

use crate::names::printable;

/// A tree of services and operations, whatever the order of siblings; equal for traces of the same shape, also of different corpora.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShapeKey<'a>(Vec<((&'a str, &'a str), Option<usize>)>);

impl<'a> ShapeKey<'a> {
    /// Shape of the trace at `position`. Of a span with several parents the earliest one counts.
    ///
    /// # Panics
    /// If there is no such trace.
    pub fn of(corpus: &'a Corpus, position: usize) -> Self {
        let trace = corpus.trace(position);
        let names = trace.services.iter().zip(trace.operations);
        let labels: Vec<_> = names.map(|(&s, &o)| (corpus.services().name(s), corpus.operations().name(o))).collect();
        Self(canonical_tree(&trace.parents(), &labels))
    }
}

/// The traces of one shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape<'a> {
    /// What they have in common.
    pub key: ShapeKey<'a>,
    /// Service of the (first) root.
    pub service: &'a str,
    /// Operation of the (first) root.
    pub operation: &'a str,
    /// Number of spans of each trace.
    pub spans: usize,
    /// Number of levels of each trace.
    pub levels: usize,
    /// Positions of the traces, ascending; at least one.
    pub traces: Vec<usize>,
}

impl Shape<'_> {
    /// Service and operation of the root and, because gateways are the root of everything, the first operation of another service below it.
    pub fn title(&self) -> String {
        let first_call = self.key.0.iter().map(|&(label, _)| label).find(|&(service, _)| service != self.service);
        let call = first_call.map(|(_, operation)| format!(" → {operation}")).unwrap_or_default();
        printable(&format!("{} {}{call}", self.service, self.operation))
    }
}

/// The shapes of a corpus, the most frequent first; equally frequent ones in order of appearance.
pub fn shapes(corpus: &Corpus) -> Vec<Shape<'_>> {
    let mut number: HashMap<ShapeKey<'_>, usize> = HashMap::new();
    let mut shapes: Vec<Shape<'_>> = Vec::new();
    for position in 0..corpus.len() {
        let key = ShapeKey::of(corpus, position);
        let known = number.get(&key).copied();
        let shape = known.unwrap_or_else(|| {
            number.insert(key.clone(), shapes.len());
            shapes.push(first_of(corpus, position, key));
            shapes.len() - 1
        });
        shapes[shape].traces.push(position);
    }
    shapes.sort_by_key(|shape| std::cmp::Reverse(shape.traces.len()));
    shapes
}

/// A shape without traces, as the trace at `position` has it.
fn first_of<'a>(corpus: &'a Corpus, position: usize, key: ShapeKey<'a>) -> Shape<'a> {
    let trace = corpus.trace(position);
    Shape {
        key,
        service: corpus.services().name(trace.services[0]),
        operation: corpus.operations().name(trace.operations[0]),
        spans: trace.span_count(),
        levels: trace.depths().into_iter().max().map_or(0, |deepest| deepest + 1),
        traces: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Node, corpus, tree};

    #[test]
    fn siblings_in_another_order_are_the_same_shape_and_the_most_frequent_comes_first() {
        let one = tree(&[Node::root(9.0)]);
        let both = |a, b| tree(&[Node::root(9.0), Node::below(0, 1.0).named(a), Node::below(0, 2.0).named(b)]);
        let chain = tree(&[Node::root(9.0), Node::below(0, 1.0).named(1), Node::below(1, 2.0).named(2)]);
        let corpus = corpus(&[one, both(1, 2), chain, both(2, 1)], false);
        let found: Vec<_> = shapes(&corpus).into_iter().map(|shape| (shape.traces, shape.spans, shape.levels)).collect();
        assert_eq!(found, [(vec![1, 3], 3, 2), (vec![0], 1, 1), (vec![2], 3, 3)]);
    }

    #[test]
    fn shapes_of_one_gateway_are_told_apart_by_the_first_call_of_another_service() {
        let called = |operation| tree(&[Node::root(9.0), Node::below(0, 5.0).named(0), Node::below(1, 1.0).named(operation)]);
        let corpus = corpus(&[called(1), called(2), tree(&[Node::root(9.0)])], false);
        let titles: Vec<_> = shapes(&corpus).iter().map(Shape::title).collect();
        let root = "web GET /<a>&\"b\"";
        assert_eq!(titles, [format!("{root} → GET /cart"), format!("{root} → 支払い/注文"), root.to_owned()]);
    }
}
