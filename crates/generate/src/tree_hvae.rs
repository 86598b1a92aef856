//! Our generator: a tree is drawn token by token from a learnt prior, and every trace it gives is valid.

mod diagnostics;
mod encoding;
mod fitted;
mod kinds;
mod privacy;
mod stored;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracesmith_codec::{Codec, CodecConfig};
use tracesmith_model::mixture::{LEAST_A_COMPONENT, Mixture, Point};
use tracesmith_model::train::{EpochRecord, Objective, Privacy, PrivacyError, Run, Trained, initialise, train};
use tracesmith_model::tree_hvae::{TreeHvae, TreeHvaeConfig, TreeSample, TreeSampling, TreeSizes, TreeTrainConfig};
use tracesmith_model::{Device, Noise, checkpoint};
use tracesmith_trace::{Class, Corpus, derive_seed, rng, split};

use crate::error::{FitError, StoreError};
use crate::fitted::FittedGenerator;
use crate::generator::{Capabilities, Fit, Generator};
use crate::profile::CorpusProfile;
use crate::store::{StoredModel, weights_file};
use encoding::{batches, encode};
use fitted::FittedTreeHvae;
use privacy::Promise;
use stored::{ABILITIES, KIND, StoredTreeHvae, check_network, check_sampling};

pub use diagnostics::Diagnostics;

/// Our hierarchical VAE over trees: codec, network, training and sampling.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, default)]
pub struct TreeHvaeGenerator {
    /// How traces become tokens and quantiles.
    pub codec: CodecConfig,
    /// The network and its loss.
    pub model: TreeHvaeConfig,
    /// Its training.
    pub train: TreeTrainConfig,
    /// How traces are drawn.
    pub sampling: TreeSampling,
}

/// Draws of `z_G` a trace for the refit of the prior.
const POSTERIOR_DRAWS: usize = 3;
/// Largest depth: the network has a table of depths.
const DEEPEST: usize = 255;

impl Generator for TreeHvaeGenerator {
    const KIND: &'static str = KIND;
    const SUMMARY: &'static str = "ours: a hierarchical VAE over trees with a learnt prior; every trace is one valid tree";

    fn capabilities(&self) -> Capabilities {
        Capabilities { asked: ABILITIES, reconstructs: true, likelihood: true, latents: self.model.graph_latent > 0, largest_trace: None }
    }

    fn fit(&self, corpus: &Corpus, fit: Fit<'_>) -> Result<Box<dyn FittedGenerator>, FitError> {
        check_sampling(&self.sampling)?;
        check_network(&self.model)?;
        if corpus.is_empty() {
            return Err(FitError::Empty);
        }
        let codec = Codec::fit(corpus, &self.codec)?;
        if codec.max_depth() > DEEPEST {
            return Err(FitError::TooDeep { depth: codec.max_depth(), limit: DEEPEST });
        }
        let sizes = TreeSizes::of(&codec);
        let mut samples = encode(&codec, corpus, fit.seed)?;
        // Targets that depend on other traces would let one trace reach into the gradients of others.
        if self.train.privacy.is_none() {
            TreeSample::count_slots(&mut samples);
        }
        let parts = split(samples.len(), self.train.validation, derive_seed(fit.seed, "validation"));
        let pick = |positions: &[usize]| positions.iter().map(|&i| samples[i].clone()).collect::<Vec<_>>();
        let (training, validation) = (pick(&parts.train), pick(&parts.held_out));
        let network = self.network(samples.len(), training.len());
        let weights = derive_seed(fit.seed, "weights");
        let model = initialise(weights, &fit.device.clone().autodiff(), |device| network.init(&sizes, device));
        let observe = fit.observe;
        let mut forward = |record: &EpochRecord| observe(TreeHvae::TERMS, record);
        let run = Run { seed: derive_seed(fit.seed, "train"), device: fit.device, resume: fit.resume, observe: &mut forward };
        let recipe = self.train.recipe(training.len());
        let Trained { model, history, privacy } = train(model, &training, &validation, &recipe, run)?;

        let refit = network.refit_prior && network.learned_priors && network.graph_latent > 0;
        let prior = refit.then(|| {
            let points = posterior_points(&model, &samples, &mut Noise::new(fit.seed, "prior/posterior"), fit.device);
            Mixture::fit(&points, network.components, Class::COUNT, &mut rng(fit.seed, "prior/em"))
        });
        let diagnostics = Diagnostics::of(&model, &network, &samples, fit.device);
        diagnostics.warn(&network);
        let stored = StoredTreeHvae {
            network,
            sampling: self.sampling.clone(),
            profile: CorpusProfile::of(corpus),
            codec,
            prior,
            roots: roots(&samples),
            history,
            diagnostics,
            privacy: privacy.map(Promise::from),
        };
        Ok(Box::new(FittedTreeHvae { stored, model, device: fit.device.clone() }))
    }

