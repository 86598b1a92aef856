//! Losses and gradients of the samples of a step.

use std::collections::HashSet;

use burn::module::ParamId;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};

use super::window::take;
use super::{Losses, Objective, Progress};
use crate::Noise;

/// What the gradients of a step depend on beside the network and the samples.
pub(super) struct Step<'a> {
    pub progress: Progress,
    /// Parameters that do not learn now.
    pub frozen: &'a HashSet<ParamId>,
    pub device: &'a Device,
}

/// The sum of the losses of samples, total and terms, and the gradient of their mean without that of frozen parameters.
pub(super) fn gradients<M: Objective>(
    model: &M,
    samples: &[&M::Sample],
    step: &Step<'_>,
    noise: &mut Noise,
) -> (Option<Tensor<1>>, GradientsParams) {
    let losses = model.losses(&model.collate(samples, step.device), Some(noise), step.progress);
    let sums = loss_vector(&losses) * samples.len() as f64;
    let mut gradients = GradientsParams::from_grads(losses.total.backward(), model);
    take(model, step.frozen, &mut gradients);
    (Some(sums), gradients)
}

/// Total and terms as one detached vector, so that an epoch reads the device once.
pub(super) fn loss_vector(losses: &Losses) -> Tensor<1> {
    let parts = [&losses.total].into_iter().chain(&losses.terms).map(|t| t.clone().detach()).collect();
    Tensor::cat(parts, 0)
}
