//! A network while it is trained, epoch by epoch.

use std::collections::HashSet;

use burn::module::ParamId;
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Tensor};

use super::average::Average;
use super::evaluate::evaluate;
use super::gradients::{Step, gradients};
use super::state::{EpochRecord, RunState};
use super::window::take;
use super::{Objective, Privacy, Progress, Recipe, TrainError};
use crate::batch::plan_epoch;
use crate::host::floats;
use crate::{Noise, checkpoint};

/// A network, its optimiser, and what is known about the run.
pub(super) struct Fit<M> {
    pub model: M,
    pub optimiser: ModuleOptimizer,
    pub state: RunState,
    pub average: Option<Average>,
    pub best_weights: Option<Vec<u8>>,
    pub privacy: Option<Privacy>,
}

impl<M: Objective> Fit<M> {
    pub fn epoch(
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
    pub fn evaluated(&self) -> M {
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