    fn load(mut model: StoredModel) -> Result<Box<dyn FittedGenerator>, StoreError> {
        let stored: StoredTreeHvae = model.content()?;
        stored.check().map_err(|message| model.invalid(message))?;
        check_sampling(&stored.sampling).map_err(|error| model.invalid(error))?;
        let device = model.device().clone();
        let blank = initialise(0, &device, |device| stored.network.init(&TreeSizes::of(&stored.codec), device));
        let network = checkpoint::load(blank, &weights_file(model.folder()))?;
        Ok(Box::new(FittedTreeHvae { stored, model: network, device }))
    }

    fn epochs(&self, traces: usize) -> usize {
        self.train.epochs(traces - (traces as f64 * self.train.validation).round() as usize)
    }

    fn promise(&self, traces: usize) -> Result<Option<Privacy>, PrivacyError> {
        let recipe = self.train.recipe(traces);
        recipe.privacy.as_ref().map(|privacy| privacy.plan(traces, recipe.batch, recipe.epochs)).transpose()
    }
}

impl TreeHvaeGenerator {
    /// The network for `traces` traces, of which `training` are not kept for validation: a component of the prior must not stand for a
    /// single trace, and times need their steps.
    /// With privacy the prior stays as it was trained, since a refit would look at the traces once more, without noise.
    fn network(&self, traces: usize, training: usize) -> TreeHvaeConfig {
        let components = self.model.components.min(traces / LEAST_A_COMPONENT).max(1);
        let timing_passes = self.model.timing_passes.max(self.train.passes(self.model.timing_steps, training));
        let refit_prior = self.model.refit_prior && self.train.privacy.is_none();
        TreeHvaeConfig { components, timing_passes, refit_prior, ..self.model.clone() }
    }
}

fn roots(samples: &[TreeSample]) -> Vec<(u32, Vec<usize>)> {
    let mut roots: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    samples.iter().for_each(|sample| roots.entry(sample.tokens.labels[0]).or_default().push(sample.len()));
    roots.into_iter().collect()
}

fn posterior_points(model: &TreeHvae, samples: &[TreeSample], noise: &mut Noise, device: &Device) -> Vec<Point> {
    batches(samples).iter().flat_map(|batch| model.posterior_points(batch, POSTERIOR_DRAWS, noise, device)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_traces_get_few_components_and_many_passes_for_the_times() {
        let generator = TreeHvaeGenerator::default();
        let sizes = |traces, training| {
            let TreeHvaeConfig { components, timing_passes, .. } = generator.network(traces, training);
            (components, timing_passes)
        };
        let TreeHvaeConfig { components, timing_passes, timing_steps, .. } = generator.model;
        assert_eq!(sizes(100_000, 100_000), (components, timing_passes));
        // Of 80 traces, three batches are a pass; of 60, two.
        assert_eq!((generator.train.batch, sizes(80, 80)), (32, (80 / LEAST_A_COMPONENT, timing_steps.div_ceil(3))));
        assert_eq!(sizes(80, 60), (80 / LEAST_A_COMPONENT, timing_steps.div_ceil(2)));
        assert_eq!(sizes(1, 1).0, 1);
    }
}
