//! The settings of any generator, as a configuration file names them.

use std::any::Any;
use std::fmt;
use std::path::PathBuf;

use serde::{Serialize, Serializer, ser};
use serde_json::{Map, Value};
use tracesmith_model::train::{Privacy, PrivacyError};
use tracesmith_trace::Corpus;

use crate::error::FitError;
use crate::file_sums::{FileSum, file_sum};
use crate::fitted::FittedGenerator;
use crate::generator::{Capabilities, Fit, Generator};
use crate::sampling_settings::{SAMPLING, SamplingSettings};

/// The settings of a generator of any kind: in a file, its `kind` and the settings of that kind.
#[derive(Debug)]
pub struct GeneratorConfig(Box<dyn Settings>);

/// [`Generator`] without its type.
trait Settings: fmt::Debug + Any + Send + Sync {
    fn kind(&self) -> &'static str;
    fn copied(&self) -> Box<dyn Settings>;
    fn equals(&self, other: &dyn Settings) -> bool;
    fn content(&self) -> serde_json::Result<Map<String, Value>>;
    fn fitting(&self) -> serde_json::Result<Box<dyn Settings>>;
    fn suited_to(&self, corpus: &Corpus) -> Box<dyn Settings>;
    fn capabilities(&self) -> Capabilities;
    fn fit(&self, corpus: &Corpus, fit: Fit<'_>) -> Result<Box<dyn FittedGenerator>, FitError>;
    fn epochs(&self, traces: usize) -> usize;
    fn promise(&self, traces: usize) -> Result<Option<Privacy>, PrivacyError>;
    fn reconstruction_note(&self) -> Option<&'static str>;
    fn files(&self) -> Vec<PathBuf>;
}

impl<G: Generator> Settings for G {
    fn kind(&self) -> &'static str {
        G::KIND
    }

    fn copied(&self) -> Box<dyn Settings> {
        Box::new(self.clone())
    }

    fn equals(&self, other: &dyn Settings) -> bool {
        (other as &dyn Any).downcast_ref::<G>() == Some(self)
    }

    fn content(&self) -> serde_json::Result<Map<String, Value>> {
        content(self)
    }

    fn fitting(&self) -> serde_json::Result<Box<dyn Settings>> {
        let mut settings = content(self)?;
        if let Some(default) = content(&G::default())?.shift_remove(SAMPLING) {
            settings.insert(SAMPLING.to_owned(), default);
        }
        Ok(Box::new(serde_json::from_value::<G>(Value::Object(settings))?))
    }

    fn suited_to(&self, corpus: &Corpus) -> Box<dyn Settings> {
        Box::new(Generator::suited_to(self, corpus))
    }

    fn capabilities(&self) -> Capabilities {
        Generator::capabilities(self)
    }

    fn fit(&self, corpus: &Corpus, fit: Fit<'_>) -> Result<Box<dyn FittedGenerator>, FitError> {
        Generator::fit(self, corpus, fit)
    }

    fn epochs(&self, traces: usize) -> usize {
        Generator::epochs(self, traces)
    }

    fn promise(&self, traces: usize) -> Result<Option<Privacy>, PrivacyError> {
        Generator::promise(self, traces)
    }

    fn reconstruction_note(&self) -> Option<&'static str> {
        Generator::reconstruction_note(self)
    }

    fn files(&self) -> Vec<PathBuf> {
        Generator::files(self)
    }
}

fn content(settings: &impl Generator) -> serde_json::Result<Map<String, Value>> {
    match serde_json::to_value(settings)? {
        Value::Object(content) => Ok(content),
        _ => Err(ser::Error::custom("the settings of a generator are a table")),
    }
}

impl GeneratorConfig {
    /// These settings.
    pub fn new(settings: impl Generator) -> Self {
        Self(Box::new(settings))
    }

    /// The settings, if they are those of a `G`.
    pub fn get<G: Generator>(&self) -> Option<&G> {
        (&*self.0 as &dyn Any).downcast_ref()
    }

    /// Name of the kind, e.g. `hvae`.
    pub fn kind(&self) -> &'static str {
        self.0.kind()
    }

    /// What a generator that is fitted with these settings can do.
    pub fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }

    /// Learns from `corpus`.
    ///
    /// # Errors
    /// [`FitError`] if the corpus or the settings cannot be used, or training fails.
    pub fn fit(&self, corpus: &Corpus, fit: Fit<'_>) -> Result<Box<dyn FittedGenerator>, FitError> {
        self.0.fit(corpus, fit)
    }

    /// How traces are drawn; empty for a generator that cannot be told.
    pub fn sampling(&self) -> SamplingSettings {
        self.0.content().map(|content| SamplingSettings::of(&content)).unwrap_or_default()
    }

    /// The part that fitting depends on: configurations that differ in sampling alone share one fitted generator.
    pub fn fitting(&self) -> Self {
        // Settings that no file can hold, such as a NaN, are refused by the fit.
        self.0.fitting().map_or_else(|_| self.clone(), Self)
    }

    /// These settings with what the data decides, for somebody who chose none of them.
    pub fn suited_to(&self, corpus: &Corpus) -> Self {
        Self(self.0.suited_to(corpus))
    }

    /// Epochs of training on `traces` traces; 0 for a generator that is not trained.
    pub fn epochs(&self, traces: usize) -> usize {
        self.0.epochs(traces)
    }

    /// What a training on `traces` traces promises about their privacy; `None` for one that promises nothing.
    ///
    /// # Errors
    /// [`PrivacyError`] if the settings cannot be kept, which the fit refuses too.
    pub fn promise(&self, traces: usize) -> Result<Option<Privacy>, PrivacyError> {
        self.0.promise(traces)
    }

    /// What a reader of its reconstructions has to know, in a few words.
    pub fn reconstruction_note(&self) -> Option<&'static str> {
        self.0.reconstruction_note()
    }

    /// Files that its traces depend on beside the training traces, e.g. a program, with their checksums.
    pub fn files(&self) -> Vec<FileSum> {
        self.0.files().into_iter().map(file_sum).collect()
    }
}

impl Clone for GeneratorConfig {
    fn clone(&self) -> Self {
        Self(self.0.copied())
    }
}

impl PartialEq for GeneratorConfig {
    fn eq(&self, other: &Self) -> bool {
        self.0.equals(&*other.0)
    }
}

impl Serialize for GeneratorConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let content = self.0.content().map_err(ser::Error::custom)?;
        serializer.collect_map(
            std::iter::once(("kind", &Value::from(self.kind()))).chain(content.iter().map(|(key, value)| (key.as_str(), value))),
        )
    }
}
