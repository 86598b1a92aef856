//! Settings of the network and its training.

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::train::{Optimiser, PrivacyConfig, Recipe};

/// The network and its loss.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TreeHvaeConfig {
    /// Units of `z_G`, the latent of a trace; 0 leaves it out.
    pub graph_latent: usize,
    /// Units of `z_v`, the latent of a span; 0, the default, leaves it out: it has bought nothing measurable
    /// (`ablations/tree_hvae/latents.toml`).
    pub span_latent: usize,
    /// Largest number of Gaussians in the prior of `z_G`; small training sets get fewer, so that no component stands for one trace. Too few
    /// span several shapes, and draws between these decode to shapes that no system produces.
    pub components: usize,
    /// Learn the priors of both latents; otherwise they are N(0, I).
    pub learned_priors: bool,
    /// Fit the prior of `z_G` anew to the posterior of the training traces when training has ended.
    pub refit_prior: bool,
    /// Bins of the quantile of a gap.
    pub bins: usize,
    /// Units of a label embedding.
    pub label_width: usize,
    /// Units of a depth embedding.
    pub depth_width: usize,
    /// Units of each direction of the encoder.
    pub encoder_width: usize,
    /// Units of the structure decoder.
    pub structure_width: usize,
    /// Units of the timing decoder.
    pub timing_width: usize,
    /// Units of the unit that reads the tree backwards for the timing decoder.
    pub lookahead_width: usize,
    /// KL divergence of `z_G` in nats a trace that costs nothing.
    pub graph_free_bits: f64,
    /// KL divergence of `z_v` in nats a span that costs nothing.
    pub span_free_bits: f64,
    /// Weight of what is read from `z_G` alone: label counts, size, root and class.
    pub auxiliary: f64,
    /// Share of the training in which the KL weight rises from 0 to 1.
    pub warm_up: f64,
    /// Passes over the training traces in which the timing decoder learns: the last ones. Structure takes all of them, while times are
    /// learnt sooner, and after that by heart; last, because `z_G` should be at rest by then.
    pub timing_passes: usize,
    /// Steps that the timing decoder has at least: few traces get more passes, as their times are not learnt otherwise.
    pub timing_steps: usize,
    /// Neighbours over which the quantile of a training span is spread: a quantile among `n` spans of its slot counts as a window of width
    /// `smoothing / n` around it. No time is then learnt more exactly than its neighbours allow; 0 learns quantiles exactly.
    pub smoothing: f64,
    /// Dropout on the states of the decoders.
    pub dropout: f64,
}

impl Default for TreeHvaeConfig {
    fn default() -> Self {
        Self {
            graph_latent: 16,
            span_latent: 0,
            components: 192,
            learned_priors: true,
            refit_prior: true,
            bins: 64,
            label_width: 32,
            depth_width: 16,
            encoder_width: 48,
            structure_width: 112,
            timing_width: 96,
            lookahead_width: 48,
            graph_free_bits: 12.0,
            span_free_bits: 0.2,
            auxiliary: 1.0,
            warm_up: 0.15,
            timing_passes: 20,
            timing_steps: 400,
            smoothing: 2.0,
            dropout: 0.2,
        }
    }
}

impl TreeHvaeConfig {
    /// The epochs of a training of `epochs` in which the timing decoder learns.
    pub(super) fn timing_epochs(&self, epochs: usize) -> Range<usize> {
        epochs.saturating_sub(self.timing_passes)..epochs
    }
}

/// How the network is trained: AdamW with warm-up, cosine decay, clipping and a moving average of the weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TreeTrainConfig {
    /// Optimiser steps, rounded up to whole passes over the training traces.
    pub steps: usize,
    /// Traces a step.
    pub batch: usize,
    /// Largest learning rate.
    pub learning_rate: f64,
    /// Decoupled weight decay.
    pub weight_decay: f64,
    /// Steps in which the learning rate rises.
    pub warm_up_steps: usize,
    /// Largest norm of a parameter's gradient; 0 does not clip.
    pub clip: f64,
    /// Decay of the moving average of the weights a step.
    pub average: f64,
    /// Passes without a better validation loss after which training stops, or goes on to the times if these have not been learnt yet; 0
    /// never stops early.
    pub patience: usize,
    /// Share of the training traces that picks the epoch whose weights are kept; 0 trains on all of them and keeps the last weights.
    pub validation: f64,
    /// Differential privacy of every training trace; then `clip` and the refit of the prior are off, and `patience` and `validation` must be 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub privacy: Option<PrivacyConfig>,
}

impl Default for TreeTrainConfig {
    fn default() -> Self {
        Self {
            steps: 4000,
            batch: 32,
            learning_rate: 3e-3,
            weight_decay: 0.03,
            warm_up_steps: 100,
            clip: 1.0,
            average: 0.995,
            patience: 0,
            validation: 0.0,
            privacy: None,
        }
    }
}

impl TreeTrainConfig {
    /// Passes over `traces` training traces.
    pub fn epochs(&self, traces: usize) -> usize {
        self.passes(self.steps, traces)
    }

    /// Whole passes over `traces` training traces that take `steps` at least.
    pub fn passes(&self, steps: usize, traces: usize) -> usize {
        steps.div_ceil(traces.div_ceil(self.batch.max(1)).max(1))
    }

    /// The recipe for `traces` training traces.
    pub fn recipe(&self, traces: usize) -> Recipe {
        Recipe {
            epochs: self.epochs(traces),
            batch: self.batch,
            learning_rate: self.learning_rate,
            optimiser: Optimiser::AdamW,
            weight_decay: self.weight_decay,
            cosine: Some(self.warm_up_steps),
            clip: self.clip,
            average: self.average,
            patience: self.patience,
            validation: self.validation,
            privacy: self.privacy.clone(),
        }
    }
}

/// Sizes of a network's tables, from the codec of its training traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreeSizes {
    /// Labels `P`: pairs of service and operation.
    pub labels: usize,
    /// Outcomes `O`: pairs of span kind and status.
    pub outcomes: usize,
    /// Largest depth `D`.
    pub max_depth: usize,
    /// Spans of the largest trace.
    pub max_spans: usize,
    /// Whether spans have measured starts, and so head gaps.
    pub has_starts: bool,
}

/// Number of the bucket of a trace size: exact up to 64 spans, then eight a doubling.
pub fn size_bucket(spans: usize) -> usize {
    if spans <= 64 { spans } else { 64 + ((spans as f64 / 64.0).log2() * 8.0).ceil() as usize }
}
