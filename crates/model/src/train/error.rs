//! What can go wrong in training.

use thiserror::Error;

use super::PrivacyError;
use crate::checkpoint::CheckpointError;

/// Why training failed.
#[derive(Debug, Error)]
pub enum TrainError {
    /// There is nothing to train on.
    #[error("there is no trace to train on")]
    NoData,
    /// A setting makes no sense.
    #[error("train.{key} = {value}: {expected}")]
    BadSetting {
        /// The setting.
        key: &'static str,
        /// Its value.
        value: f64,
        /// What it must be.
        expected: &'static str,
    },
    /// The loss is no number any more.
    #[error("training diverged in epoch {epoch}: the loss is not finite; lower train.learning_rate (now {learning_rate})")]
    Diverged {
        /// The epoch.
        epoch: usize,
        /// The learning rate in use.
        learning_rate: f64,
    },
    /// The training cannot be private.
    #[error(transparent)]
    Privacy(#[from] PrivacyError),
    /// A checkpoint could not be written or read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}
