//! A generator that is another program, or a set of ready samples.

mod answer;
mod files;
mod model;
mod program;
mod settings;

use std::path::PathBuf;

use tracesmith_trace::Corpus;

use crate::error::{FitError, StoreError};
use crate::fitted::FittedGenerator;
use crate::generator::{Capabilities, Fit, Generator};
use crate::store::StoredModel;

pub use settings::External;

impl Generator for External {
    const KIND: &'static str = "external";
    const SUMMARY: &'static str = "another program, by commands for fit and sample in a config, or a folder of ready samples";

    fn capabilities(&self) -> Capabilities {
        Capabilities { asked: self.abilities(), ..Capabilities::default() }
    }

    fn fit(&self, corpus: &Corpus, how: Fit<'_>) -> Result<Box<dyn FittedGenerator>, FitError> {
        self.check()?;
        if corpus.is_empty() {
            return Err(FitError::Empty);
        }
        Ok(Box::new(model::fit(self, corpus, how.seed)?))
    }

    fn load(model: StoredModel) -> Result<Box<dyn FittedGenerator>, StoreError> {
        Ok(Box::new(model::load(model)?))
    }

    fn files(&self) -> Vec<PathBuf> {
        files::all(self)
    }
}
