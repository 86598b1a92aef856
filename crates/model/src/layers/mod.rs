//! Layers over batches of graphs.

mod gcn;
mod span_embedding;

pub use gcn::{Gcn, GcnConfig};
pub use span_embedding::{SpanEmbedding, SpanEmbeddingConfig};
