//! Layers over padded batches of graphs.

mod gcn;
mod masked_batch_norm;
mod span_embedding;

pub use gcn::{Gcn, GcnConfig};
pub use masked_batch_norm::{MaskedBatchNorm, MaskedBatchNormConfig};
pub use span_embedding::{SpanEmbedding, SpanEmbeddingConfig};
