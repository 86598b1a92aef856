//! Is a trace one connected, acyclic graph with a single root?

use serde::{Deserialize, Serialize};

use crate::{Corpus, TraceRef};

/// What the edges of a trace make of its spans. Acyclicity needs no field: a [`Corpus`] cannot hold a cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Spans without a parent.
    pub roots: usize,
    /// Spans with more than one parent.
    pub several_parents: usize,
    /// Connected components.
    pub components: usize,
}

impl Shape {
    /// Shape of a trace.
    pub fn of(trace: TraceRef<'_>) -> Self {
        let mut parent_counts = vec![0usize; trace.span_count()];
        let mut component: Vec<usize> = (0..trace.span_count()).collect();
        let mut components = trace.span_count();
        for edge in trace.edges {
            parent_counts[edge.child as usize] += 1;
            let (a, b) = (find(&mut component, edge.parent as usize), find(&mut component, edge.child as usize));
            components -= usize::from(a != b);
            component[a] = b;
        }
        Self {
            roots: parent_counts.iter().filter(|&&count| count == 0).count(),
            several_parents: parent_counts.iter().filter(|&&count| count > 1).count(),
            components,
        }
    }

    /// One connected graph with a single root.
    pub fn is_valid(&self) -> bool {
        self.roots == 1 && self.components == 1
    }

    /// Valid, and no span has two parents.
    pub fn is_tree(&self) -> bool {
        self.is_valid() && self.several_parents == 0
    }
}

/// Representative of `node`'s component, halving the path on the way.
fn find(component: &mut [usize], mut node: usize) -> usize {
    while component[node] != node {
        component[node] = component[component[node]];
        node = component[node];
    }
    node
}

/// How many traces of a corpus break which rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ValidityCounts {
    /// All traces.
    pub traces: usize,
    /// Traces that are one connected graph with a single root.
    pub valid: usize,
    /// Valid traces in which no span has two parents.
    pub trees: usize,
    /// Traces with more than one root.
    pub several_roots: usize,
    /// Traces of more than one component.
    pub disconnected: usize,
    /// Traces in which some span has more than one parent.
    pub several_parents: usize,
}

impl ValidityCounts {
    /// Counts over a corpus.
    pub fn of(corpus: &Corpus) -> Self {
        corpus.traces().map(Shape::of).fold(Self::default(), |counts, shape| Self {
            traces: counts.traces + 1,
            valid: counts.valid + usize::from(shape.is_valid()),
            trees: counts.trees + usize::from(shape.is_tree()),
            several_roots: counts.several_roots + usize::from(shape.roots > 1),
            disconnected: counts.disconnected + usize::from(shape.components > 1),
            several_parents: counts.several_parents + usize::from(shape.several_parents > 0),
        })
    }

    /// Share of valid traces in 0–1; 0 for an empty corpus.
    pub fn valid_share(&self) -> f64 {
        if self.traces == 0 { 0.0 } else { self.valid as f64 / self.traces as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CorpusBuilder, Edge, Span, Trace, Vocabulary};

    #[test]
    fn a_tree_a_forest_and_a_diamond_are_told_apart() {
        let mut builder = CorpusBuilder::new("test", Vocabulary::new(["s"]), Vocabulary::new(["o"]), false);
        for edges in [&[(0, 1), (1, 2), (1, 3)][..], &[(0, 1), (2, 3)], &[(0, 1), (0, 2), (1, 3), (2, 3)], &[(0, 2), (1, 2), (2, 3)]] {
            let span = Span { duration_us: 1.0, ..Span::default() };
            let edges = edges.iter().map(|&(parent, child)| Edge { parent, child }).collect();
            builder.push(Trace { spans: vec![span; 4], edges, ..Trace::default() }).unwrap();
        }
        let counts = ValidityCounts::of(&builder.finish());
        assert_eq!(counts, ValidityCounts { traces: 4, valid: 2, trees: 1, several_roots: 2, disconnected: 1, several_parents: 2 });
        assert_eq!(counts.valid_share(), 0.5);
    }
}
