//! How far a training run is.

use serde::{Deserialize, Serialize};

use super::Recipe;

/// Losses of one epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Mean training loss.
    pub total: f64,
    /// Mean of every term over the training batches.
    pub terms: Vec<f64>,
    /// Validation loss, with the KL terms at full weight; `None` without validation graphs.
    pub validation: Option<f64>,
    /// Mean of every term over the validation graphs; empty without them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub validation_terms: Vec<f64>,
}

/// The state of an unfinished run beside the weights.
#[derive(Debug, Clone, Serialize, Deserialize, Default)]
pub(super) struct RunState {
    pub history: Vec<EpochRecord>,
    pub best: Option<f64>,
    pub since_best: usize,
    /// Epochs that an early stop left out.
    pub skipped: usize,
    pub fingerprint: String,
}

impl RunState {
    /// Epochs that are over.
    pub fn done(&self) -> usize {
        self.history.len() + self.skipped
    }

    /// Whether there is another epoch. An early stop before the epoch at which a window `opens` goes on there: what has not begun to learn
    /// still has to.
    pub fn goes_on(&mut self, recipe: &Recipe, opens: usize) -> bool {
        let stalled = recipe.patience > 0 && self.since_best >= recipe.patience;
        if stalled && self.done() >= opens {
            return false;
        }
        if stalled {
            self.skipped = opens - self.history.len();
        }
        if self.done() == opens {
            // The losses so far are those of a network without what learns from now on.
            (self.best, self.since_best) = (None, 0);
        }
        self.done() < recipe.epochs
    }
}
