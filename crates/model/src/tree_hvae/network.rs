//! The network.

use burn::module::Module;
use burn::tensor::Device;
use tracesmith_trace::Class;

use super::encoder::Encoder;
use super::prior::GraphPrior;
use super::structure::StructureDecoder;
use super::timing::TimingDecoder;
use super::{TreeHvaeConfig, TreeSizes, size_bucket};
use crate::layers::Mlp;

/// Encoder, prior and decoders.
#[derive(Module, Debug)]
pub struct TreeHvae {
    pub(super) encoder: Encoder,
    pub(super) prior: GraphPrior,
    pub(super) structure: StructureDecoder,
    pub(super) timing: TimingDecoder,
    /// Reads label counts, size, root and class from `z_G`.
    pub(super) auxiliary: Mlp,
    #[module(skip)]
    pub(super) config: TreeHvaeConfig,
    #[module(skip)]
    pub(super) sizes: TreeSizes,
}

impl TreeHvaeConfig {
    /// Initialises the network for traces of `sizes`.
    pub fn init(&self, sizes: &TreeSizes, device: &Device) -> TreeHvae {
        let read = 2 * sizes.labels + size_bucket(sizes.max_spans) + 1 + Class::COUNT;
        TreeHvae {
            encoder: Encoder::new(self, sizes, device),
            prior: GraphPrior::new(self, device),
            structure: StructureDecoder::new(self, sizes, device),
            timing: TimingDecoder::new(self, sizes, device),
            auxiliary: Mlp::new(self.graph_latent.max(1), 96, read, device),
            config: self.clone(),
            sizes: *sizes,
        }
    }
}
