//! Every choice of the paper, and its open points, as configuration.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Loss of the standardised log-duration: the code has L1, the talk says MSE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DurationLoss {
    /// Mean absolute error.
    #[default]
    L1,
    /// Mean squared error.
    Mse,
}

/// Configuration of the hierarchical VAE. Defaults are the paper's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HvaeConfig {
    /// Units of the graph and of each node latent.
    pub latent: usize,
    /// Units of the graph convolutions.
    pub hidden: usize,
    /// Whether the decoder also receives the encoder's hidden states while training and reconstructing. It then copies its input.
    pub skip: bool,
    /// Whether the latents are conditioned on the label (normal, abnormal) of the trace.
    pub conditional: bool,
    /// Loss of the durations.
    pub duration_loss: DurationLoss,
    /// λ_edge, weight of the edge loss.
    pub edge_weight: f64,
    /// Weight of pairs without an edge inside the edge loss.
    pub negative_weight: f64,
    /// Largest weight of a pair with an edge; below it the weight is √(negatives / positives).
    pub positive_cap: f64,
    /// Weight of the operation loss.
    pub operation_weight: f64,
    /// Weight of KL(z_G) after the warm-up.
    pub beta: f64,
    /// Weight of KL(z_v) relative to KL(z_G).
    pub node_kl: f64,
    /// Share of the epochs over which β rises from 0.
    pub warm_up: f64,
    /// Whether rare services and operations weigh more (inverse frequency).
    pub class_weights: bool,
    /// Largest class weight as a multiple of the median one.
    pub class_weight_cap: f64,
    /// Dropout of the encoder's convolutions.
    pub encoder_dropout: f64,
    /// Dropout of the service and operation heads.
    pub head_dropout: f64,
}

impl Default for HvaeConfig {
    fn default() -> Self {
        Self {
            latent: 64,
            hidden: 128,
            skip: true,
            conditional: false,
            duration_loss: DurationLoss::L1,
            edge_weight: 2.0,
            negative_weight: 2.0,
            positive_cap: 5.0,
            operation_weight: 1.6,
            beta: 0.02,
            node_kl: 0.1,
            warm_up: 0.2,
            class_weights: false,
            class_weight_cap: 5.0,
            encoder_dropout: 0.2,
            head_dropout: 0.3,
        }
    }
}
