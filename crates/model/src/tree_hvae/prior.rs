//! The prior of `z_G` that is trained along with the network.

use burn::module::{Initializer, Module, Param};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor};

use super::TreeHvaeConfig;
use super::encoder::CLASS_WIDTH;
use crate::layers::{ConditionEncoder, Mlp};

/// The parameters are stored divided by this, so that AdamW, whose steps do not depend on the scale of a gradient, moves them that much
/// faster than the rest of the network.
const RATE: f64 = 4.0;

/// A mixture of diagonal Gaussians whose weights depend on the class and, where it is given, on the size.
#[derive(Module, Debug)]
pub(crate) struct GraphPrior {
    class: ConditionEncoder,
    weights: Mlp,
    means: Param<Tensor<2>>,
    log_variances: Param<Tensor<2>>,
}

impl GraphPrior {
    pub fn new(config: &TreeHvaeConfig, device: &Device) -> Self {
        let shape = [config.components, config.graph_latent.max(1)];
        Self {
            class: ConditionEncoder::new(CLASS_WIDTH, 0.1, device),
            weights: Mlp::new(CLASS_WIDTH + 2, 64, config.components, device),
            means: Initializer::Normal { mean: 0.0, std: 1.0 / RATE }.init(shape, device),
            log_variances: Initializer::Zeros.init(shape, device),
        }
    }

    fn means(&self) -> Tensor<2> {
        self.means.val() * RATE
    }

    fn log_variances(&self) -> Tensor<2> {
        (self.log_variances.val() * RATE).clamp(-8.0, 3.0)
    }

    /// Log-weights of the components for every trace, `[B, K]`. `size: [B, 2]` as the structure decoder has it.
    pub fn log_weights(&self, classes: &Tensor<1, Int>, size: Tensor<2>) -> Tensor<2> {
        log_softmax(self.weights.forward(Tensor::cat(vec![self.class.forward(classes), size], 1)), 1)
    }

    /// ln p(z | class, size) of every trace, `[B, 1]`.
    pub fn log_density(&self, z: Tensor<2>, classes: &Tensor<1, Int>, size: Tensor<2>) -> Tensor<2> {
        let (means, log_variances) = (self.means(), self.log_variances());
        let precision = (-log_variances.clone()).exp();
        let units = z.dims()[1] as f64;
        // Σ (z − μ)² / σ² = z² · σ⁻² − 2 z · μσ⁻² + Σ μ² σ⁻², as products of matrices.
        let distance = z.clone().square().matmul(precision.clone().transpose())
            - z.matmul((means.clone() * precision.clone()).transpose()) * 2.0
            + (means.square() * precision).sum_dim(1).transpose();
        let constant = log_variances.sum_dim(1).transpose() + units * (2.0 * std::f64::consts::PI).ln();
        log_sum_exp((distance + constant) * -0.5 + self.log_weights(classes, size))
    }

    /// Means and standard deviations, each `[K, L]`.
    pub fn components(&self) -> (Tensor<2>, Tensor<2>) {
        (self.means(), (self.log_variances() * 0.5).exp())
    }
}

/// ln Σ exp of every row.
fn log_sum_exp(x: Tensor<2>) -> Tensor<2> {
    let largest = x.clone().max_dim(1).detach();
    (x - largest.clone()).exp().sum_dim(1).log() + largest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Noise;
    use crate::host::floats;
    use crate::train::initialise;
    use crate::tree_hvae::encoder::Gaussian;

    #[test]
    fn the_density_is_the_weighted_sum_of_the_components() {
        let device = Device::flex();
        let config = TreeHvaeConfig { components: 3, graph_latent: 2, ..TreeHvaeConfig::default() };
        let prior = initialise(1, &device, |device| GraphPrior::new(&config, device));
        let z = Noise::new(2, "test").normal(4, 2, &device);
        let classes = Tensor::<1, Int>::from_data([0, 1, 2, 1], &device);
        let size = Noise::new(3, "test").normal(4, 2, &device);
        let got = floats(prior.log_density(z.clone(), &classes, size.clone()).flatten::<1>(0, 1));
        let weights = prior.log_weights(&classes, size);
        let (means, deviations) = prior.components();
        let mut want = Tensor::<2>::zeros([4, 1], &device);
        for k in 0..3 {
            let row = |tensor: &Tensor<2>| tensor.clone().narrow(0, k, 1).expand([4, 2]);
            let component = Gaussian { mean: row(&means), log_variance: row(&deviations).log() * 2.0 };
            want = want + (component.log_density(&z) + weights.clone().narrow(1, k, 1)).exp();
        }
        let want = floats(want.log().flatten::<1>(0, 1));
        got.iter().zip(&want).for_each(|(a, b)| assert!((a - b).abs() < 1e-4, "{got:?} {want:?}"));
    }
}
