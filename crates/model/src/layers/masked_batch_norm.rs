//! Batch normalisation that does not see padding.

use burn::config::Config;
use burn::module::{Initializer, Module, Param, RunningState};
use burn::tensor::{Device, Tensor};

/// Configuration of a [`MaskedBatchNorm`].
#[derive(Config, Debug)]
pub struct MaskedBatchNormConfig {
    /// Number of features.
    pub features: usize,
    /// Weight of a new batch in the running statistics.
    #[config(default = 0.1)]
    pub momentum: f64,
    /// Added to the variance.
    #[config(default = 1e-5)]
    pub epsilon: f64,
}

/// Batch normalisation (Ioffe & Szegedy, 2015) over the real rows of a padded batch: `y = (x − μ) / √(σ² + ε) · γ + β`.
///
/// burn's own layer would count padding as observations.
#[derive(Module, Debug)]
pub struct MaskedBatchNorm {
    /// `γ` of shape `[features]`, ones.
    pub gamma: Param<Tensor<1>>,
    /// `β` of shape `[features]`, zeros.
    pub beta: Param<Tensor<1>>,
    /// Mean used outside training, `[features]`.
    pub running_mean: RunningState<Tensor<1>>,
    /// Variance used outside training, `[features]`.
    pub running_var: RunningState<Tensor<1>>,
    momentum: f64,
    epsilon: f64,
}

impl MaskedBatchNormConfig {
    /// Initialises the layer.
    pub fn init(&self, device: &Device) -> MaskedBatchNorm {
        MaskedBatchNorm {
            gamma: Initializer::Ones.init([self.features], device),
            beta: Initializer::Zeros.init([self.features], device),
            running_mean: RunningState::new(Tensor::zeros([self.features], device)),
            running_var: RunningState::new(Tensor::ones([self.features], device)),
            momentum: self.momentum,
            epsilon: self.epsilon,
        }
    }
}

impl MaskedBatchNorm {
    /// Normalises with the statistics of the batch when `training`, else with the running ones.
    ///
    /// # Shapes
    /// - `x`: `[rows, features]`; `mask`: `[rows, 1]`, 1 for the `count` real rows; output: `[rows, features]`
    pub fn forward(&self, x: Tensor<2>, mask: &Tensor<2>, count: usize, training: bool) -> Tensor<2> {
        // One row has no variance to learn from; the running statistics serve it better.
        let (mean, variance) = if training && count > 1 {
            let mean = (x.clone() * mask.clone()).sum_dim(0) / count as f64;
            let centred = (x.clone() - mean.clone()) * mask.clone();
            let variance = (centred.clone() * centred).sum_dim(0) / count as f64;
            self.update(&mean, &variance, count);
            (mean, variance)
        } else {
            (self.running_mean.value_sync().unsqueeze::<2>(), self.running_var.value_sync().unsqueeze::<2>())
        };
        let scale = self.gamma.val().unsqueeze::<2>() / (variance + self.epsilon).sqrt();
        (x - mean) * scale + self.beta.val().unsqueeze::<2>()
    }

    fn update(&self, mean: &Tensor<2>, variance: &Tensor<2>, count: usize) {
        let unbiased = count as f64 / (count - 1) as f64;
        let blend = |state: &RunningState<Tensor<1>>, new: Tensor<1>| {
            let old = state.value_sync();
            state.update(old * (1.0 - self.momentum) + new.detach() * self.momentum);
        };
        blend(&self.running_mean, mean.clone().squeeze_dim::<1>(0));
        blend(&self.running_var, variance.clone().squeeze_dim::<1>(0) * unbiased);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_changes_nothing() {
        let device = Device::flex().autodiff();
        let norm = MaskedBatchNormConfig::new(1).init(&device);
        let x = Tensor::from_floats([[1.0], [3.0], [99.0]], &device);
        let mask = Tensor::from_floats([[1.0], [1.0], [0.0]], &device);
        let y = norm.forward(x.clone(), &mask, 2, true).into_data().try_to_vec::<f32>().unwrap();
        assert!((y[0] + 1.0).abs() < 1e-4 && (y[1] - 1.0).abs() < 1e-4, "{y:?}");
        // Running statistics after one batch: mean 0.1 · 2, variance 0.9 + 0.1 · 2.
        let y = norm.forward(x, &mask, 2, false).into_data().try_to_vec::<f32>().unwrap();
        assert!((y[0] - 0.8 / 1.1f32.sqrt()).abs() < 1e-4, "{y:?}");
    }
}
