//! What a kind of generator is: settings that can be fitted on a corpus.

use std::fmt;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracesmith_model::Device;
use tracesmith_model::train::{EpochRecord, Privacy, PrivacyError};
use tracesmith_trace::Corpus;

use crate::error::{FitError, StoreError};
use crate::fitted::FittedGenerator;
use crate::profile::Abilities;
use crate::store::StoredModel;

/// The settings of one kind of generator, which can be fitted on a corpus. A line in the registry, or [`crate::register`], makes it known by
/// its name to experiments, the command line, help texts and model folders.
///
/// A table `sampling` among the settings is about drawing alone: it can be changed after the fit, and settings that differ in nothing else
/// share one fit.
pub trait Generator: fmt::Debug + Clone + PartialEq + Default + Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static {
    /// Name of the kind, e.g. `hvae`.
    const KIND: &'static str;
    /// What it is, in a sentence without a full stop.
    const SUMMARY: &'static str;

    /// What a generator that is fitted with these settings can do.
    fn capabilities(&self) -> Capabilities;

    /// Learns from `corpus`.
    ///
    /// # Errors
    /// [`FitError`] if the corpus or the settings cannot be used, or training fails.
    fn fit(&self, corpus: &Corpus, fit: Fit<'_>) -> Result<Box<dyn FittedGenerator>, FitError>;

    /// Restores what [`FittedGenerator::save`] wrote.
    ///
    /// # Errors
    /// [`StoreError`] if the content of the model folder is damaged.
    fn load(model: StoredModel) -> Result<Box<dyn FittedGenerator>, StoreError>;

    /// Epochs of training on `traces` traces; 0 for a generator that is not trained.
    fn epochs(&self, _traces: usize) -> usize {
        0
    }

    /// These settings with what the data decides, for somebody who chose none of them.
    fn suited_to(&self, _corpus: &Corpus) -> Self {
        self.clone()
    }

    /// What a training on `traces` traces promises about their privacy; `None` for one that promises nothing.
    ///
    /// # Errors
    /// [`PrivacyError`] if the settings cannot be kept, which the fit refuses too.
    fn promise(&self, _traces: usize) -> Result<Option<Privacy>, PrivacyError> {
        Ok(None)
    }

    /// What a reader of its reconstructions has to know, in a few words.
    fn reconstruction_note(&self) -> Option<&'static str> {
        None
    }

    /// Files that its traces depend on beside the training traces, e.g. a program.
    fn files(&self) -> Vec<PathBuf> {
        Vec::new()
    }
}

/// How a generator is fitted.
pub struct Fit<'a> {
    /// Seed of everything random.
    pub seed: u64,
    /// Device of the networks.
    pub device: &'a Device,
    /// File for the state of an unfinished training run.
    pub resume: Option<&'a Path>,
    /// Called after every epoch of training with the names of the loss terms.
    pub observe: &'a mut dyn FnMut(&'static [&'static str], &EpochRecord),
}

/// What a fitted generator can do beside drawing traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Capabilities {
    /// What its traces can be asked for.
    pub asked: Abilities,
    /// It encodes and decodes traces: [`crate::Reconstruct`].
    pub reconstructs: bool,
    /// It says how likely a trace is: [`crate::Likelihood`].
    pub likelihood: bool,
    /// It has a latent of a trace: [`crate::Latents`].
    pub latents: bool,
    /// Spans of the largest trace that it is fitted on unless the user says otherwise, for generators whose cost grows with the square of it.
    pub largest_trace: Option<usize>,
}
