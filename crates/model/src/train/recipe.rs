//! How to train.

use burn::grad_clipping::GradientClipping;
use burn::optim::decay::WeightDecayConfig;
use burn::optim::{AdamConfig, AdamWConfig, ModuleOptimizer};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{PrivacyConfig, TrainError};

/// How to train.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TrainConfig {
    /// Passes over the training graphs.
    pub epochs: usize,
    /// Graphs a step. The paper uses 2, and its code then takes the first graph's `z_G` for both; here each graph has its own.
    pub batch: usize,
    /// Learning rate of Adam.
    pub learning_rate: f64,
    /// L2 penalty added to the gradient, as in the paper.
    pub weight_decay: f64,
    /// Epochs without a better validation loss after which training stops; 0 never stops early.
    pub patience: usize,
    /// Share of the training traces used for validation; 0 validates on nothing and keeps the last weights.
    pub validation: f64,
    /// Differential privacy, for networks that do not mix traces; the others refuse it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub privacy: Option<PrivacyConfig>,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self { epochs: 150, batch: 32, learning_rate: 1e-3, weight_decay: 1e-4, patience: 0, validation: 0.1, privacy: None }
    }
}

/// Everything that the loop can be told: what a configuration becomes.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// Passes over the training examples.
    pub epochs: usize,
    /// Examples a step.
    pub batch: usize,
    /// Largest learning rate.
    pub learning_rate: f64,
    /// Adam with an L2 penalty, or AdamW (Loshchilov & Hutter 2019) with decoupled decay.
    pub optimiser: Optimiser,
    /// Strength of the penalty or of the decay.
    pub weight_decay: f64,
    /// Steps in which the learning rate rises from 0; it then falls along a cosine to 0. `None` keeps it constant.
    pub cosine: Option<usize>,
    /// Largest norm of the gradient of a parameter tensor; 0 does not clip, and neither does a training with privacy, which clips traces.
    pub clip: f64,
    /// Decay a step of the moving average of the weights that is evaluated and kept; 0 keeps the weights themselves.
    pub average: f64,
    /// Epochs without a better validation loss after which training stops; 0 never stops early.
    pub patience: usize,
    /// Share of the examples that was set aside for validation; only checked here.
    pub validation: f64,
    /// Differential privacy.
    pub privacy: Option<PrivacyConfig>,
}

/// Kind of optimiser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Optimiser {
    /// Adam with an L2 penalty on the weights.
    Adam,
    /// AdamW.
    AdamW,
}

impl From<&TrainConfig> for Recipe {
    fn from(config: &TrainConfig) -> Self {
        Self {
            epochs: config.epochs,
            batch: config.batch,
            learning_rate: config.learning_rate,
            optimiser: Optimiser::Adam,
            weight_decay: config.weight_decay,
            cosine: None,
            clip: 0.0,
            average: 0.0,
            patience: config.patience,
            validation: config.validation,
            privacy: config.privacy.clone(),
        }
    }
}

impl Recipe {
    pub(super) fn init(&self) -> ModuleOptimizer {
        let optimiser = match self.optimiser {
            Optimiser::Adam => {
                AdamConfig::new().with_epsilon(1e-8).with_weight_decay(Some(WeightDecayConfig::new(self.weight_decay as f32))).init()
            }
            Optimiser::AdamW => AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(self.weight_decay as f32).init(),
        };
        let clips = self.clip > 0.0 && self.privacy.is_none();
        if clips { optimiser.with_grad_clipping(GradientClipping::Norm(self.clip as f32)) } else { optimiser }
    }

    /// Learning rate of a step, counted from 0 over all epochs.
    pub(super) fn learning_rate(&self, step: usize, steps: usize) -> f64 {
        let Some(warm_up) = self.cosine else { return self.learning_rate };
        let warm_up = warm_up.min(steps / 4);
        let factor = if step < warm_up {
            (step + 1) as f64 / (warm_up + 1) as f64
        } else {
            let share = (step - warm_up) as f64 / (steps - warm_up).max(1) as f64;
            0.5 * (1.0 + (std::f64::consts::PI * share).cos())
        };
        self.learning_rate * factor
    }

    /// Whether every setting makes sense.
    pub(super) fn check(&self) -> Result<(), TrainError> {
        let bad = |key, value, expected| Err(TrainError::BadSetting { key, value, expected });
        match self {
            c if c.epochs == 0 => bad("epochs", 0.0, "at least 1"),
            c if c.batch == 0 => bad("batch", 0.0, "at least 1"),
            c if !(c.learning_rate.is_finite() && c.learning_rate > 0.0) => bad("learning_rate", c.learning_rate, "a positive number"),
            c if !(c.weight_decay.is_finite() && c.weight_decay >= 0.0) => bad("weight_decay", c.weight_decay, "0 or more"),
            c if !(0.0..1.0).contains(&c.validation) => bad("validation", c.validation, "at least 0 and less than 1"),
            c if !(c.clip.is_finite() && c.clip >= 0.0) => bad("clip", c.clip, "0 or more"),
            c if !(0.0..1.0).contains(&c.average) => bad("average", c.average, "at least 0 and less than 1"),
            _ => Ok(()),
        }
    }
}
