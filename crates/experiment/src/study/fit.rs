//! Fitting generators, loading fitted ones and drawing from them.

use std::time::Instant;

use tracesmith_generate::{Fit, FittedGenerator, MODEL_FILE, Request, SamplingSettings, load};
use tracesmith_trace::{Corpus, SizeMode, derive_seed};

use super::context::{Place, Study};
use crate::cache::{Cache, Stage};
use crate::cost;
use crate::error::ExperimentError;

impl Study<'_> {
    pub(super) fn fit(&self, place: Place) -> Result<(), ExperimentError> {
        let title = self.title("fit", place);
        self.timed(&title, || {
            let folder = self.folder(place)?;
            if folder.join(MODEL_FILE).exists() {
                Cache::note_use(&folder);
                return Ok(((), true));
            }
            self.cache.describe(&folder, Stage::Fit, &title)?;
            let (config, training) = (self.generator(place.generator).1.fitting(), self.training(place));
            let epochs = config.epochs(training.len());
            let mut observe = |terms: &'static [&'static str], record: &tracesmith_model::train::EpochRecord| {
                let parts: Vec<String> = terms.iter().zip(&record.terms).map(|(name, value)| format!("{name} {value:.3}")).collect();
                self.progress.epoch(&title, record.epoch, epochs, &format!("loss {:.3}  {}", record.total, parts.join("  ")));
            };
            let resume = folder.join("training.state");
            let fit = Fit { seed: self.seed(place), device: self.device, resume: Some(&resume), observe: &mut observe };
            let start = Instant::now();
            let fitted = config.fit(&training, fit).map_err(|error| ExperimentError::stage(&title, &error))?;
            fitted.save(&folder).map_err(|error| ExperimentError::stage(&title, &error))?;
            cost::note_training(&folder, start.elapsed().as_secs_f64());
            Ok(((), false))
        })
    }

    pub(super) fn load(&self, place: Place) -> Result<Box<dyn FittedGenerator>, ExperimentError> {
        self.load_with(place, |_| ())
    }

    /// The fitted generator with the sampling settings of the experiment, changed by `adjust`.
    pub(super) fn load_with(
        &self,
        place: Place,
        adjust: impl FnOnce(&mut SamplingSettings),
    ) -> Result<Box<dyn FittedGenerator>, ExperimentError> {
        let config = self.generator(place.generator).1;
        let adjust = |sampling: &mut SamplingSettings| {
            *sampling = config.sampling();
            adjust(sampling);
        };
        load(&self.folder(place)?, self.device, adjust).map_err(|error| ExperimentError::stage(&self.title("load", place), &error))
    }

    /// As many synthetic traces as there are training traces; `None` of a generator that no question needs.
    pub(crate) fn sample_at(&self, seed: usize, system: usize, generator: usize, size: &str) -> Result<Option<Corpus>, ExperimentError> {
        let place = Place::new(seed, system, generator);
        if self.is_needed(place) { self.sample(place, size).map(Some) } else { Ok(None) }
    }

    pub(super) fn sample(&self, place: Place, size: &str) -> Result<Corpus, ExperimentError> {
        let training = &self.traces(place).training;
        let title = self.title(&format!("sample ({size})"), place);
        let mode = match size {
            "fixed" => SizeMode::Fixed(median_size(training)),
            text => text.parse().map_err(|message| ExperimentError::Stage { stage: title.clone(), message })?,
        };
        let request = Request::new(training.len(), derive_seed(self.seed(place), "sample")).with_size(mode).on_threads(1);
        let inputs = (self.fit_inputs(place), self.generator(place.generator).1, mode, request.count, request.seed);
        let draw = || self.load(place)?.sample(&request).map_err(|error| ExperimentError::stage(&title, &error));
        Ok(self.cache.fetch(Stage::Sample, &title, &inputs, draw)?.0)
    }
}

fn median_size(corpus: &Corpus) -> usize {
    let mut sizes: Vec<usize> = corpus.traces().map(|trace| trace.span_count()).collect();
    sizes.sort_unstable();
    sizes[sizes.len() / 2]
}
