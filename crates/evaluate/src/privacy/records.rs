//! Traces as records that only those of the same signature can be compared with.

use std::collections::HashMap;

use rayon::prelude::*;
use tracesmith_trace::{Corpus, Signature, SpanLabel, TraceRef, preorder, span_labels};

use crate::sampling::{canonical_order, choose};

/// Traces of a corpus that are compared one by one with those of another, at most: the time grows with the product.
pub const MAX_TRACES: usize = 10_000;

/// ln(1 + d) of the spans of a trace (d in µs), spans of traces with the same tree of labels in the same order.
type Record = Vec<f64>;

/// The records of a corpus by their signature.
pub(super) struct Records(HashMap<Signature, Vec<Record>>);

/// The nearest records of a set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Nearest {
    /// Their Euclidean distance.
    pub(super) distance: f64,
    /// How many are at that distance.
    pub(super) ties: usize,
}

/// The traces that are compared: all, or a sample of [`MAX_TRACES`] by the seed.
pub(super) fn chosen(corpus: &Corpus, seed: u64) -> Vec<usize> {
    choose(&canonical_order(corpus), MAX_TRACES, seed, "privacy")
}

/// Signature and record of a trace.
pub(super) fn record(trace: TraceRef<'_>) -> (Signature, Record) {
    let labels: Vec<SpanLabel> = span_labels(trace).collect();
    // Not the stored order, which hangs on start times where there are any.
    let order = preorder(&trace.parents(), &labels, None);
    (Signature::of(trace), order.into_iter().map(|span| trace.durations_us[span].ln_1p()).collect())
}

impl Records {
    pub(super) fn of(corpus: &Corpus, positions: &[usize]) -> Self {
        let mut groups: HashMap<Signature, Vec<Record>> = HashMap::new();
        for &position in positions {
            let (signature, record) = record(corpus.trace(position));
            groups.entry(signature).or_default().push(record);
        }
        Self(groups)
    }

    /// Number of records with the signature.
    pub(super) fn count(&self, signature: &Signature) -> usize {
        self.0.get(signature).map_or(0, Vec::len)
    }

    /// The nearest records with the signature; `None` if there is none.
    pub(super) fn nearest(&self, signature: &Signature, record: &[f64]) -> Option<Nearest> {
        let mut nearest: Option<Nearest> = None;
        for other in self.0.get(signature)? {
            let distance = record.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
            match &mut nearest {
                Some(nearest) if distance == nearest.distance => nearest.ties += 1,
                Some(nearest) if distance > nearest.distance => {}
                _ => nearest = Some(Nearest { distance, ties: 1 }),
            }
        }
        nearest
    }
}

/// A value for each of the chosen traces of a corpus, in their order.
pub(super) fn map_records<T: Send>(corpus: &Corpus, positions: &[usize], value: impl Fn(Signature, Record) -> T + Sync) -> Vec<T> {
    let one = |&position: &usize| {
        let (signature, record) = record(corpus.trace(position));
        value(signature, record)
    };
    positions.par_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{corpus, timed};

    #[test]
    fn the_nearest_record_is_sought_among_traces_of_the_same_signature() {
        let e = std::f64::consts::E;
        let known = corpus(&[
            (&[(0, 0, 0.0), (1, 1, 0.0)], &[(0, 1)]),
            (&[(0, 0, 0.0), (1, 1, e.powi(3) - 1.0)], &[(0, 1)]),
            (&[(0, 0, e.powi(4) - 1.0), (1, 1, e.powi(3) - 1.0)], &[]),
        ]);
        let records = Records::of(&known, &[0, 1, 2]);
        let sought = corpus(&[(&[(0, 0, e.powi(4) - 1.0), (1, 1, e.powi(3) - 1.0)], &[(0, 1)]), (&[(2, 2, 1.0)], &[])]);
        let nearest = |position: usize| {
            let (signature, record) = record(sought.trace(position));
            (records.count(&signature), records.nearest(&signature, &record))
        };
        // (4, 3) is 4 away from (0, 3) and 5 from (0, 0); the trace of the same times has no edge.
        let (count, found) = nearest(0);
        assert!(count == 2 && (found.unwrap().distance - 4.0).abs() < 1e-12 && found.unwrap().ties == 1, "{found:?}");
        assert_eq!(nearest(1), (0, None));
    }

    #[test]
    fn spans_are_aligned_by_labels_and_not_by_starts() {
        let first = timed(&[((0, 0, 9.0), 0.0), ((1, 1, 2.0), 1.0), ((2, 2, 3.0), 5.0)], &[(0, 1), (0, 2)]);
        let second = timed(&[((0, 0, 9.0), 0.0), ((2, 2, 3.0), 1.0), ((1, 1, 2.0), 5.0)], &[(0, 1), (0, 2)]);
        assert_eq!(record(first.trace(0)), record(second.trace(0)));
    }
}
