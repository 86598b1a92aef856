//! One training loop for every network: Adam, best weights by validation loss, early stop, resume.

use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::batch::{plan_by_size, plan_epoch};
use crate::checkpoint::{self, CheckpointError};
use crate::hvae::floats;
use crate::{Graph, GraphBatch, Noise};

/// A network with a loss.
pub trait Objective: Module {
    /// Names of the terms that [`Objective::losses`] reports.
    const TERMS: &'static [&'static str];

    /// The settings that the loss depends on, in words: a resumed run must have the same.
    fn settings(&self) -> String;

    /// Loss of a batch. `noise` is given in training only; `progress` is the share of the epochs done, in 0–1.
    fn losses(&self, batch: &GraphBatch, noise: Option<&mut Noise>, progress: f64) -> Losses;
}

/// Loss of a batch, each of shape `[1]` and averaged over the batch.
#[derive(Debug)]
pub struct Losses {
    /// What is minimised.
    pub total: Tensor<1>,
    /// Terms in the order of [`Objective::TERMS`], unweighted.
    pub terms: Vec<Tensor<1>>,
}

/// How to train.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainConfig {
    /// Passes over the training graphs.
    pub epochs: usize,
    /// Graphs a step. The paper uses 2, and its code then takes the first graph's `z_G` for both; here each graph has its own.
    pub batch: usize,
    /// Learning rate of Adam.
    pub learning_rate: f64,
    /// L2 penalty added to the gradient, as in the paper.
    pub weight_decay: f64,
    /// Epochs without a better validation loss after which training stops; 0 never stops early.
    pub patience: usize,
    /// Share of the training traces used for validation; 0 validates on nothing and keeps the last weights.
    pub validation: f64,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self { epochs: 150, batch: 32, learning_rate: 1e-3, weight_decay: 1e-4, patience: 0, validation: 0.1 }
    }
}

/// Losses of one epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Mean training loss.
    pub total: f64,
    /// Mean of every term over the training batches.
    pub terms: Vec<f64>,
    /// Validation loss, with the KL terms at full weight; `None` without validation graphs.
    pub validation: Option<f64>,
}

/// A trained network on the plain device, with its losses epoch by epoch.
#[derive(Debug)]
pub struct Trained<M> {
    /// The network with its best weights.
    pub model: M,
    /// Every epoch that was run.
    pub history: Vec<EpochRecord>,
}

/// Why training failed.
#[derive(Debug, Error)]
pub enum TrainError {
    /// There is nothing to train on.
    #[error("there is no trace to train on")]
    NoData,
    /// A setting makes no sense.
    #[error("train.{key} = {value}: {expected}")]
    BadSetting {
        /// The setting.
        key: &'static str,
        /// Its value.
        value: f64,
        /// What it must be.
        expected: &'static str,
    },
    /// The loss is no number any more.
    #[error("training diverged in epoch {epoch}: the loss is not finite; lower train.learning_rate (now {learning_rate})")]
    Diverged {
        /// The epoch.
        epoch: usize,
        /// The learning rate in use.
        learning_rate: f64,
    },
    /// A checkpoint could not be written or read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
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

/// Builds a network whose initial weights depend on `seed` alone.
///
/// burn draws weights lazily from one generator a process, so they are drawn here under a lock.
pub fn initialise<M: Module>(seed: u64, device: &Device, init: impl FnOnce(&Device) -> M) -> M {
    struct Force;
    impl ModuleVisitor for Force {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            param.val();
        }
    }
    static LOCK: Mutex<()> = Mutex::new(());
    let _guard = LOCK.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    device.seed(seed);
    let model = init(device);
    model.visit(&mut Force);
    model
}

/// The state of an unfinished run beside the weights.
#[derive(Debug, Clone, Serialize, Deserialize, Default)]
pub(crate) struct RunState {
    pub history: Vec<EpochRecord>,
    pub best: Option<f64>,
    pub since_best: usize,
    pub fingerprint: String,
}

/// Trains `model`, which must have been built on `run.device.autodiff()`.
///
/// # Errors
/// [`TrainError`]; the resume file, if any, then still holds the last complete state.
pub fn train<M: Objective>(
    model: M,
    training: &[Graph],
    validation: &[Graph],
    config: &TrainConfig,
    run: Run<'_>,
) -> Result<Trained<M>, TrainError> {
    train_saving_every(SAVE_INTERVAL, model, training, validation, config, run)
}

/// Time between two saves of the resume state; what is lost by a kill is trained again with the same numbers.
const SAVE_INTERVAL: Duration = Duration::from_secs(5);

fn train_saving_every<M: Objective>(
    interval: Duration,
    model: M,
    training: &[Graph],
    validation: &[Graph],
    config: &TrainConfig,
    run: Run<'_>,
) -> Result<Trained<M>, TrainError> {
    check(training, config)?;
    let device = run.device.clone().autodiff();
    let fingerprint = fingerprint(&model, training, validation, config, run.seed);
    let adam = AdamConfig::new().with_epsilon(1e-8).with_weight_decay(Some(WeightDecayConfig::new(config.weight_decay as f32)));
    let mut fit = Fit { model, optimiser: adam.init(), state: RunState { fingerprint, ..RunState::default() }, best_weights: None };
    if let Some(path) = run.resume {
        fit = checkpoint::restore(fit, path)?;
    }
    let mut last_save = Instant::now();
    while fit.state.history.len() < config.epochs && (config.patience == 0 || fit.state.since_best < config.patience) {
        fit = fit.epoch(training, validation, config, run.seed, &device)?;
        (run.observe)(&fit.state.history[fit.state.history.len() - 1]);
        if let Some(path) = run.resume
            && last_save.elapsed() >= interval
        {
            checkpoint::store(&fit, path)?;
            last_save = Instant::now();
        }
    }
    if let Some(path) = run.resume {
        checkpoint::discard(path)?;
    }
    let Fit { model, state, best_weights, .. } = fit;
    let model = match best_weights {
        Some(weights) => checkpoint::from_bytes(model, weights)?,
        None => model,
    };
    Ok(Trained { model: model.valid(), history: state.history })
}

