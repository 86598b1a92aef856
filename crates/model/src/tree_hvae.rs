//! Our generator: a hierarchical VAE over trees whose decoder can only produce valid traces and whose prior is learnt.
//!
//! A trace has a latent `z_G`; its spans may have latents `z_v`, too, which is off by default. The structure decoder draws the tree span by
//! span, the timing decoder then draws two gaps a span as quantiles of `tracesmith-codec`. Shapes in comments: `B` traces and `R` spans a
//! batch, `L` latent units, `P` labels.

mod batch;
mod config;
mod encoder;
mod loss;
mod network;
mod prior;
mod sample;
mod sampler;
mod structure;
mod targets;
mod timing;

pub use batch::TreeBatch;
pub use config::{TreeHvaeConfig, TreeSizes, TreeTrainConfig, size_bucket};
pub use network::TreeHvae;
pub use sample::TreeSample;
pub use sampler::{TreeLatents, TreeRules, TreeSampling};
pub use targets::QuantileTargets;

#[cfg(test)]
mod tests;
