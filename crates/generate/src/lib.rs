//! Generators of synthetic traces. A [`Generator`] is fitted on a corpus and becomes a [`FittedGenerator`], which samples a corpus.
//!
//! No real trace is read at sampling time: what a fitted generator keeps is its weights or tables and a [`CorpusProfile`].

mod aggregate;
mod anonymous;
mod choose;
mod config;
mod error;
mod markov_tree;
mod parallel;
mod profile;
mod random_sampling;
mod rare_shapes;
mod request;
mod store;
mod structure;
mod training_data;
mod tree_hvae;
mod vae;

pub use anonymous::Anonymous;
pub use choose::{Drawn, draw};
pub use config::{FlatVaeGenerator, GeneratorConfig, HvaeGenerator, Sampling, default_generators};
pub use error::{FitError, SampleError, StoreError};
pub use markov_tree::MarkovTree;
pub use parallel::map_parallel;
pub use profile::CorpusProfile;
pub use random_sampling::{LabelDraw, RandomSampling};
pub use rare_shapes::{Anonymised, Decision, KAnonymity, MAX_ROUNDS, NovelShapes, RareShapes, ShapeCounts};
pub use request::Request;
pub use store::{MODEL_FILE, load};
pub use structure::{EdgeRule, Prior, SamplingConfig, Structure};
pub use training_data::{TrainingData, TrainingFile};
pub use tree_hvae::{Diagnostics, TreeHvaeGenerator};

use std::path::Path;

use tracesmith_model::Device;
use tracesmith_model::train::EpochRecord;
use tracesmith_trace::Corpus;

/// Something that can be fitted on a corpus.
pub trait Generator {
    /// Name of the kind, e.g. `hvae`.
    fn kind(&self) -> &'static str;

    /// Learns from `corpus`.
    ///
    /// # Errors
    /// [`FitError`] if the corpus or the configuration cannot be used, or training fails.
    fn fit(&self, corpus: &Corpus, fit: Fit<'_>) -> Result<Box<dyn FittedGenerator>, FitError>;
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

/// A fitted generator.
pub trait FittedGenerator: Send + Sync {
    /// Name of the kind, e.g. `hvae`.
    fn kind(&self) -> &'static str;

    /// What it remembers of the corpus that it was fitted on.
    fn profile(&self) -> &CorpusProfile;

    /// Draws traces. The same request gives the same corpus, whatever the number of threads.
    ///
    /// # Errors
    /// [`SampleError`] if the request asks for what the generator cannot give.
    fn sample(&self, request: &Request) -> Result<Corpus, SampleError>;

    /// Encodes and decodes the posterior mean of every trace; `None` for a generator without an encoder.
    fn reconstruct(&self, _corpus: &Corpus) -> Option<Vec<Reconstruction>> {
        None
    }

    /// What training found beside the losses, in words.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// Posterior mean of the latent of every trace, for a generator that has one.
    fn latents(&self, _corpus: &Corpus) -> Option<Vec<Vec<f64>>> {
        None
    }

    /// How badly the generator expects every trace: its negative evidence lower bound in nats a span, from one draw of the latents with a
    /// fixed stream; `None` for a generator without a likelihood, or traces that it cannot encode.
    fn trace_losses(&self, _corpus: &Corpus) -> Option<Vec<f64>> {
        None
    }

    /// `steps` traces on the straight line between the latents of the first and the last trace of `corpus`, which must have the vocabularies
    /// of the training traces; `None` for a generator without such latents, or without traces.
    fn interpolate(&self, _corpus: &Corpus, _steps: usize, _seed: u64) -> Option<Corpus> {
        None
    }

    /// Losses epoch by epoch with the names of their terms, for a trained generator.
    fn history(&self) -> Option<(&'static [&'static str], &[EpochRecord])> {
        None
    }

    /// Number of trained parameters.
    fn parameters(&self) -> usize {
        0
    }

    /// Writes the generator into `folder`, from which [`load`] restores it without any data.
    ///
    /// # Errors
    /// [`StoreError`] if a file cannot be written.
    fn save(&self, folder: &Path) -> Result<(), StoreError>;
}

/// A trace as a generator reconstructs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Reconstruction {
    /// Most likely service of every span.
    pub services: Vec<u32>,
    /// Most likely operation of every span.
    pub operations: Vec<u32>,
    /// Duration of every span in µs.
    pub durations_us: Vec<f64>,
    /// (parent, child) pairs whose probability is above the threshold.
    pub edges: Vec<(usize, usize)>,
}
