//! Layers over batches of graphs and of sequences.

mod condition_encoder;
mod direction;
mod embedding;
mod gcn;
mod gru;
mod mlp;
mod packing;
mod span_embedding;

pub use condition_encoder::ConditionEncoder;
pub use direction::Direction;
pub(crate) use embedding::{look_up, small_embedding};
pub use gcn::{Gcn, GcnConfig};
pub use gru::PackedGru;
pub use mlp::Mlp;
pub use packing::Packing;
pub use span_embedding::{SpanEmbedding, SpanEmbeddingConfig};