/// Cells `B·N²` of an evaluation batch.
pub(crate) const EVALUATION_CELLS: usize = 1 << 16;

pub(crate) struct Fit<M> {
    pub model: M,
    pub optimiser: ModuleOptimizer,
    pub state: RunState,
    pub best_weights: Option<Vec<u8>>,
}

impl<M: Objective> Fit<M> {
    fn epoch(
        mut self,
        training: &[Graph],
        validation: &[Graph],
        config: &TrainConfig,
        seed: u64,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let epoch = self.state.history.len() + 1;
        // Each epoch has a stream of its own, so that a resumed run sees the numbers of an uninterrupted one.
        let mut order = tracesmith_trace::rng(seed, &format!("order/{epoch}"));
        let mut noise = Noise::new(seed, &format!("noise/{epoch}"));
        let batches = plan_epoch(training.len(), config.batch, &mut order);
        let mut sums: Option<Tensor<1>> = None;
        for (step, positions) in batches.iter().enumerate() {
            let progress = (epoch as f64 - 1.0 + step as f64 / batches.len() as f64) / config.epochs as f64;
            let graphs: Vec<&Graph> = positions.iter().map(|&i| &training[i]).collect();
            let losses = self.model.losses(&GraphBatch::new(&graphs, device), Some(&mut noise), progress);
            let values = loss_vector(&losses) * graphs.len() as f64;
            sums = Some(sums.map_or(values.clone(), |sums| sums + values));
            let gradients = GradientsParams::from_grads(losses.total.backward(), &self.model);
            self.model = self.optimiser.step(config.learning_rate, self.model, gradients);
        }
        let means: Vec<f64> = sums.map(floats).unwrap_or_default().iter().map(|&sum| f64::from(sum) / training.len() as f64).collect();
        let validation = (!validation.is_empty()).then(|| evaluate(&self.model.valid(), validation, config.batch, &device.clone().inner()));
        let diverged = !means[0].is_finite() || validation.is_some_and(|loss| !loss.is_finite());
        if diverged {
            return Err(TrainError::Diverged { epoch, learning_rate: config.learning_rate });
        }
        self.state.history.push(EpochRecord { epoch, total: means[0], terms: means[1..].to_vec(), validation });
        self.keep_best(validation)?;
        Ok(self)
    }

    fn keep_best(&mut self, validation: Option<f64>) -> Result<(), TrainError> {
        let Some(loss) = validation else { return Ok(()) };
        if self.state.best.is_none_or(|best| loss < best) {
            self.state.best = Some(loss);
            self.state.since_best = 0;
            self.best_weights = Some(checkpoint::to_bytes(&self.model)?);
        } else {
            self.state.since_best += 1;
        }
        Ok(())
    }
}

/// Total and terms as one detached vector, so that an epoch reads the device once.
fn loss_vector(losses: &Losses) -> Tensor<1> {
    let parts = [&losses.total].into_iter().chain(&losses.terms).map(|t| t.clone().detach()).collect();
    Tensor::cat(parts, 0)
}

/// Mean loss of `graphs` without noise and with all weights at their final value.
pub fn evaluate<M: Objective>(model: &M, graphs: &[Graph], batch: usize, device: &Device) -> f64 {
    let sizes: Vec<usize> = graphs.iter().map(Graph::len).collect();
    let mut sum = 0.0;
    for positions in plan_by_size(&sizes, batch.max(32), EVALUATION_CELLS) {
        let members: Vec<&Graph> = positions.iter().map(|&i| &graphs[i]).collect();
        let losses = model.losses(&GraphBatch::new(&members, device), None, 1.0);
        sum += f64::from(losses.total.into_scalar::<f32>()) * members.len() as f64;
    }
    sum / graphs.len() as f64
}

fn check(training: &[Graph], config: &TrainConfig) -> Result<(), TrainError> {
    let bad = |key, value, expected| Err(TrainError::BadSetting { key, value, expected });
    match config {
        _ if training.is_empty() => Err(TrainError::NoData),
        c if c.epochs == 0 => bad("epochs", 0.0, "at least 1"),
        c if c.batch == 0 => bad("batch", 0.0, "at least 1"),
        c if !(c.learning_rate.is_finite() && c.learning_rate > 0.0) => bad("learning_rate", c.learning_rate, "a positive number"),
        c if !(c.weight_decay.is_finite() && c.weight_decay >= 0.0) => bad("weight_decay", c.weight_decay, "0 or more"),
        c if !(0.0..1.0).contains(&c.validation) => bad("validation", c.validation, "at least 0 and less than 1"),
        _ => Ok(()),
    }
}

/// Identifies what a resume file belongs to: the network, every number of the data, the configuration and the seed.
fn fingerprint<M: Objective>(model: &M, training: &[Graph], validation: &[Graph], config: &TrainConfig, seed: u64) -> String {
    let data = tracesmith_trace::derive_seed(seed, &format!("{training:?}{validation:?}"));
    format!("{} with {} parameters, data {data:016x}, seed {seed}, {config:?}", model.settings(), model.num_params())
}

#[cfg(test)]
mod tests;
