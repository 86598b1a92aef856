//! Where the numbers of a report come from.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use tracesmith_model::DeviceChoice;

use crate::data::{Origin, Run};
use crate::matrix::Variant;
use crate::{Experiment, ExperimentError};

/// Content of `provenance.json`.
#[derive(Debug, Serialize)]
pub(crate) struct Provenance {
    tracesmith: &'static str,
    file: String,
    device: String,
    cores: usize,
    finished_unix_s: u64,
    wall_s: f64,
    peak_memory_bytes: Option<u64>,
    variants: Vec<VariantProvenance>,
    stages_s: Vec<(String, f64)>,
}

#[derive(Debug, Serialize)]
struct VariantProvenance {
    name: String,
    data: Vec<(String, Origin)>,
    config: Experiment,
}

impl Provenance {
    pub(crate) fn new(file: &Path, device: DeviceChoice) -> Self {
        Self {
            tracesmith: env!("CARGO_PKG_VERSION"),
            file: file.display().to_string(),
            device: device.to_string(),
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            finished_unix_s: 0,
            wall_s: 0.0,
            peak_memory_bytes: None,
            variants: Vec::new(),
            stages_s: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, variant: &Variant, runs: &[Run]) {
        let data = runs.iter().map(|run| (run.name.clone(), run.origin.clone())).collect();
        self.variants.push(VariantProvenance { name: variant.name.clone(), data, config: variant.experiment.clone() });
    }

    pub(crate) fn finish(mut self, stages_s: Vec<(String, f64)>, wall: Duration, path: &Path) -> Result<(), ExperimentError> {
        self.stages_s = stages_s;
        self.wall_s = wall.as_secs_f64();
        self.peak_memory_bytes = peak_memory();
        self.finished_unix_s = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let json = serde_json::to_vec_pretty(&self).map_err(|error| ExperimentError::stage("provenance.json", &error))?;
        Ok(tracesmith_formats::write_atomically(path, |out| out.write_all(&json))?)
    }
}

/// Largest resident memory of this process so far, where Linux tells it.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}
