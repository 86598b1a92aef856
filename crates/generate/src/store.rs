//! A fitted generator on disk: one JSON file with configuration, vocabulary and normalisation, and one file with the weights.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tracesmith_model::flat_vae::FlatVaeConfig;
use tracesmith_model::hvae::HvaeConfig;
use tracesmith_model::train::{EpochRecord, initialise};
use tracesmith_model::tree_hvae::TreeSizes;
use tracesmith_model::{Device, DurationScale, Sizes, checkpoint};

use crate::aggregate::AggregatePrior;
use crate::tree_hvae::{self, FittedTreeHvae, StoredTreeHvae};
use crate::vae::{FittedVae, Network};
use crate::{CorpusProfile, FittedGenerator, Prior, Sampling, SamplingConfig, StoreError, TrainingData, markov_tree, random_sampling};

/// Description of a fitted generator inside its folder.
pub const MODEL_FILE: &str = "model.json";
/// Weights of a trained generator inside its folder.
pub(crate) const WEIGHTS_FILE: &str = "weights.bpk";

const VERSION: u32 = 1;

/// Content of [`MODEL_FILE`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Description {
    tracesmith_model: u32,
    generator: Stored,
    /// See [`TrainingData::record`]; models of earlier versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    training_data: Option<TrainingData>,
}

/// A fitted generator without its weights.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum Stored {
    RandomSampling(random_sampling::Fitted),
    MarkovTree(markov_tree::Fitted),
    FlatVae(StoredVae<FlatVaeConfig>),
    Hvae(StoredVae<HvaeConfig>),
    TreeHvae(Box<StoredTreeHvae>),
}

/// What a VAE needs beside its weights.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredVae<N> {
    pub network: N,
    pub sampling: SamplingConfig,
    pub profile: CorpusProfile,
    pub sizes: Sizes,
    pub scale: DurationScale,
    /// For [`Prior::Aggregate`]; models of earlier versions have none.
    #[serde(default)]
    pub aggregate: Option<AggregatePrior>,
    pub history: Vec<EpochRecord>,
}

impl Description {
    pub(crate) fn new(generator: Stored) -> Self {
        Self { tracesmith_model: VERSION, generator, training_data: None }
    }
}

/// Loads a fitted generator. `adjust` may change how traces are drawn, e.g. the temperature; it is not called for generators that have
/// no such settings.
///
/// # Errors
/// [`StoreError`] if the folder holds no model, a damaged one, or weights that do not fit its vocabulary.
pub fn load(folder: &Path, device: &Device, adjust: impl FnOnce(&mut Sampling)) -> Result<Box<dyn FittedGenerator>, StoreError> {
    let path = folder.join(MODEL_FILE);
    let text = fs::read_to_string(&path).map_err(|source| StoreError::Io { path: path.clone(), source })?;
    let format = |message: String| StoreError::Format { path: path.clone(), message };
    let Description { tracesmith_model, generator, training_data: _ } =
        serde_json::from_str(&text).map_err(|error| format(error.to_string()))?;
    if tracesmith_model != VERSION {
        return Err(format(format!("it has version {tracesmith_model}, this program reads version {VERSION}")));
    }
    match generator {
        Stored::RandomSampling(fitted) => Ok(Box::new(fitted)),
        Stored::MarkovTree(fitted) => {
            fitted.check().map_err(format)?;
            Ok(Box::new(fitted))
        }
        Stored::FlatVae(stored) => load_vae(stored, folder, device, adjust),
        Stored::Hvae(stored) => load_vae(stored, folder, device, adjust),
        Stored::TreeHvae(stored) => load_tree(*stored, folder, device, adjust),
    }
}

fn load_vae<N: Network + 'static>(
    mut stored: StoredVae<N>,
    folder: &Path,
    device: &Device,
    adjust: impl FnOnce(&mut Sampling),
) -> Result<Box<dyn FittedGenerator>, StoreError> {
    let path = folder.join(MODEL_FILE);
    let StoredVae { profile, sizes, .. } = &stored;
    let fits =
        sizes.services == profile.services.len() && sizes.operations == profile.operations.len() && sizes.max_spans >= profile.max_spans();
    if !fits || profile.period_ns.0 > profile.period_ns.1 {
        return Err(StoreError::Format { path, message: "its vocabulary, sizes and period contradict each other".into() });
    }
    stored.network.check().map_err(|error| StoreError::Format { path: path.clone(), message: error.to_string() })?;
    stored.sampling = match adjusted(Sampling::Pairs(stored.sampling), adjust) {
        Sampling::Pairs(sampling) => sampling,
        Sampling::Tree(_) => return Err(StoreError::Format { path, message: "these are the sampling settings of tree-hvae".into() }),
    };
    stored.sampling.check().map_err(|error| StoreError::Format { path: path.clone(), message: error.to_string() })?;
    if stored.sampling.prior == Prior::Aggregate && stored.aggregate.is_none() {
        let message = "it was fitted without mixtures of the aggregate posterior: fit it again, or draw from the standard prior".into();
        return Err(StoreError::Format { path, message });
    }
    // Under the lock of `initialise`: weights drawn here would disturb those of a fit on another thread.
    let blank = initialise(0, device, |device| stored.network.build(&stored.sizes, device));
    if stored.aggregate.as_ref().is_some_and(|prior| !prior.fits(&blank)) {
        return Err(StoreError::Format { path, message: "its mixtures do not fit its latents".into() });
    }
    let model = checkpoint::load(blank, &folder.join(WEIGHTS_FILE))?;
    Ok(Box::new(FittedVae { stored, model, device: device.clone() }))
}

fn adjusted(mut sampling: Sampling, adjust: impl FnOnce(&mut Sampling)) -> Sampling {
    adjust(&mut sampling);
    sampling
}

fn load_tree(
    mut stored: StoredTreeHvae,
    folder: &Path,
    device: &Device,
    adjust: impl FnOnce(&mut Sampling),
) -> Result<Box<dyn FittedGenerator>, StoreError> {
    let path = folder.join(MODEL_FILE);
    let format = |message: String| StoreError::Format { path: path.clone(), message };
    stored.check().map_err(format)?;
    stored.sampling = match adjusted(Sampling::Tree(stored.sampling), adjust) {
        Sampling::Tree(sampling) => sampling,
        Sampling::Pairs(_) => return Err(format("these are the sampling settings of another generator".into())),
    };
    tree_hvae::check_sampling(&stored.sampling).map_err(|error| format(error.to_string()))?;
    let blank = initialise(0, device, |device| stored.network.init(&TreeSizes::of(&stored.codec), device));
    let model = checkpoint::load(blank, &folder.join(WEIGHTS_FILE))?;
    Ok(Box::new(FittedTreeHvae { stored, model, device: device.clone() }))
}

/// Writes [`MODEL_FILE`], last of all files of a model, so that a folder with it is complete.
pub(crate) fn write_description(folder: &Path, description: &Description) -> Result<(), StoreError> {
    let path = folder.join(MODEL_FILE);
    let json = serde_json::to_vec_pretty(description).map_err(|error| StoreError::Io { path: path.clone(), source: error.into() })?;
    Ok(checkpoint::write(&path, &json)?)
}
