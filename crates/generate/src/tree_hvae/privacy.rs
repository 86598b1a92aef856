//! What a model that was trained with privacy says of itself.

use serde::{Deserialize, Serialize};
use tracesmith_model::train::Privacy;

/// What ε is about.
const COVERS: &str = "epsilon covers how far the weights depend on any one training trace, for whoever does not know the seed, and nothing \
                      else: names, labels, sizes, shapes, calls, quantile tables and losses are published as they are, and count as known";

/// The promise of a private training, in numbers and in words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Promise {
    training: Privacy,
    covers: String,
}

impl From<Privacy> for Promise {
    fn from(training: Privacy) -> Self {
        Self { training, covers: COVERS.to_owned() }
    }
}

impl Promise {
    pub(super) fn notes(&self) -> [String; 2] {
        let Privacy { epsilon, delta, noise_multiplier, clip, steps, sampling_rate, .. } = &self.training;
        let promised =
            epsilon.map_or_else(|| "epsilon = ∞, which promises nothing".to_owned(), |epsilon| format!("epsilon = {epsilon:.4}"));
        let how = format!("noise multiplier {noise_multiplier:.4}, clipping norm {clip}, {steps} steps, sampling rate {sampling_rate:.4}");
        [format!("DP-SGD: {promised}, delta = {delta:.2e}, {how}"), self.covers.clone()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_names_its_numbers_and_none_is_said_to_be_none() {
        let training =
            Privacy { epsilon: Some(2.5), delta: 1e-4, noise_multiplier: 1.25, clip: 0.5, steps: 40, sampling_rate: 0.125, lot: 8.0 };
        let notes = |privacy: &Privacy| Promise::from(privacy.clone()).notes().join(" ");
        let text = notes(&training);
        for part in ["epsilon = 2.5", "delta = 1.00e-4", "multiplier 1.25", "norm 0.5", "40 steps", "rate 0.125", "quantile tables"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(notes(&Privacy { epsilon: None, ..training }).contains("promises nothing"));
    }
}
