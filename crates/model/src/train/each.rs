//! The loss of every example by itself.

use burn::tensor::Device;

use super::{Objective, Progress};

/// Loss of every sample as in evaluation: no noise in training, all weights at their final value. A sample's loss does not hang on the others.
pub fn loss_of_each<M: Objective>(model: &M, samples: &[M::Sample], device: &Device) -> Vec<f64> {
    let loss = |sample| model.losses(&model.collate(&[sample], device), None, Progress::END).total;
    samples.iter().map(|sample| f64::from(loss(sample).into_scalar::<f32>())).collect()
}
