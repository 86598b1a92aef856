//! One training loop for every network: Adam, best weights by validation loss, early stop, resume.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::Noise;
use crate::batch::{plan_by_size, plan_epoch};
use crate::checkpoint::{self, CheckpointError};
use crate::hvae::floats;

mod average;
mod each;
mod private;
mod recipe;
mod window;
pub(crate) use average::Average;
pub use each::loss_of_each;
pub use private::{Privacy, PrivacyConfig, PrivacyError};
pub use recipe::{Optimiser, Recipe, TrainConfig};
pub use window::Window;
use window::take;

/// A network with a loss.
pub trait Objective: Module {
    /// Names of the terms that [`Objective::losses`] reports.
    const TERMS: &'static [&'static str];
    /// Cells `B·N²` of an evaluation batch.
    const EVALUATION_CELLS: usize = 1 << 16;
    /// Whether the loss of a sample depends on that sample alone, as training with privacy needs; batch normalisation mixes samples.
    const GRADIENTS_PER_SAMPLE: bool = false;
    /// One training example.
    type Sample: std::fmt::Debug;
    /// Many of them as tensors.
    type Batch;

    /// Number of spans of an example.
    fn size(sample: &Self::Sample) -> usize;

    /// Collects examples into tensors.
    fn collate(&self, samples: &[&Self::Sample], device: &Device) -> Self::Batch;

    /// The settings that the loss depends on, in words: a resumed run must have the same.
    fn settings(&self) -> String;

    /// Parameters that learn in some of the `epochs` only.
    fn window(&self, _epochs: usize) -> Window {
        Window::default()
    }

    /// Loss of a batch. `noise` is given in training only.
    fn losses(&self, batch: &Self::Batch, noise: Option<&mut Noise>, progress: Progress) -> Losses;
}

/// How far a training is.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Epochs that are done, with the share of the current one.
    pub done: f64,
    /// All epochs.
    pub epochs: usize,
}

impl Progress {
    /// The end of a training of any length.
    pub const END: Self = Self { done: 1.0, epochs: 1 };

    /// Share of the epochs that are done, in 0–1.
    pub fn share(self) -> f64 {
        self.done / self.epochs as f64
    }
}

/// Loss of a batch, each of shape `[1]` and averaged over the batch.
#[derive(Debug)]
pub struct Losses {
    /// What is minimised.
    pub total: Tensor<1>,
    /// Terms in the order of [`Objective::TERMS`], unweighted.
    pub terms: Vec<Tensor<1>>,
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
    /// Mean of every term over the validation graphs; empty without them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub validation_terms: Vec<f64>,
}

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
    /// The training cannot be private.
    #[error(transparent)]
    Privacy(#[from] PrivacyError),
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
    device.seed(tracesmith_trace::shifted(seed));
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
    /// Epochs that an early stop left out.
    pub skipped: usize,
    pub fingerprint: String,
}

impl RunState {
    /// Epochs that are over.
    fn done(&self) -> usize {
        self.history.len() + self.skipped
    }

    /// Whether there is another epoch. An early stop before the epoch at which a window `opens` goes on there: what has not begun to learn
    /// still has to.
    fn goes_on(&mut self, recipe: &Recipe, opens: usize) -> bool {
        let stalled = recipe.patience > 0 && self.since_best >= recipe.patience;
        if stalled && self.done() >= opens {
            return false;
        }
        if stalled {
            self.skipped = opens - self.history.len();
        }
        if self.done() == opens {
            // The losses so far are those of a network without what learns from now on.
            (self.best, self.since_best) = (None, 0);
        }
        self.done() < recipe.epochs
    }
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

fn train_saving_every<M: Objective>(
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
        fit = checkpoint::restore(fit, path, recipe.average)?;
    }
    let mut last_save = Instant::now();
    let opens = fit.model.window(recipe.epochs).epochs.start;
    while fit.state.goes_on(recipe, opens) {
        fit = fit.epoch(training, validation, recipe, run.seed, &device)?;
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
    let model = fit.evaluated();
    let model = match fit.best_weights {
        Some(weights) => checkpoint::from_bytes(model, weights)?,
        None => model,
    };
    Ok(Trained { model, history: fit.state.history, privacy: fit.privacy })
}

pub(crate) struct Fit<M> {
    pub model: M,
    pub optimiser: ModuleOptimizer,
    pub state: RunState,
    pub average: Option<Average>,
    pub best_weights: Option<Vec<u8>>,
    pub privacy: Option<Privacy>,
}

/// What the gradients of a step depend on beside the network and the samples.
struct Step<'a> {
    progress: Progress,
    /// Parameters that do not learn now.
    frozen: &'a HashSet<ParamId>,
    device: &'a Device,
}

