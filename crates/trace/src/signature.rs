//! What makes two traces the same but for their times.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::TraceRef;

/// (service id, operation id).
pub type SpanLabel = (u32, u32);

/// Label of the parent, label of the child.
pub type EdgeLabel = (SpanLabel, SpanLabel);

/// Label of every span.
pub fn span_labels<'a>(trace: TraceRef<'a>) -> impl Iterator<Item = SpanLabel> + 'a {
    trace.services.iter().copied().zip(trace.operations.iter().copied())
}

/// Labels at both ends of every edge.
pub fn edge_labels<'a>(trace: TraceRef<'a>) -> impl Iterator<Item = EdgeLabel> + 'a {
    let label = move |span: u32| (trace.services[span as usize], trace.operations[span as usize]);
    trace.edges.iter().map(move |edge| (label(edge.parent), label(edge.child)))
}

/// Sorted labels of the spans and of the edges of a trace, with repetitions.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Signature {
    spans: Vec<SpanLabel>,
    edges: Vec<EdgeLabel>,
}

/// Stands for a [`Signature`] in files: the same on every platform and in every version, but only with the same vocabularies.
///
/// It does not keep a signature secret: who guesses one can check the guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SignatureHash(u64);

impl Signature {
    /// Signature of a trace.
    pub fn of(trace: TraceRef<'_>) -> Self {
        let (mut spans, mut edges): (Vec<_>, Vec<_>) = (span_labels(trace).collect(), edge_labels(trace).collect());
        spans.sort_unstable();
        edges.sort_unstable();
        Self { spans, edges }
    }

    /// The first eight bytes of the SHA-256 of the labels.
    pub fn hash(&self) -> SignatureHash {
        let mut hasher = Sha256::new().chain_update((self.spans.len() as u64).to_le_bytes());
        let of_edges = self.edges.iter().flat_map(|&(parent, child)| [parent, child]);
        for (service, operation) in self.spans.iter().copied().chain(of_edges) {
            hasher.update(service.to_le_bytes());
            hasher.update(operation.to_le_bytes());
        }
        let digest = hasher.finalize();
        SignatureHash(u64::from_le_bytes(std::array::from_fn(|i| digest[i])))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::{Corpus, CorpusBuilder, Edge, Span, Trace, Vocabulary};

    /// Labels of the spans, (parent, child) edges, and the duration of every span in µs.
    type TraceSpec<'a> = (&'a [SpanLabel], &'a [(u32, u32)], f64);

    fn corpus(traces: &[TraceSpec<'_>]) -> Corpus {
        let mut builder = CorpusBuilder::new("test", Vocabulary::new(["a", "b"]), Vocabulary::new(["p", "q"]), false);
        for &(labels, edges, duration_us) in traces {
            let span = |&(service, operation)| Span { service, operation, duration_us, ..Span::default() };
            let edges = edges.iter().map(|&(parent, child)| Edge { parent, child }).collect();
            builder.push(Trace { spans: labels.iter().map(span).collect(), edges, ..Trace::default() }).unwrap();
        }
        builder.finish()
    }

    #[test]
    fn times_and_the_order_of_siblings_do_not_count_but_labels_edges_and_repetitions_do() {
        let corpus = corpus(&[
            (&[(0, 0), (1, 0), (1, 1)], &[(0, 1), (0, 2)], 1.0),
            (&[(0, 0), (1, 1), (1, 0)], &[(0, 1), (0, 2)], 9.0),
            (&[(0, 0), (1, 0), (1, 1)], &[(0, 1), (1, 2)], 1.0),
            (&[(0, 0), (1, 0), (1, 0)], &[(0, 1), (0, 2)], 1.0),
            (&[(0, 0), (1, 0)], &[(0, 1)], 1.0),
            (&[(0, 0), (1, 0)], &[], 1.0),
            (&[(0, 0), (0, 0), (1, 0)], &[], 1.0),
        ]);
        let hashes: Vec<SignatureHash> = corpus.traces().map(|trace| Signature::of(trace).hash()).collect();
        assert_eq!(hashes[0], hashes[1]);
        assert_eq!(hashes[1..].iter().collect::<HashSet<_>>().len(), 6);
    }

    #[test]
    fn a_hash_survives_a_file() {
        let hash = Signature::of(corpus(&[(&[(0, 0)], &[], 1.0)]).trace(0)).hash();
        assert_eq!(hash.0, 0xd1b8_1552_cad8_bb4c, "the hash of a signature must never change: models keep it");
        assert_eq!(serde_json::from_str::<SignatureHash>(&serde_json::to_string(&hash).unwrap()).unwrap(), hash);
    }
}
