//! The network.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::class_weights::ClassWeights;
use super::{Decoded, Decoder, Encoder, HvaeConfig};
use crate::host;
use crate::losses::sample;
use crate::{Graph, GraphBatch, Latents, Noise, Sizes};

/// Encoder and decoder.
#[derive(Module, Debug)]
pub struct Hvae {
    /// q(z_G, z_v | trace).
    pub encoder: Encoder,
    /// p(trace | z_G, z_v).
    pub decoder: Decoder,
    #[module(skip)]
    pub(crate) config: HvaeConfig,
    #[module(skip)]
    pub(crate) weights: ClassWeights,
}

impl HvaeConfig {
    /// Initialises the model for a corpus of `sizes`.
    pub fn init(&self, sizes: &Sizes, device: &Device) -> Hvae {
        Hvae {
            encoder: Encoder::new(self, sizes, device),
            decoder: Decoder::new(self, sizes, device),
            config: self.clone(),
            weights: ClassWeights::default(),
        }
    }
}

impl Hvae {
    /// The same model with the inverse-frequency class weights of `graphs`, if the configuration asks for them.
    pub fn with_class_weights(mut self, graphs: &[Graph], sizes: &Sizes) -> Self {
        if self.config.class_weights {
            self.weights = ClassWeights::inverse_frequency(graphs, sizes, self.config.class_weight_cap);
        }
        self
    }

    /// Decodes the posterior mean of every graph, for RQ1. No noise, no dropout.
    pub fn reconstruct(&self, batch: &GraphBatch) -> Decoded {
        let posterior = self.encoder.forward(batch, None);
        let skip = self.config.skip.then_some(posterior.hidden);
        self.decoder.forward(batch, posterior.graph_mean, posterior.node_mean, skip, None)
    }

    /// Decodes latents drawn from the prior: `z_graph` `[B, L]`, `z_node` `[M, L]`. `layout` gives sizes and classes; its other
    /// tensors are not read. The encoder's hidden states are zero here, as in the paper.
    pub fn decode(&self, layout: &GraphBatch, z_graph: Tensor<2>, z_node: Tensor<2>) -> Decoded {
        self.decoder.forward(layout, z_graph, z_node, None, None)
    }

    /// One draw from the posterior of every graph and span.
    pub fn draw_posterior(&self, batch: &GraphBatch, noise: &mut Noise) -> Latents {
        let posterior = self.encoder.forward(batch, None);
        let graphs = sample(posterior.graph_mean, posterior.graph_log_variance, Some(noise));
        let spans = sample(posterior.node_mean, posterior.node_log_variance, Some(noise));
        Latents { graphs: host::rows(graphs), spans: host::rows(spans) }
    }

    /// [`Hvae::decode`] for latents on the host.
    pub fn decode_latents(&self, layout: &GraphBatch, latents: &Latents) -> Decoded {
        let (units, device) = (self.config.latent, layout.device());
        self.decode(layout, host::of_rows(&latents.graphs, units, &device), host::of_rows(&latents.spans, units, &device))
    }

    /// Units of `z_G` and `z_v`.
    pub fn latent(&self) -> usize {
        self.config.latent
    }
}