impl<M: Objective> Fit<M> {
    fn epoch(
        mut self,
        training: &[M::Sample],
        validation: &[M::Sample],
        recipe: &Recipe,
        seed: u64,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let epoch = self.state.done() + 1;
        // Each epoch has a stream of its own, so that a resumed run sees the numbers of an uninterrupted one.
        let mut order = tracesmith_trace::rng(seed, &format!("order/{epoch}"));
        let mut noise = Noise::new(seed, &format!("noise/{epoch}"));
        let batches = match &self.privacy {
            Some(privacy) => privacy.lots(training.len(), recipe.batch, &mut order),
            None => plan_epoch(training.len(), recipe.batch, &mut order),
        };
        let window = self.model.window(recipe.epochs);
        let open = window.epochs.contains(&(epoch - 1));
        let frozen = if open { &HashSet::new() } else { &window.parameters };
        let mut sums: Option<Tensor<1>> = None;
        for (step, positions) in batches.iter().enumerate() {
            let number = (epoch - 1) * batches.len() + step;
            let progress = Progress { done: number as f64 / batches.len() as f64, epochs: recipe.epochs };
            let samples: Vec<&M::Sample> = positions.iter().map(|&i| &training[i]).collect();
            let what = Step { progress, frozen, device };
            let (losses, mut gradients) = match &self.privacy {
                Some(privacy) => {
                    let mut privacy_noise = Noise::new(seed, &format!("privacy/{number}"));
                    privacy.gradients(&self.model, &samples, &what, &mut noise, &mut privacy_noise)
                }
                None => gradients(&self.model, &samples, &what, &mut noise),
            };
            sums = sums.into_iter().chain(losses).reduce(|sums, losses| sums + losses);
            let own = open.then(|| take(&self.model, &window.parameters, &mut gradients));
            let learning_rate = recipe.learning_rate(number, recipe.epochs * batches.len());
            self = self.update(gradients, learning_rate, number, |id| !window.parameters.contains(&id));
            if let Some(own) = own {
                let number = number - window.epochs.start * batches.len();
                let learning_rate = recipe.learning_rate(number, window.epochs.len() * batches.len());
                self = self.update(own, learning_rate, number, |id| window.parameters.contains(&id));
            }
        }
        // With privacy, traces are drawn; if none was in a whole epoch, its losses are 0.
        let drawn = batches.iter().map(Vec::len).sum::<usize>().max(1) as f64;
        let sums = sums.map_or_else(|| vec![0.0; 1 + M::TERMS.len()], floats);
        let means: Vec<f64> = sums.into_iter().map(|sum| f64::from(sum) / drawn).collect();
        let (validation, validation_terms) =
            (!validation.is_empty()).then(|| evaluate(&self.evaluated(), validation, recipe.batch, &device.clone().inner())).unzip();
        let diverged = !means[0].is_finite() || validation.is_some_and(|loss| !loss.is_finite());
        if diverged {
            return Err(TrainError::Diverged { epoch, learning_rate: recipe.learning_rate });
        }
        self.state.history.push(EpochRecord {
            epoch,
            total: means[0],
            terms: means[1..].to_vec(),
            validation,
            validation_terms: validation_terms.unwrap_or_default(),
        });
        self.keep_best(validation)?;
        Ok(self)
    }

    /// The update number `step`, from 0, of the parameters that are `in_it`.
    fn update(mut self, gradients: GradientsParams, learning_rate: f64, step: usize, in_it: impl Fn(ParamId) -> bool) -> Self {
        self.model = self.optimiser.step(learning_rate, self.model, gradients);
        if let Some(average) = &mut self.average {
            average.update(&self.model, step, in_it);
        }
        self
    }

    /// The network that is evaluated and kept, on the plain device.
    fn evaluated(&self) -> M {
        let model = self.model.valid();
        match &self.average {
            Some(average) => average.apply(model),
            None => model,
        }
    }

    fn keep_best(&mut self, validation: Option<f64>) -> Result<(), TrainError> {
        let Some(loss) = validation else { return Ok(()) };
        if self.state.best.is_none_or(|best| loss < best) {
            self.state.best = Some(loss);
            self.state.since_best = 0;
            self.best_weights = Some(checkpoint::to_bytes(&self.evaluated())?);
        } else {
            self.state.since_best += 1;
        }
        Ok(())
    }
}

/// The sum of the losses of samples, total and terms, and the gradient of their mean without that of frozen parameters.
fn gradients<M: Objective>(model: &M, samples: &[&M::Sample], step: &Step<'_>, noise: &mut Noise) -> (Option<Tensor<1>>, GradientsParams) {
    let losses = model.losses(&model.collate(samples, step.device), Some(noise), step.progress);
    let sums = loss_vector(&losses) * samples.len() as f64;
    let mut gradients = GradientsParams::from_grads(losses.total.backward(), model);
    take(model, step.frozen, &mut gradients);
    (Some(sums), gradients)
}

/// Total and terms as one detached vector, so that an epoch reads the device once.
fn loss_vector(losses: &Losses) -> Tensor<1> {
    let parts = [&losses.total].into_iter().chain(&losses.terms).map(|t| t.clone().detach()).collect();
    Tensor::cat(parts, 0)
}

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

/// Identifies what a resume file belongs to: the network, every number of the data, the configuration and the seed.
fn fingerprint<M: Objective>(model: &M, training: &[M::Sample], validation: &[M::Sample], recipe: &Recipe, seed: u64) -> String {
    let data = tracesmith_trace::derive_seed(seed, &format!("{training:?}{validation:?}"));
    format!("{} with {} parameters, data {data:016x}, seed {seed}, {recipe:?}", model.settings(), model.num_params())
}

#[cfg(test)]
mod tests;
