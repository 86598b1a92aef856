//! What can be wrong with a promise.

use thiserror::Error;

/// Why nothing can be promised.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum AccountantError {
    /// The noise is not a positive number.
    #[error("noise multiplier {0}: it must be a number above 0; without noise there is no differential privacy")]
    NoiseMultiplier(f64),
    /// The rate is not a probability above 0.
    #[error("sample rate {0}: it must be above 0 and at most 1 (traces of a batch / training traces)")]
    SampleRate(f64),
    /// δ is not a probability between 0 and 1.
    #[error("delta {0}: it must lie between 0 and 1, and should be well below 1 / training traces")]
    Delta(f64),
    /// ε is not a positive number.
    #[error("target epsilon {0}: it must be a number above 0")]
    Epsilon(f64),
    /// No noise is enough.
    #[error("epsilon {epsilon} is out of reach with delta {delta}: take a larger epsilon or delta, fewer steps or a smaller sample rate")]
    Unreachable {
        /// The target.
        epsilon: f64,
        /// The δ it was asked with.
        delta: f64,
    },
}
