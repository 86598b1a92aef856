//! Spans as vectors.

use burn::config::Config;
use burn::module::Module;
use burn::nn::{Embedding, EmbeddingConfig, Linear, LinearConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};

use crate::layers::look_up;
use crate::{GraphBatch, Sizes};

/// Configuration of a [`SpanEmbedding`].
#[derive(Config, Debug)]
pub struct SpanEmbeddingConfig {
    /// Number of services.
    pub services: usize,
    /// Number of operations.
    pub operations: usize,
    /// Units of each of the three parts.
    #[config(default = 48)]
    pub width: usize,
}

/// Embeddings of service and operation beside a two-layer network on the log-duration: the span features of the paper.
#[derive(Module, Debug)]
pub struct SpanEmbedding {
    /// `[services, width]`.
    pub service: Embedding,
    /// `[operations, width]`.
    pub operation: Embedding,
    /// `1 → width`.
    pub duration_in: Linear,
    /// `width → width`.
    pub duration_out: Linear,
}

impl SpanEmbeddingConfig {
    /// The configuration for the vocabularies of `sizes`.
    pub fn for_sizes(sizes: &Sizes) -> Self {
        Self::new(sizes.services, sizes.operations)
    }

    /// Units of the output.
    pub fn d_output(&self) -> usize {
        3 * self.width
    }

    /// Initialises the layer.
    pub fn init(&self, device: &Device) -> SpanEmbedding {
        SpanEmbedding {
            service: EmbeddingConfig::new(self.services, self.width).init(device),
            operation: EmbeddingConfig::new(self.operations, self.width).init(device),
            duration_in: LinearConfig::new(1, self.width).init(device),
            duration_out: LinearConfig::new(self.width, self.width).init(device),
        }
    }
}

impl SpanEmbedding {
    /// Embeds every span of a batch: `[M, 3·width]`.
    pub fn forward(&self, batch: &GraphBatch) -> Tensor<2> {
        let service = look_up(&self.service, &batch.services);
        let operation = look_up(&self.operation, &batch.operations);
        let duration = self.duration_out.forward(relu(self.duration_in.forward(batch.durations.clone())));
        Tensor::cat(vec![service, operation, duration], 1)
    }
}
