//! Training with differential privacy: DP-SGD (Abadi et al. 2016) with the optimiser, the schedule and the average of any other training.
//!
//! Every trace enters the lot of a step independently of the others (Poisson sampling). The gradient of each drawn trace is computed alone
//! and clipped, the sum of them all gets Gaussian noise in proportion to the clipping norm, and what follows sees only that sum. The noise
//! is drawn in single precision from a stream that the seed decides: the promise holds for whoever does not know the seed.

use std::collections::HashSet;

use burn::module::{ModuleVisitor, Param, ParamId};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Geometric};
use serde::{Deserialize, Serialize};

use super::gradients::{Step, gradients};
use super::{Objective, PrivacyConfig, PrivacyError, Recipe};
use crate::Noise;
use crate::accountant::{self, AccountantError};

/// What a private training does, and promises for each training trace: that with and without it the weights are alike up to (ε, δ). The
/// number of training traces counts as known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Privacy {
    /// The ε of all steps; `None` where nothing is promised.
    pub epsilon: Option<f64>,
    /// The δ that goes with it.
    pub delta: f64,
    /// Standard deviation of the noise in units of `clip`.
    pub noise_multiplier: f64,
    /// Largest norm of the gradient of a trace.
    pub clip: f64,
    /// Optimiser steps.
    pub steps: usize,
    /// Probability of a trace to be in the lot of a step.
    pub sampling_rate: f64,
    /// Expected traces of a lot, by which the noisy sum is divided.
    pub lot: f64,
}

impl PrivacyConfig {
    /// What `epochs` passes over `traces` training traces do with `batch` traces expected a step.
    ///
    /// # Errors
    /// [`PrivacyError`] if a setting is out of range, or no noise reaches the ε.
    pub fn plan(&self, traces: usize, batch: usize, epochs: usize) -> Result<Privacy, PrivacyError> {
        if !(self.clip.is_finite() && self.clip > 0.0) {
            return Err(PrivacyError::Clip(self.clip));
        }
        let lot = batch.min(traces) as f64;
        let (sampling_rate, steps) = (lot / traces as f64, epochs * traces.div_ceil(batch));
        let delta = self.delta.unwrap_or(0.1 / traces as f64);
        if !(delta > 0.0 && delta < 1.0) {
            return Err(AccountantError::Delta(delta).into());
        }
        let noise_multiplier = match (self.noise_multiplier, self.epsilon) {
            (Some(noise), None) => noise,
            (None, Some(epsilon)) => accountant::noise_multiplier(epsilon, sampling_rate, steps as u64, delta)?,
            _ => return Err(PrivacyError::Noise),
        };
        let epsilon = match noise_multiplier {
            0.0 => f64::INFINITY,
            noise => accountant::epsilon(noise, sampling_rate, steps as u64, delta)?,
        };
        Ok(Privacy {
            epsilon: Some(epsilon).filter(|e| e.is_finite()),
            delta,
            noise_multiplier,
            clip: self.clip,
            steps,
            sampling_rate,
            lot,
        })
    }
}

/// The plan of a recipe with privacy for a network and its traces.
pub(super) fn plan<M: Objective>(recipe: &Recipe, traces: usize, validation: usize) -> Result<Option<Privacy>, PrivacyError> {
    let Some(config) = &recipe.privacy else { return Ok(None) };
    if !M::GRADIENTS_PER_SAMPLE {
        return Err(PrivacyError::Mixed);
    }
    let looks = [("validation", recipe.validation), ("validation", validation as f64), ("patience", recipe.patience as f64)];
    match looks.into_iter().find(|&(_, value)| value > 0.0) {
        Some((key, value)) => Err(PrivacyError::Looks { key, value }),
        None => config.plan(traces, recipe.batch, recipe.epochs).map(Some),
    }
}

