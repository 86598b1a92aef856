//! What the timing decoder learns to predict.

use burn::tensor::Tensor;

use super::batch::TreeBatch;
use super::sample::TreeSample;
use crate::host::tensor;

/// Shares of the bins of a quantile that each span's gaps stand for, `[R, bins]` in the order of the rows of a [`TreeBatch`].
#[derive(Debug, Clone)]
pub struct QuantileTargets {
    pub(super) heads: Tensor<2>,
    pub(super) tails: Tensor<2>,
}

impl QuantileTargets {
    /// Targets of the samples that `batch` was packed from. A quantile among `n` of its slot is spread over `smoothing / n`.
    pub(super) fn new(samples: &[&TreeSample], batch: &TreeBatch, bins: usize, smoothing: f64) -> Self {
        let packing = &batch.packing;
        let targets = |quantiles: &dyn Fn(&TreeSample) -> &[f32]| {
            let mut shares = Vec::with_capacity(batch.rows() * bins);
            for step in 0..packing.steps() {
                for sample in batch.order[..packing.alive(step)].iter().map(|&i| samples[i]) {
                    let width = sample.in_slot.get(step).map_or(0.0, |&n| smoothing as f32 / n as f32);
                    push_window(quantiles(sample)[step], width, bins, &mut shares);
                }
            }
            tensor(shares, [batch.rows(), bins], &batch.sizes.device())
        };
        Self { heads: targets(&|sample| &sample.tokens.heads), tails: targets(&|sample| &sample.tokens.tails) }
    }
}

/// Adds the share of each of `bins` bins of [0, 1] in a window of this width around `u`; what is beyond 0 or 1 is reflected.
fn push_window(u: f32, width: f32, bins: usize, out: &mut Vec<f32>) {
    let first = out.len();
    out.resize(first + bins, 0.0);
    let shares = &mut out[first..];
    let (width, bins) = (width.clamp(1e-4, 1.0), bins as f32);
    let (low, high) = (u - width / 2.0, u + width / 2.0);
    for (from, to) in [(low.max(0.0), high.min(1.0)), (0.0, -low), (2.0 - high, 1.0)] {
        if to <= from {
            continue;
        }
        for (bin, share) in shares.iter_mut().enumerate().skip((from * bins) as usize).take_while(|(bin, _)| *bin as f32 <= to * bins) {
            let within = to.min((bin + 1) as f32 / bins) - from.max(bin as f32 / bins);
            *share += within.max(0.0) / width;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn window(u: f32, width: f32, bins: usize) -> Vec<f32> {
        let mut shares = Vec::new();
        push_window(u, width, bins, &mut shares);
        shares
    }

    #[test]
    fn a_quantile_fills_its_bin_or_the_window_around_it() {
        let near = |a: Vec<f32>, b: [f32; 4]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-3);
        assert!(near(window(0.3, 0.0, 4), [0.0, 1.0, 0.0, 0.0]));
        assert!(near(window(1.0, 0.0, 4), [0.0, 0.0, 0.0, 1.0]));
        assert!(near(window(0.5, 0.5, 4), [0.0, 0.5, 0.5, 0.0]));
        // From −0.15 to 0.35: what is below 0 comes back.
        assert!(near(window(0.1, 0.5, 4), [0.8, 0.2, 0.0, 0.0]));
    }

    proptest! {
        #[test]
        fn shares_add_up_to_one(u in 0f32..=1.0, width in 0f32..2.0, bins in 1usize..70) {
            let shares = window(u, width, bins);
            prop_assert!(shares.len() == bins && shares.iter().all(|&share| share >= 0.0));
            prop_assert!((shares.iter().sum::<f32>() - 1.0).abs() < 1e-3, "{}", shares.iter().sum::<f32>());
        }
    }

    #[test]
    fn windows_of_even_quantiles_are_even() {
        let mut total = vec![0.0; 8];
        for i in 0..800 {
            total.iter_mut().zip(window((i as f32 + 0.5) / 800.0, 0.3, 8)).for_each(|(sum, share)| *sum += share);
        }
        assert!(total.iter().all(|sum| (sum - 100.0).abs() < 1.0), "{total:?}");
    }
}
