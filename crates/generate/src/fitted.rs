//! What a fitted generator can do: draw traces, and maybe reconstruct them, weigh them, and encode them as latents.

use std::path::Path;

use tracesmith_model::train::EpochRecord;
use tracesmith_trace::Corpus;

use crate::error::{EncodeError, SampleError, StoreError};
use crate::profile::CorpusProfile;
use crate::request::Request;

/// Draws traces.
pub trait Sample: Send + Sync {
    /// Draws traces. The same request gives the same corpus, whatever the number of threads.
    ///
    /// # Errors
    /// [`SampleError`] if the request asks for what the generator cannot give.
    fn sample(&self, request: &Request) -> Result<Corpus, SampleError>;
}

/// Encodes and decodes traces.
pub trait Reconstruct {
    /// What is decoded from the posterior mean of every trace; `None` for a trace whose reconstruction must not be released.
    ///
    /// # Errors
    /// [`EncodeError`] if a trace cannot be encoded.
    fn reconstruct(&self, corpus: &Corpus) -> Result<Vec<Option<Reconstruction>>, EncodeError>;
}

/// Says how likely traces are.
pub trait Likelihood {
    /// How badly the generator expects every trace: its negative evidence lower bound in nats a span, from one draw of the latents with a
    /// fixed stream.
    ///
    /// # Errors
    /// [`EncodeError`] if a trace cannot be encoded.
    fn trace_losses(&self, corpus: &Corpus) -> Result<Vec<f64>, EncodeError>;
}

/// Has a latent of a trace that says what the trace is.
pub trait Latents {
    /// Posterior mean of the latent of every trace.
    ///
    /// # Errors
    /// [`EncodeError`] if a trace cannot be encoded.
    fn latents(&self, corpus: &Corpus) -> Result<Vec<Vec<f64>>, EncodeError>;

    /// Traces on the straight line between the latents of the first and the last trace of `corpus`, which must have the vocabularies of the
    /// training traces; `steps` of them, or fewer where some must not be released.
    ///
    /// # Errors
    /// [`EncodeError`] if there is no trace, or one cannot be encoded.
    fn interpolate(&self, corpus: &Corpus, steps: usize, seed: u64) -> Result<Corpus, EncodeError>;
}

/// A fitted generator.
pub trait FittedGenerator: Sample {
    /// Name of the kind, e.g. `hvae`.
    fn kind(&self) -> &'static str;

    /// What it remembers of the corpus that it was fitted on.
    fn profile(&self) -> &CorpusProfile;

    /// What it can do beside drawing traces.
    fn skills(&self) -> Skills<'_>;

    /// How its training went.
    fn training(&self) -> Training<'_>;

    /// Writes the generator into `folder`, from which [`crate::load`] restores it without any data.
    ///
    /// # Errors
    /// [`StoreError`] if a file cannot be written.
    fn save(&self, folder: &Path) -> Result<(), StoreError>;
}

/// What a fitted generator can do beside drawing traces. A wrapper names every field, so that none slips past its rule.
#[derive(Clone, Copy, Default)]
pub struct Skills<'a> {
    /// For a generator with an encoder.
    pub reconstruct: Option<&'a dyn Reconstruct>,
    /// For a generator with a likelihood.
    pub likelihood: Option<&'a dyn Likelihood>,
    /// For a generator with a latent of a trace.
    pub latents: Option<&'a dyn Latents>,
}

/// How the training of a generator went; empty for one that is not trained.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Training<'a> {
    /// Names of the terms of the loss.
    pub terms: &'static [&'static str],
    /// Losses epoch by epoch.
    pub history: &'a [EpochRecord],
    /// Number of trained parameters.
    pub parameters: usize,
    /// What there is to know beside the losses, in words.
    pub notes: Vec<String>,
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
