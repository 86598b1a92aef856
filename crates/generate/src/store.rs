//! A fitted generator on disk: one JSON file with configuration, vocabulary and normalisation, and one file with the weights.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tracesmith_model::flat_vae::FlatVaeConfig;
use tracesmith_model::hvae::HvaeConfig;
use tracesmith_model::train::{EpochRecord, initialise};
use tracesmith_model::{Device, DurationScale, Sizes, checkpoint};

use crate::vae::{FittedVae, Network};
use crate::{CorpusProfile, FittedGenerator, SamplingConfig, StoreError, random_sampling};

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
}

/// A fitted generator without its weights.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum Stored {
    RandomSampling(random_sampling::Fitted),
    FlatVae(StoredVae<FlatVaeConfig>),
    Hvae(StoredVae<HvaeConfig>),
}

/// What a VAE needs beside its weights.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredVae<N> {
    pub network: N,
    pub sampling: SamplingConfig,
    pub profile: CorpusProfile,
    pub sizes: Sizes,
    pub scale: DurationScale,
    pub history: Vec<EpochRecord>,
}

impl Description {
    pub(crate) fn new(generator: Stored) -> Self {
        Self { tracesmith_model: VERSION, generator }
    }
}

/// Loads a fitted generator. `adjust` may change how traces are drawn, e.g. the temperature; it is not called for generators that have
/// no such settings.
///
/// # Errors
/// [`StoreError`] if the folder holds no model, a damaged one, or weights that do not fit its vocabulary.
pub fn load(folder: &Path, device: &Device, adjust: impl FnOnce(&mut SamplingConfig)) -> Result<Box<dyn FittedGenerator>, StoreError> {
    let path = folder.join(MODEL_FILE);
    let text = fs::read_to_string(&path).map_err(|source| StoreError::Io { path: path.clone(), source })?;
    let format = |message: String| StoreError::Format { path: path.clone(), message };
    let Description { tracesmith_model, generator } = serde_json::from_str(&text).map_err(|error| format(error.to_string()))?;
    if tracesmith_model != VERSION {
        return Err(format(format!("it has version {tracesmith_model}, this program reads version {VERSION}")));
    }
    match generator {
        Stored::RandomSampling(fitted) => Ok(Box::new(fitted)),
        Stored::FlatVae(stored) => load_vae(stored, folder, device, adjust),
        Stored::Hvae(stored) => load_vae(stored, folder, device, adjust),
    }
}

fn load_vae<N: Network + 'static>(
    mut stored: StoredVae<N>,
    folder: &Path,
    device: &Device,
    adjust: impl FnOnce(&mut SamplingConfig),
) -> Result<Box<dyn FittedGenerator>, StoreError> {
    let path = folder.join(MODEL_FILE);
    let StoredVae { profile, sizes, .. } = &stored;
    let fits =
        sizes.services == profile.services.len() && sizes.operations == profile.operations.len() && sizes.max_spans >= profile.max_spans();
    if !fits || profile.period_ns.0 > profile.period_ns.1 {
        return Err(StoreError::Format { path, message: "its vocabulary, sizes and period contradict each other".into() });
    }
    stored.network.check().map_err(|error| StoreError::Format { path: path.clone(), message: error.to_string() })?;
    adjust(&mut stored.sampling);
    stored.sampling.check().map_err(|error| StoreError::Format { path, message: error.to_string() })?;
    // Under the lock of `initialise`: weights drawn here would disturb those of a fit on another thread.
    let blank = initialise(0, device, |device| stored.network.build(&stored.sizes, device));
    let model = checkpoint::load(blank, &folder.join(WEIGHTS_FILE))?;
    Ok(Box::new(FittedVae { stored, model, device: device.clone() }))
}

/// Writes [`MODEL_FILE`], last of all files of a model, so that a folder with it is complete.
pub(crate) fn write_description(folder: &Path, description: &Description) -> Result<(), StoreError> {
    let path = folder.join(MODEL_FILE);
    let json = serde_json::to_vec_pretty(description).map_err(|error| StoreError::Io { path: path.clone(), source: error.into() })?;
    Ok(checkpoint::write(&path, &json)?)
}
