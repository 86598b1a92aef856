//! From logits to a token or a quantile.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracesmith_trace::categorical;

/// How tokens are drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TreeSampling {
    /// Temperature of depths, labels and outcomes; 0 takes the most likely one.
    pub temperature: f64,
    /// Depths, labels and outcomes below this share of the largest probability are not drawn; 0 draws all. It removes malformed shapes that
    /// are only the sum of many small errors, and rare real ones with them.
    pub min_p: f64,
    /// Draw only calls that training has: a label below the labels that it had as parents, with an outcome that it had. Shapes can still be
    /// new, operations that call each other for the first time cannot.
    pub known_calls: bool,
    /// Draws a kind of training traces (their root and size) of the frequency `f` as `f^(1 − rare_shapes)`: 0 as often as training has it, 1
    /// all kinds alike. With a size that is asked for, only roots are left to choose.
    pub rare_shapes: f64,
    /// Give every trace the root that is asked for. Otherwise only `z_G` is drawn for it, which shows what `z_G` carries.
    pub force_root: bool,
}

impl Default for TreeSampling {
    fn default() -> Self {
        Self { temperature: 1.0, min_p: 0.02, known_calls: true, rare_shapes: 0.0, force_root: true }
    }
}

/// How a decoder picks a token or a quantile.
pub(super) enum Picker<'a> {
    /// Randomly.
    Draw { sampling: &'a TreeSampling, rng: &'a mut ChaCha8Rng },
    /// By the largest probability, or the median.
    MostLikely,
}

impl Picker<'_> {
    /// A token by its logits, among those that the first rule allows, or the next one where that allows none.
    pub fn token(&mut self, logits: &[f32], rules: &[&dyn Fn(usize) -> bool]) -> usize {
        let among = |legal: &dyn Fn(usize) -> bool| {
            (0..logits.len()).filter(|&i| legal(i)).max_by(|&a, &b| logits[a].total_cmp(&logits[b]).then(b.cmp(&a)))
        };
        let (best, legal) = rules.iter().find_map(|legal| Some((among(legal)?, legal))).expect("one token that a rule allows");
        match self {
            Self::Draw { sampling, rng } if sampling.temperature > 0.0 => {
                let weight = |(i, &logit): (usize, &f32)| {
                    let weight = (f64::from(logit - logits[best]) / sampling.temperature).exp();
                    if legal(i) && weight >= sampling.min_p { weight as f32 } else { 0.0 }
                };
                draw(&logits.iter().enumerate().map(weight).collect::<Vec<_>>(), rng)
            }
            _ => best,
        }
    }

    /// Standard normal draws, or their means.
    pub fn normal(&mut self, count: usize) -> Vec<f32> {
        match self {
            Self::Draw { rng, .. } => (0..count).map(|_| StandardNormal.sample(rng)).collect(),
            Self::MostLikely => vec![0.0; count],
        }
    }

    /// A quantile in 0–1 by the logits of its bins: evenly distributed inside the bin, or the median.
    pub fn quantile(&mut self, logits: &[f32]) -> f32 {
        let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let weights: Vec<f32> = logits.iter().map(|logit| (logit - largest).exp()).collect();
        let bins = logits.len() as f32;
        match self {
            Self::Draw { rng, .. } => {
                let bin = draw(&weights, rng);
                (bin as f32 + rng.random::<f32>()) / bins
            }
            Self::MostLikely => {
                let mut left = weights.iter().sum::<f32>() / 2.0;
                for (bin, weight) in weights.iter().enumerate() {
                    if left <= *weight {
                        return (bin as f32 + left / weight) / bins;
                    }
                    left -= weight;
                }
                1.0
            }
        }
    }
}

/// A position drawn in proportion to the weights; the first one if all are 0.
pub(super) fn draw(weights: &[f32], rng: &mut ChaCha8Rng) -> usize {
    categorical(weights.iter().map(|&weight| f64::from(weight)), rng).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracesmith_trace::rng;

    fn shares(sampling: &TreeSampling) -> [f64; 3] {
        let mut rng = rng(0, "test");
        let mut picker = Picker::Draw { sampling, rng: &mut rng };
        let mut counts = [0.0; 3];
        (0..4000).for_each(|_| counts[picker.token(&[0.0, 3f32.ln(), 50.0], &[&|i| i > 2, &|i| i < 2])] += 1.0 / 4000.0);
        counts
    }

    #[test]
    fn tokens_follow_the_softmax_over_legal_ones() {
        let [a, b, illegal] = shares(&TreeSampling::default());
        assert!((a - 0.25).abs() < 0.03 && (b - 0.75).abs() < 0.03 && illegal == 0.0, "{a} {b} {illegal}");
        assert_eq!(shares(&TreeSampling { temperature: 0.0, ..TreeSampling::default() })[0], 0.0);
        assert_eq!(shares(&TreeSampling { min_p: 0.4, ..TreeSampling::default() })[0], 0.0);
    }

    #[test]
    fn quantiles_lie_in_their_bin_and_the_median_splits_the_mass() {
        let logits = [f32::NEG_INFINITY, 0.0, f32::NEG_INFINITY, f32::NEG_INFINITY];
        let (mut rng, sampling) = (rng(0, "test"), TreeSampling::default());
        let mut picker = Picker::Draw { sampling: &sampling, rng: &mut rng };
        assert!((0..100).all(|_| (0.25..=0.5).contains(&picker.quantile(&logits))));
        assert_eq!(Picker::MostLikely.quantile(&logits), 0.375);
        assert_eq!(Picker::MostLikely.quantile(&[0.0, 0.0]), 0.5);
    }
}
