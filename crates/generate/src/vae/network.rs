//! What a network must offer to be fitted, drawn from and stored as the VAEs that decode a batch at once are.

use serde::Serialize;
use serde::de::DeserializeOwned;
use tracesmith_model::hvae::Decoded;
use tracesmith_model::train::Objective;
use tracesmith_model::{Device, Graph, GraphBatch, Latents, Noise, Sizes};

use crate::error::FitError;

/// Traces a chunk of generation: a chunk has a random stream of its own, so that chunks can be made anywhere in any order.
pub(crate) const CHUNK: usize = 256;

/// Cells `B·N²` of a decoded batch.
pub(crate) const CELLS: usize = 1 << 16;

/// A VAE that decodes a batch at once.
pub(crate) trait Vae: Objective<Sample = Graph, Batch = GraphBatch> + Sync {
    const KIND: &'static str;
    /// Whether every span has a latent of its own.
    const SPAN_LATENTS: bool;
    fn latent(&self) -> usize;
    fn draw_posterior(&self, batch: &GraphBatch, noise: &mut Noise) -> Latents;
    fn decode_latents(&self, layout: &GraphBatch, latents: &Latents) -> Decoded;
    /// Decodes latents from N(0, I).
    fn decode_prior(&self, layout: &GraphBatch, noise: &mut Noise) -> Decoded;
    fn reconstruct(&self, batch: &GraphBatch) -> Decoded;
}

/// What a network configuration must tell the shared code.
pub(crate) trait Network: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {
    type Model: Vae;
    fn build(&self, sizes: &Sizes, device: &Device) -> Self::Model;
    fn prepare(&self, model: Self::Model, graphs: &[Graph], sizes: &Sizes) -> Self::Model;
    fn conditional(&self) -> bool;
    fn check(&self) -> Result<(), FitError>;
}
