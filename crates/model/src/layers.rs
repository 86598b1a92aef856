//! Layers over batches of graphs and of sequences.

mod gcn;
mod gru;
mod mlp;
mod packing;
mod span_embedding;

pub use gcn::{Gcn, GcnConfig};
pub use gru::{Direction, PackedGru};
pub use mlp::{Lookup, Mlp};
pub use packing::Packing;
pub use span_embedding::{SpanEmbedding, SpanEmbeddingConfig};
