//! Learnt vectors of ids.

use burn::module::Initializer;
use burn::nn::{Embedding, EmbeddingConfig};
use burn::tensor::{Device, Int, Tensor};

/// Vectors of `width` units for `ids` ids, drawn from N(0, 0.1²).
pub(crate) fn small_embedding(ids: usize, width: usize, device: &Device) -> Embedding {
    EmbeddingConfig::new(ids, width).with_initializer(Initializer::Normal { mean: 0.0, std: 0.1 }).init(device)
}

/// The vectors of ids: `[n]` → `[n, width]`. burn's own `forward` is for sequences of equal length.
pub(crate) fn look_up(embedding: &Embedding, ids: &Tensor<1, Int>) -> Tensor<2> {
    embedding.weight.val().select(0, ids.clone())
}
