//! Losses without noise, with all weights at their final value.

use burn::tensor::Device;

use super::gradients::loss_vector;
use super::{Objective, Progress};
use crate::batch::plan_by_size;
use crate::host::floats;

/// Mean loss of `samples` without noise and with all weights at their final value, and its terms.
pub fn evaluate<M: Objective>(model: &M, samples: &[M::Sample], batch: usize, device: &Device) -> (f64, Vec<f64>) {
    let sizes: Vec<usize> = samples.iter().map(M::size).collect();
    let mut sums = vec![0.0; 1 + M::TERMS.len()];
    for positions in plan_by_size(&sizes, batch.max(32), M::EVALUATION_CELLS) {
        let members: Vec<&M::Sample> = positions.iter().map(|&i| &samples[i]).collect();
        let losses = floats(loss_vector(&model.losses(&model.collate(&members, device), None, Progress::END)));
        sums.iter_mut().zip(losses).for_each(|(sum, loss)| *sum += f64::from(loss) * members.len() as f64);
    }
    let means: Vec<f64> = sums.into_iter().map(|sum| sum / samples.len() as f64).collect();
    (means[0], means[1..].to_vec())
}

/// Loss of every sample as in evaluation: no noise in training, all weights at their final value. A sample's loss does not depend on the others.
pub fn loss_of_each<M: Objective>(model: &M, samples: &[M::Sample], device: &Device) -> Vec<f64> {
    let loss = |sample| model.losses(&model.collate(&[sample], device), None, Progress::END).total;
    samples.iter().map(|sample| f64::from(loss(sample).into_scalar::<f32>())).collect()
}
