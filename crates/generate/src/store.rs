//! A model folder: one JSON file with what a generator is, and beside it the files that the generator wrote, such as weights.
//!
//! What the content means is known by the generator alone.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tracesmith_model::{Device, checkpoint};

use crate::error::StoreError;
use crate::sampling_settings::{SAMPLING, SamplingSettings};

/// Description of a fitted generator inside its folder.
pub const MODEL_FILE: &str = "model.json";
/// Weights of a trained generator inside its folder.
const WEIGHTS_FILE: &str = "weights.bpk";

const VERSION: u32 = 1;

/// Content of [`MODEL_FILE`] as it is read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    tracesmith_model: u32,
    generator: Map<String, Value>,
    /// See [`crate::TrainingData::record`]; models of earlier versions have none.
    #[serde(default, rename = "training_data")]
    _training_data: Option<serde::de::IgnoredAny>,
}

/// Content of [`MODEL_FILE`] as it is written.
#[derive(Serialize)]
struct Written<'a, T> {
    tracesmith_model: u32,
    generator: Tagged<'a, T>,
}

#[derive(Serialize)]
struct Tagged<'a, T> {
    kind: &'static str,
    #[serde(flatten)]
    content: &'a T,
}

/// A model folder that was opened.
#[derive(Debug)]
pub struct StoredModel {
    folder: PathBuf,
    device: Device,
    kind: String,
    content: Map<String, Value>,
}

impl StoredModel {
    /// Opens a folder.
    ///
    /// # Errors
    /// [`StoreError`] if the folder holds no model, or one of another version.
    pub(crate) fn open(folder: &Path, device: &Device) -> Result<Self, StoreError> {
        let path = folder.join(MODEL_FILE);
        let text = fs::read_to_string(&path).map_err(|source| StoreError::Io { path: path.clone(), source })?;
        let format = |message: String| StoreError::Format { path: path.clone(), message };
        let Description { tracesmith_model, mut generator, .. } = serde_json::from_str(&text).map_err(|error| format(error.to_string()))?;
        if tracesmith_model != VERSION {
            return Err(format(format!("it has version {tracesmith_model}, this program reads version {VERSION}")));
        }
        let Some(Value::String(kind)) = generator.shift_remove("kind") else {
            return Err(format("it does not say of which kind its generator is".into()));
        };
        Ok(Self { folder: folder.to_owned(), device: device.clone(), kind, content: generator })
    }

    /// Name of the kind of generator.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Device of the networks.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The folder, for files of the generator's own.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the generator described itself with when it was saved.
    ///
    /// # Errors
    /// [`StoreError`] if it is none of this type.
    pub fn content<T: DeserializeOwned>(&mut self) -> Result<T, StoreError> {
        serde_json::from_value(Value::Object(std::mem::take(&mut self.content))).map_err(|error| self.invalid(error))
    }

    /// The error that the description makes no sense.
    pub fn invalid(&self, message: impl Display) -> StoreError {
        StoreError::Format { path: self.folder.join(MODEL_FILE), message: message.to_string() }
    }

    /// The settings of sampling that are stored.
    pub(crate) fn sampling(&self) -> SamplingSettings {
        SamplingSettings::of(&self.content)
    }

    pub(crate) fn set_sampling(&mut self, sampling: SamplingSettings) {
        self.content.insert(SAMPLING.to_owned(), sampling.into_value());
    }
}

/// File of the weights of a network in the model folder `folder`.
pub fn weights_file(folder: &Path) -> PathBuf {
    folder.join(WEIGHTS_FILE)
}

/// Writes [`MODEL_FILE`], last of all files of a model, so that a folder with it is complete.
///
/// # Errors
/// [`StoreError`] if it cannot be written.
pub fn save(folder: &Path, kind: &'static str, content: &impl Serialize) -> Result<(), StoreError> {
    let path = folder.join(MODEL_FILE);
    let description = Written { tracesmith_model: VERSION, generator: Tagged { kind, content } };
    let json = serde_json::to_vec_pretty(&description).map_err(|error| StoreError::Io { path: path.clone(), source: error.into() })?;
    Ok(checkpoint::write(&path, &json)?)
}
