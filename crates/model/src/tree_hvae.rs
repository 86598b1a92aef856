//! Our generator: a hierarchical VAE over trees whose decoder can only produce valid traces and whose prior is learnt.
//!
//! A trace has a latent `z_G`; its spans may have latents `z_v`, too, which is off by default. The structure decoder draws the tree span by
//! span, the timing decoder then draws two gaps a span as quantiles of `tracesmith-codec`. Shapes in comments: `B` traces and `R` spans a
//! batch, `L` latent units, `P` labels.

mod batch;
mod config;
mod encoder;
mod loss;
mod prior;
mod sample;
mod sampler;
mod structure;
mod targets;
mod timing;

use burn::module::Module;
use burn::tensor::Device;
use tracesmith_trace::Class;

pub use batch::TreeBatch;
pub use config::{TreeHvaeConfig, TreeSizes, TreeTrainConfig, size_bucket};
pub use sample::TreeSample;
pub use sampler::{TreeRules, TreeSampling};
pub use targets::QuantileTargets;

use crate::layers::Mlp;

/// Encoder, prior and decoders.
#[derive(Module, Debug)]
pub struct TreeHvae {
    encoder: encoder::Encoder,
    prior: prior::GraphPrior,
    structure: structure::StructureDecoder,
    timing: timing::TimingDecoder,
    /// Reads label counts, size, root and class from `z_G`.
    auxiliary: Mlp,
    #[module(skip)]
    config: TreeHvaeConfig,
    #[module(skip)]
    sizes: TreeSizes,
}

impl TreeHvaeConfig {
    /// Initialises the network for traces of `sizes`.
    pub fn init(&self, sizes: &TreeSizes, device: &Device) -> TreeHvae {
        let read = 2 * sizes.labels + size_bucket(sizes.max_spans) + 1 + Class::COUNT;
        TreeHvae {
            encoder: encoder::Encoder::new(self, sizes, device),
            prior: prior::GraphPrior::new(self, device),
            structure: structure::StructureDecoder::new(self, sizes, device),
            timing: timing::TimingDecoder::new(self, sizes, device),
            auxiliary: Mlp::new(self.graph_latent.max(1), 96, read, device),
            config: self.clone(),
            sizes: *sizes,
        }
    }
}

#[cfg(test)]
mod tests;
