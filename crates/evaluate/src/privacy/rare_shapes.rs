//! k-anonymity of shapes: who carries a shape that few training traces have may be recognised by it.

use std::collections::HashMap;

use serde::Serialize;
use tracesmith_trace::{Corpus, Signature};

use crate::measurement::{Measure, Measurement};
use crate::statistics::share;

/// The k that are reported.
pub const LEVELS: [usize; 3] = [2, 5, 10];

/// Synthetic traces whose signature is rare in the training set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RareShapes {
    /// Synthetic traces whose signature no training trace has: these repeat nobody.
    pub never_seen: usize,
    /// Synthetic traces whose signature is in the training set, but fewer than k times.
    pub below: Vec<Below>,
    /// Number of synthetic traces.
    pub traces: usize,
}

/// Synthetic traces below one k.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Below {
    /// Occurrences in the training set that are enough.
    pub k: usize,
    /// Synthetic traces whose signature has fewer, but at least one.
    pub traces: usize,
}

/// How often a corpus has every signature.
pub fn occurrences(corpus: &Corpus) -> HashMap<Signature, usize> {
    let mut known: HashMap<Signature, usize> = HashMap::new();
    for trace in corpus.traces() {
        *known.entry(Signature::of(trace)).or_default() += 1;
    }
    known
}

/// Counts the synthetic traces by how often the training set has their signature.
pub(super) fn rare_shapes(training: &Corpus, synthetic: &Corpus) -> RareShapes {
    let known = occurrences(training);
    let seen: Vec<usize> = synthetic.traces().map(|trace| known.get(&Signature::of(trace)).copied().unwrap_or(0)).collect();
    let below = |k| Below { k, traces: seen.iter().filter(|&&count| (1..k).contains(&count)).count() };
    RareShapes { never_seen: seen.iter().filter(|&&count| count == 0).count(), below: LEVELS.map(below).into(), traces: seen.len() }
}

impl Measure for RareShapes {
    fn measurements(&self) -> Vec<Measurement> {
        let measured =
            |name: &str, traces| Measurement::new(format!("privacy.rare_shapes.{name}"), share(traces, self.traces, 0.0)).of(self.traces);
        let below = self.below.iter().map(|below| measured(&format!("k{}", below.k), below.traces));
        std::iter::once(measured("never_seen", self.never_seen)).chain(below).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{copies, corpus};

    #[test]
    fn traces_are_counted_by_how_often_their_shape_was_seen() {
        let training =
            Corpus::concat(&[&copies(1, &[(0, 0, 1.0)], &[]), &copies(4, &[(1, 1, 1.0)], &[]), &copies(12, &[(2, 2, 1.0)], &[])]);
        let single = |label: u32, operation: u32| corpus(&[(&[(label, operation, 9.0)], &[])]);
        let synthetic = Corpus::concat(&[&single(0, 0), &single(1, 1), &single(1, 1), &single(2, 2), &single(0, 3)]);
        let shapes = rare_shapes(&training, &synthetic);
        assert_eq!((shapes.never_seen, shapes.traces), (1, 5));
        assert_eq!(shapes.below.iter().map(|below| below.traces).collect::<Vec<_>>(), [1, 3, 3]);
        assert_eq!(shapes.measurements()[2], Measurement::new("privacy.rare_shapes.k5", 0.6).of(5));
    }
}
