//! q(z_G, z_v | trace).

use burn::module::Module;
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};

use super::HvaeConfig;
use crate::layers::{ConditionEncoder, Gcn, GcnConfig, SpanEmbedding, SpanEmbeddingConfig};
use crate::{GraphBatch, Noise, Sizes};

/// ln σ² is kept in this range: beyond it exp overflows or the KL has no gradient that helps.
const LOG_VARIANCE: (f64, f64) = (-10.0, 10.0);

/// Span embeddings, two graph convolutions over the undirected graph, and the heads of both posteriors.
#[derive(Module, Debug)]
pub struct Encoder {
    embedding: SpanEmbedding,
    convolutions: Vec<Gcn>,
    norms: Vec<BatchNorm>,
    graph_hidden: Linear,
    graph_head: Linear,
    node_head: Linear,
    condition: Option<ConditionEncoder>,
    dropout: f64,
}

/// Diagonal Gaussians over the latents, and what the decoder may copy.
#[derive(Debug, Clone)]
pub struct Posterior {
    /// Mean of `z_G`, `[B, L]`.
    pub graph_mean: Tensor<2>,
    /// ln σ² of `z_G`, `[B, L]`.
    pub graph_log_variance: Tensor<2>,
    /// Mean of every `z_v`, `[M, L]`.
    pub node_mean: Tensor<2>,
    /// ln σ² of every `z_v`, `[M, L]`.
    pub node_log_variance: Tensor<2>,
    /// Hidden states after the last convolution, `[M, H]`.
    pub hidden: Tensor<2>,
}

impl Encoder {
    pub(super) fn new(config: &HvaeConfig, sizes: &Sizes, device: &Device) -> Self {
        let spans = SpanEmbeddingConfig::for_sizes(sizes);
        let convolution = |d_input| GcnConfig::new(d_input, config.hidden).init(device);
        let norm = || BatchNormConfig::new(config.hidden).init(device);
        Self {
            embedding: spans.init(device),
            convolutions: vec![convolution(spans.d_output()), convolution(config.hidden)],
            norms: vec![norm(), norm()],
            graph_hidden: LinearConfig::new(config.hidden, config.latent).init(device),
            graph_head: LinearConfig::new(config.latent, 2 * config.latent).init(device),
            node_head: LinearConfig::new(config.hidden, 2 * config.latent).init(device),
            condition: config.conditional.then(|| ConditionEncoder::new(config.hidden, 1.0, device)),
            dropout: config.encoder_dropout,
        }
    }

    /// Posterior of every graph of a batch. `noise` is given in training only.
    pub fn forward(&self, batch: &GraphBatch, mut noise: Option<&mut Noise>) -> Posterior {
        let mut h = self.embedding.forward(batch);
        for (convolution, norm) in self.convolutions.iter().zip(&self.norms) {
            h = convolution.forward(h, batch.adjacency.clone(), batch);
            h = relu(norm.forward(h));
            if let Some(noise) = noise.as_deref_mut() {
                h = noise.dropout(h, self.dropout);
            }
        }
        let mut pooled = batch.mean_over_nodes(h.clone());
        if let Some(condition) = &self.condition {
            pooled = pooled + condition.forward(&batch.classes);
        }
        let (graph_mean, graph_log_variance) = halves(self.graph_head.forward(relu(self.graph_hidden.forward(pooled))));
        let (node_mean, node_log_variance) = halves(self.node_head.forward(h.clone()));
        Posterior { graph_mean, graph_log_variance, node_mean, node_log_variance, hidden: h }
    }
}

/// Mean and bounded ln σ² from the two halves of a head's output.
fn halves(x: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
    let [rows, columns] = x.dims();
    let half = columns / 2;
    let log_variance = x.clone().slice([0..rows, half..columns]).clamp(LOG_VARIANCE.0, LOG_VARIANCE.1);
    (x.slice([0..rows, 0..half]), log_variance)
}