impl Privacy {
    /// The lots of an epoch, which has as many steps as one of any other training; some may be empty.
    pub(super) fn lots(&self, traces: usize, batch: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<usize>> {
        let left_out = Geometric::new(self.sampling_rate).expect("a rate above 0 and at most 1");
        (0..traces.div_ceil(batch)).map(|_| lot(traces, &left_out, rng)).collect()
    }

    /// The noisy gradient of a lot, and the sum of its losses (`None` for an empty lot). Every parameter that learns has a gradient,
    /// whatever traces were drawn.
    pub(super) fn gradients<M: Objective>(
        &self,
        model: &M,
        lot: &[&M::Sample],
        step: &Step<'_>,
        noise: &mut Noise,
        privacy_noise: &mut Noise,
    ) -> (Option<Tensor<1>>, GradientsParams) {
        let mut losses: Option<Tensor<1>> = None;
        let mut sum = flatten(model, GradientsParams::new(), step);
        for &sample in lot {
            let (loss, gradient) = gradients(model, &[sample], step, noise);
            losses = losses.into_iter().chain(loss).reduce(|a, b| a + b);
            sum = sum + self.clipped(flatten(model, gradient, step));
        }
        if self.noise_multiplier > 0.0 {
            let parameters = sum.dims()[0];
            let draws = privacy_noise.normal(1, parameters, &step.device.clone().inner()).reshape([parameters]);
            sum = sum + draws * (self.noise_multiplier * self.clip);
        }
        (losses, unflatten(model, sum / self.lot, step))
    }

    /// A gradient of at most the clipping norm. One that is no number is left out, as nothing bounds it.
    fn clipped(&self, gradient: Tensor<1>) -> Tensor<1> {
        let norm = f64::from((gradient.clone() * gradient.clone()).sum().sqrt().into_scalar::<f32>());
        if norm.is_finite() { gradient * (self.clip / norm).min(1.0) } else { gradient.zeros_like() }
    }
}

/// The traces that one step draws; `left_out` is how many are passed over before the next one.
fn lot(traces: usize, left_out: &Geometric, rng: &mut ChaCha8Rng) -> Vec<usize> {
    let mut next = left_out.sample(rng);
    let mut drawn = Vec::new();
    while next < traces as u64 {
        drawn.push(next as usize);
        next = next.saturating_add(1).saturating_add(left_out.sample(rng));
    }
    drawn
}

/// Gradients of all parameters that learn as one vector on the plain device, zeros where there is none.
fn flatten<M: Objective>(model: &M, gradients: GradientsParams, step: &Step<'_>) -> Tensor<1> {
    let mut flatten = Flatten { gradients, frozen: step.frozen, device: step.device.clone().inner(), parts: Vec::new() };
    model.visit(&mut flatten);
    Tensor::cat(flatten.parts, 0)
}

struct Flatten<'a> {
    gradients: GradientsParams,
    frozen: &'a HashSet<ParamId>,
    device: Device,
    parts: Vec<Tensor<1>>,
}

impl ModuleVisitor for Flatten<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if !self.frozen.contains(&param.id) {
            self.parts.push(match self.gradients.remove::<D>(param.id) {
                Some(gradient) => gradient.flatten(0, D - 1),
                None => Tensor::zeros([param.val().shape().num_elements()], &self.device),
            });
        }
    }
}

/// The inverse of [`flatten`].
fn unflatten<M: Objective>(model: &M, vector: Tensor<1>, step: &Step<'_>) -> GradientsParams {
    let mut unflatten = Unflatten { vector, frozen: step.frozen, at: 0, gradients: GradientsParams::new() };
    model.visit(&mut unflatten);
    unflatten.gradients
}

struct Unflatten<'a> {
    vector: Tensor<1>,
    frozen: &'a HashSet<ParamId>,
    /// Elements taken so far.
    at: usize,
    gradients: GradientsParams,
}

impl ModuleVisitor for Unflatten<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if !self.frozen.contains(&param.id) {
            let shape = param.val().shape();
            let elements = shape.num_elements();
            self.gradients.register::<D>(param.id, self.vector.clone().narrow(0, self.at, elements).reshape(shape));
            self.at += elements;
        }
    }
}

#[cfg(test)]
mod tests;
