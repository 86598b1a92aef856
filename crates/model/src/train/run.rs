//! A whole training run.

use std::path::Path;
use std::time::{Duration, Instant};

use burn::tensor::Device;

use super::average::Average;
use super::fit::Fit;
use super::state::{EpochRecord, RunState};
use super::{Objective, Privacy, Recipe, TrainError, private, resume};
use crate::checkpoint;

/// A trained network on the plain device, with its losses epoch by epoch.
#[derive(Debug)]
pub struct Trained<M> {
    /// The network with its best weights.
    pub model: M,
    /// Every epoch that was run.
    pub history: Vec<EpochRecord>,
    /// What was done for privacy, if that was asked for.
    pub privacy: Option<Privacy>,
}

/// Where and how a training run is followed and resumed.
pub struct Run<'a> {
    /// Seed of the batches and the noise.
    pub seed: u64,
    /// Device to train on, without autodiff.
    pub device: &'a Device,
    /// File that holds the state of an unfinished run; it is read if it is there, and removed at the end.
    pub resume: Option<&'a Path>,
    /// Called after every epoch.
    pub observe: &'a mut dyn FnMut(&EpochRecord),
}

/// Trains `model`, which must have been built on `run.device.autodiff()`.
///
/// # Errors
/// [`TrainError`]; the resume file, if any, then still holds the last complete state.
pub fn train<M: Objective>(
    model: M,
    training: &[M::Sample],
    validation: &[M::Sample],
    recipe: &Recipe,
    run: Run<'_>,
) -> Result<Trained<M>, TrainError> {
    train_saving_every(SAVE_INTERVAL, model, training, validation, recipe, run)
}

/// Time between two saves of the resume state; what is lost by a kill is trained again with the same numbers.
const SAVE_INTERVAL: Duration = Duration::from_secs(5);

pub(super) fn train_saving_every<M: Objective>(
    interval: Duration,
    model: M,
    training: &[M::Sample],
    validation: &[M::Sample],
    recipe: &Recipe,
    run: Run<'_>,
) -> Result<Trained<M>, TrainError> {
    if training.is_empty() {
        return Err(TrainError::NoData);
    }
    recipe.check()?;
    let privacy = private::plan::<M>(recipe, training.len(), validation.len())?;
    let device = run.device.clone().autodiff();
    let fingerprint = fingerprint(&model, training, validation, recipe, run.seed);
    let average = (recipe.average > 0.0).then(|| Average::new(recipe.average, &model));
    let state = RunState { fingerprint, ..RunState::default() };
    let mut fit = Fit { model, optimiser: recipe.init(), state, average, best_weights: None, privacy };
    if let Some(path) = run.resume {
        fit = resume::restore(fit, path, recipe.average)?;
    }
    let mut last_save = Instant::now();
    let opens = fit.model.window(recipe.epochs).epochs.start;
    while fit.state.goes_on(recipe, opens) {
        fit = fit.epoch(training, validation, recipe, run.seed, &device)?;
        (run.observe)(&fit.state.history[fit.state.history.len() - 1]);
        if let Some(path) = run.resume
            && last_save.elapsed() >= interval
        {
            resume::store(&fit, path)?;
            last_save = Instant::now();
        }
    }
    if let Some(path) = run.resume {
        resume::discard(path)?;
    }
    let model = fit.evaluated();
    let model = match fit.best_weights {
        Some(weights) => checkpoint::from_bytes(model, weights)?,
        None => model,
    };
    Ok(Trained { model, history: fit.state.history, privacy: fit.privacy })
}

/// Identifies what a resume file belongs to: the network, every number of the data, the configuration and the seed.
fn fingerprint<M: Objective>(model: &M, training: &[M::Sample], validation: &[M::Sample], recipe: &Recipe, seed: u64) -> String {
    let data = tracesmith_trace::derive_seed(seed, &format!("{training:?}{validation:?}"));
    format!("{} with {} parameters, data {data:016x}, seed {seed}, {recipe:?}", model.settings(), model.num_params())
}
