//! The flat baseline: one latent for the whole trace, no graph in the network.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::host;
use crate::hvae::Decoded;
use crate::latents::Latents;
use crate::layers::{SpanEmbedding, SpanEmbeddingConfig};
use crate::losses::{cross_entropy, edge_loss, kl, sample};
use crate::train::{Losses, Objective, Progress};
use crate::{Graph, GraphBatch, Noise, Sizes};

/// Configuration of a [`FlatVae`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FlatVaeConfig {
    /// Units of the latent.
    pub latent: usize,
    /// Units of the hidden layers.
    pub hidden: usize,
    /// Units that describe one span between the decoder and the heads.
    pub span_width: usize,
    /// Weight of the edge loss.
    pub edge_weight: f64,
    /// Weight of the KL divergence after the warm-up.
    pub beta: f64,
    /// Share of the epochs over which β rises from 0.
    pub warm_up: f64,
}

impl Default for FlatVaeConfig {
    fn default() -> Self {
        Self { latent: 64, hidden: 256, span_width: 64, edge_weight: 2.0, beta: 0.02, warm_up: 0.2 }
    }
}

/// An MLP over the embeddings of all span slots; an MLP decoder that emits all span slots at once. A pair of slots is scored by
/// the product of two linear maps of them.
#[derive(Module, Debug)]
pub struct FlatVae {
    embedding: SpanEmbedding,
    slot_in: Linear,
    encoder: Linear,
    head: Linear,
    decoder_in: Linear,
    decoder_out: Linear,
    service: Linear,
    operation: Linear,
    duration: Linear,
    edge_from: Linear,
    edge_to: Linear,
    #[module(skip)]
    config: FlatVaeConfig,
    slots: usize,
}

impl FlatVaeConfig {
    /// Initialises the model for a corpus of `sizes`.
    pub fn init(&self, sizes: &Sizes, device: &Device) -> FlatVae {
        let spans = SpanEmbeddingConfig::for_sizes(sizes);
        let linear = |d_input, d_output| LinearConfig::new(d_input, d_output).init(device);
        FlatVae {
            embedding: spans.init(device),
            slot_in: linear(spans.d_output(), self.span_width),
            encoder: linear(sizes.max_spans * self.span_width, self.hidden),
            head: linear(self.hidden, 2 * self.latent),
            decoder_in: linear(self.latent, self.hidden),
            decoder_out: linear(self.hidden, sizes.max_spans * self.span_width),
            service: linear(self.span_width, sizes.services),
            operation: linear(self.span_width, sizes.operations),
            duration: linear(self.span_width, 1),
            edge_from: linear(self.span_width, self.span_width),
            edge_to: linear(self.span_width, self.span_width),
            config: self.clone(),
            slots: sizes.max_spans,
        }
    }
}

impl FlatVae {
    /// Mean and ln σ² of the latent, both `[B, L]`. Spans for which there is no slot are not read.
    fn encode(&self, batch: &GraphBatch) -> (Tensor<2>, Tensor<2>) {
        let width = self.config.span_width;
        let slots = batch.pad(relu(self.slot_in.forward(self.embedding.forward(batch)))) * batch.node_mask();
        let mut slots = slots.reshape([batch.graphs, batch.nodes * width]);
        if batch.nodes > self.slots {
            slots = slots.narrow(1, 0, self.slots * width);
        } else if batch.nodes < self.slots {
            let padding = Tensor::zeros([batch.graphs, (self.slots - batch.nodes) * width], &slots.device());
            slots = Tensor::cat(vec![slots, padding], 1);
        }
        let head = self.head.forward(relu(self.encoder.forward(slots)));
        let latent = self.config.latent;
        let log_variance = head.clone().slice([0..batch.graphs, latent..2 * latent]).clamp(-10.0, 10.0);
        (head.slice([0..batch.graphs, 0..latent]), log_variance)
    }

    /// Decodes latents `[B, L]` into the spans that `layout` has room for. Spans beyond the last slot are decoded as the last slot is.
    pub fn decode(&self, layout: &GraphBatch, z: Tensor<2>) -> Decoded {
        let (graphs, nodes, width) = (layout.graphs, layout.nodes, self.config.span_width);
        let slots = relu(self.decoder_out.forward(relu(self.decoder_in.forward(z)))).reshape([graphs, self.slots, width]);
        let slots = if nodes > self.slots {
            let beyond = slots.clone().narrow(1, self.slots - 1, 1).expand([graphs, nodes - self.slots, width]);
            Tensor::cat(vec![slots, beyond], 1)
        } else {
            slots.narrow(1, 0, nodes)
        };
        let h = layout.pack(slots);
        let from = self.edge_from.forward(h.clone()).select(0, layout.pair_from.clone());
        let to = self.edge_to.forward(h.clone()).select(0, layout.pair_to.clone());
        Decoded {
            services: self.service.forward(h.clone()),
            operations: self.operation.forward(h.clone()),
            durations: self.duration.forward(h),
            edges: (from * to).sum_dim(1) / (width as f64).sqrt(),
        }
    }

    /// Decodes the posterior mean of every graph, for RQ1.
    pub fn reconstruct(&self, batch: &GraphBatch) -> Decoded {
        self.decode(batch, self.encode(batch).0)
    }

    /// One draw from the posterior of every graph.
    pub fn draw_posterior(&self, batch: &GraphBatch, noise: &mut Noise) -> Latents {
        let (mean, log_variance) = self.encode(batch);
        Latents { graphs: host::rows(sample(mean, log_variance, Some(noise))), spans: Vec::new() }
    }

    /// [`FlatVae::decode`] for latents on the host.
    pub fn decode_latents(&self, layout: &GraphBatch, latents: &Latents) -> Decoded {
        self.decode(layout, host::of_rows(&latents.graphs, self.config.latent, &layout.device()))
    }

    /// Units of the latent.
    pub fn latent(&self) -> usize {
        self.config.latent
    }
}

impl Objective for FlatVae {
    const TERMS: &'static [&'static str] = &["service", "operation", "duration", "edge", "kl"];
    type Sample = Graph;
    type Batch = GraphBatch;

    fn size(sample: &Graph) -> usize {
        sample.len()
    }

    fn collate(&self, samples: &[&Graph], device: &Device) -> GraphBatch {
        GraphBatch::new(samples, device)
    }

    fn settings(&self) -> String {
        format!("{:?}", self.config)
    }

    fn losses(&self, batch: &GraphBatch, noise: Option<&mut Noise>, progress: Progress) -> Losses {
        let config = &self.config;
        let (mean, log_variance) = self.encode(batch);
        let divergence = kl(&mean, &log_variance).mean();
        let decoded = self.decode(batch, sample(mean, log_variance, noise));
        let service = cross_entropy(decoded.services, &batch.services, None);
        let operation = cross_entropy(decoded.operations, &batch.operations, None);
        let duration = (decoded.durations - batch.durations.clone()).abs().mean();
        let edge = edge_loss(decoded.edges, batch, 5.0, 1.0);
        let beta = config.beta * if config.warm_up > 0.0 { (progress.share() / config.warm_up).min(1.0) } else { 1.0 };
        let total = service.clone() + operation.clone() + duration.clone() + edge.clone() * config.edge_weight + divergence.clone() * beta;
        Losses { total, terms: vec![service, operation, duration, edge, divergence] }
    }
}
