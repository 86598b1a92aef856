//! Settings of training with differential privacy.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::accountant::AccountantError;

/// What a private training is asked for: a clipping norm, and either the noise or the ε that it shall reach.
///
/// ε covers the weights alone, and only while the seed of the training is secret and cannot be guessed: it repeats the noise. A generator
/// publishes more of its training traces, such as their names, sizes and quantile tables: where those are delicate, give it pseudonyms and a
/// large `codec.min_slot`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PrivacyConfig {
    /// Largest L2 norm of the gradient of one trace over all parameters; longer ones are shortened to it.
    pub clip: f64,
    /// Standard deviation of the noise in units of `clip`; 0 clips without noise, which promises nothing.
    pub noise_multiplier: Option<f64>,
    /// The ε that the whole training may spend; the noise is found by the accountant.
    pub epsilon: Option<f64>,
    /// The δ that goes with it; by default 1 / (10 · training traces).
    pub delta: Option<f64>,
}

impl Default for PrivacyConfig {
    fn default() -> Self {
        Self { clip: 1.0, noise_multiplier: None, epsilon: None, delta: None }
    }
}

/// Why a training cannot be private.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum PrivacyError {
    /// The network has no gradient of a single trace.
    #[error(
        "train.privacy clips the gradient of every trace alone, and this network has none: it normalises over the traces of a batch, which \
         mixes them; tree-hvae can be trained with privacy"
    )]
    Mixed,
    /// The clipping norm is no positive number.
    #[error("train.privacy.clip = {0}: a positive number, the largest norm of a trace's gradient")]
    Clip(f64),
    /// Neither noise nor ε is given, or both are.
    #[error("train.privacy needs exactly one of noise_multiplier and epsilon")]
    Noise,
    /// Something else would look at the traces.
    #[error("train.{key} = {value}: 0 with train.privacy, as epsilon does not cover a choice between weights that looks at traces")]
    Looks {
        /// The setting.
        key: &'static str,
        /// Its value.
        value: f64,
    },
    /// Noise, ε or δ is out of range.
    #[error("train.privacy: {0}")]
    Accountant(#[from] AccountantError),
}
