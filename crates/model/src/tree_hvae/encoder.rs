//! Posterior of the latents.

use burn::module::Module;
use burn::nn::{Embedding, Linear, LinearConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};

use super::batch::TreeBatch;
use super::{TreeHvaeConfig, TreeSizes};
use crate::Noise;
use crate::layers::{ConditionEncoder, Direction, Mlp, PackedGru, look_up, small_embedding};

/// Mean and log-variance of a diagonal Gaussian.
#[derive(Debug, Clone)]
pub(crate) struct Gaussian {
    pub mean: Tensor<2>,
    pub log_variance: Tensor<2>,
}

impl Gaussian {
    /// Splits `[n, 2L]` into two halves; the log-variance is clamped to −8…3.
    pub fn split(parameters: Tensor<2>) -> Self {
        let width = parameters.dims()[1] / 2;
        Self { mean: parameters.clone().narrow(1, 0, width), log_variance: parameters.narrow(1, width, width).clamp(-8.0, 3.0) }
    }

    /// A draw.
    pub fn draw(&self, noise: &mut Noise) -> Tensor<2> {
        let [rows, columns] = self.mean.dims();
        self.mean.clone() + (self.log_variance.clone() * 0.5).exp() * noise.normal(rows, columns, &self.mean.device())
    }

    /// KL divergence from `prior` summed over the units, `[n, 1]`; from N(0, I) without one.
    pub fn kl(&self, prior: Option<&Self>) -> Tensor<2> {
        let terms = match prior {
            Some(prior) => {
                let spread = (self.log_variance.clone() - prior.log_variance.clone()).exp();
                let shift = (self.mean.clone() - prior.mean.clone()).square() / prior.log_variance.clone().exp();
                prior.log_variance.clone() - self.log_variance.clone() + spread + shift - 1.0
            }
            None => self.log_variance.clone().exp() + self.mean.clone().square() - self.log_variance.clone() - 1.0,
        };
        terms.sum_dim(1) * 0.5
    }

    /// ln density of `z`, `[n, 1]`.
    pub fn log_density(&self, z: &Tensor<2>) -> Tensor<2> {
        let shift = (z.clone() - self.mean.clone()).square() / self.log_variance.clone().exp();
        (shift + self.log_variance.clone() + (2.0 * std::f64::consts::PI).ln()).sum_dim(1) * -0.5
    }
}

/// Reads a trace in both directions.
#[derive(Module, Debug)]
pub(crate) struct Encoder {
    labels: Embedding,
    parent_labels: Embedding,
    depths: Embedding,
    outcomes: Embedding,
    inputs: Linear,
    forward: PackedGru,
    backward: PackedGru,
    class: ConditionEncoder,
    graph: Mlp,
    span: Mlp,
}

impl Encoder {
    pub fn new(config: &TreeHvaeConfig, sizes: &TreeSizes, device: &Device) -> Self {
        let (label, depth, width) = (config.label_width, config.depth_width, config.encoder_width);
        let features = 2 * label + depth + OUTCOME_WIDTH + 1 + 2 + 1;
        Self {
            labels: small_embedding(sizes.labels, label, device),
            parent_labels: small_embedding(sizes.labels + 1, label, device),
            depths: small_embedding(sizes.max_depth + 1, depth, device),
            outcomes: small_embedding(sizes.outcomes, OUTCOME_WIDTH, device),
            inputs: LinearConfig::new(features, 2 * width).init(device),
            forward: PackedGru::new(2 * width, width, device),
            backward: PackedGru::new(2 * width, width, device),
            class: ConditionEncoder::new(CLASS_WIDTH, 1.0, device),
            graph: Mlp::new(4 * width + CLASS_WIDTH, 128, 2 * config.graph_latent.max(1), device),
            span: Mlp::new(2 * width + config.graph_latent.max(1), 64, 2 * config.span_latent.max(1), device),
        }
    }

    /// States of every span, `[R, 2E]`: forward and backward.
    pub fn states(&self, batch: &TreeBatch) -> Tensor<2> {
        let features = vec![
            look_up(&self.labels, &batch.labels),
            look_up(&self.parent_labels, &batch.parent_labels),
            look_up(&self.depths, &batch.depths),
            look_up(&self.outcomes, &batch.outcomes),
            batch.leaves.clone(),
            batch.scores.clone(),
            batch.log_durations.clone(),
        ];
        let x = relu(self.inputs.forward(Tensor::cat(features, 1)));
        let start = Tensor::zeros([batch.len(), self.forward.width()], &x.device());
        let there = self.forward.forward(x.clone(), start.clone(), &batch.packing, Direction::Forward);
        let back = self.backward.forward(x, start, &batch.packing, Direction::Backward);
        Tensor::cat(vec![there, back], 1)
    }

    /// Posterior of `z_G`, `[B, L]`, from the states.
    pub fn graph(&self, states: &Tensor<2>, batch: &TreeBatch) -> Gaussian {
        let width = self.forward.width();
        let there = states.clone().narrow(1, 0, width).select(0, batch.last.clone());
        // The first span of every trace is in the first rows.
        let back = states.clone().narrow(1, width, width).narrow(0, 0, batch.len());
        let mean = batch.sum(states.clone()) / batch.sizes.clone();
        let class = self.class.forward(&batch.classes);
        Gaussian::split(self.graph.forward(Tensor::cat(vec![mean, there, back, class], 1)))
    }

    /// Posterior of `z_v` given `z_G`, `[R, L]`.
    pub fn spans(&self, states: &Tensor<2>, graph: &Tensor<2>, batch: &TreeBatch) -> Gaussian {
        let inputs = Tensor::cat(vec![states.clone(), batch.spread(graph.clone())], 1);
        Gaussian::split(self.span.forward(inputs))
    }
}

/// Units of the embedding of a class.
pub(crate) const CLASS_WIDTH: usize = 8;
/// Units of the embedding of an outcome.
pub(crate) const OUTCOME_WIDTH: usize = 4;
