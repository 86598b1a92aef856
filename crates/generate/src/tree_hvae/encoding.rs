//! Traces as samples of the network, batch by batch.

use tracesmith_codec::{Codec, CodecError};
use tracesmith_model::tree_hvae::TreeSample;
use tracesmith_trace::{Corpus, rng};

/// Spans a batch of encoding: bounds memory for corpora of large traces.
const ENCODED_SPANS: usize = 1 << 14;

/// The traces as tokens; ties are broken by the seed.
pub(super) fn encode(codec: &Codec, corpus: &Corpus, seed: u64) -> Result<Vec<TreeSample>, CodecError> {
    let mut ties = rng(seed, "codec/ties");
    corpus.traces().map(|trace| Ok(TreeSample::new(codec.encode(trace, &mut ties)?, trace.label))).collect()
}

/// Batches of samples of bounded size, in order.
pub(super) fn batches(samples: &[TreeSample]) -> Vec<Vec<&TreeSample>> {
    let mut batches: Vec<Vec<&TreeSample>> = Vec::new();
    let mut spans = 0;
    for sample in samples {
        spans += sample.len();
        match batches.last_mut() {
            Some(last) if spans <= ENCODED_SPANS => last.push(sample),
            _ => {
                batches.push(vec![sample]);
                spans = sample.len();
            }
        }
    }
    batches
}
