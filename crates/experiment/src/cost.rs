//! What a generator costs. Times hang on the machine and on what else it does: they are for reports, not among the metrics.

use std::fs;
use std::path::Path;
use std::time::Instant;

use tracesmith_generate::{FittedGenerator, Request, SampleError};

/// File beside a model with the seconds of its training.
const SECONDS_FILE: &str = "training.seconds";
/// Traces that are drawn to see how fast.
const TRACES: usize = 256;

/// What a generator of the first seed costs.
#[derive(Debug)]
pub(crate) struct Cost {
    pub system: String,
    pub generator: String,
    pub parameters: usize,
    /// Of the last stretch of a training that was interrupted; `None` for a model whose time nobody took.
    pub training_seconds: Option<f64>,
    /// On one thread.
    pub traces_per_second: f64,
}

impl Cost {
    /// Takes the time of drawing traces from the model in `folder`.
    pub(crate) fn of(system: &str, generator: &str, model: &dyn FittedGenerator, folder: &Path) -> Result<Self, SampleError> {
        let request = Request::new(TRACES, 0).on_threads(1);
        let start = Instant::now();
        let drawn = model.sample(&request)?.len();
        Ok(Self {
            system: system.to_owned(),
            generator: generator.to_owned(),
            parameters: model.training().parameters,
            training_seconds: fs::read_to_string(folder.join(SECONDS_FILE)).ok().and_then(|text| text.trim().parse().ok()),
            traces_per_second: drawn as f64 / start.elapsed().as_secs_f64().max(1e-9),
        })
    }
}

/// Notes how long a model was trained. Without the note the report has no time, which is no reason to fail.
pub(crate) fn note_training(folder: &Path, seconds: f64) {
    if let Err(error) = fs::write(folder.join(SECONDS_FILE), format!("{seconds:.2}\n")) {
        tracing::warn!("cannot note the training time in {}: {error}", folder.display());
    }
}
