//! Where the numbers of a report come from, and all that it takes to compute them again.

mod build;
mod machine;

pub use build::Build;
pub use machine::Machine;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracesmith_generate::FileSum;
use tracesmith_model::DeviceChoice;

use crate::cache::code_versions;
use crate::data::{Origin, Run};
use crate::matrix::Variant;
use crate::{ExperimentError, ExperimentFile, RunOptions};

/// Name of the file in the folder of a report.
pub const PROVENANCE_FILE: &str = "provenance.json";
/// Version of the file's content. The first had no number.
const FORMAT: u32 = 2;
/// What "byte for byte" promises.
const COVERS: &str = "the same file, settings, data and code versions give the same metrics and traces, byte for byte, with any number of \
    threads, on one kind of processor or GPU; another kind, or another compiler, may round differently";

/// Content of `provenance.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Provenance {
    /// Version of this content.
    pub provenance: u32,
    /// Version of the program.
    pub tracesmith: String,
    /// What the program was built from; `None` of a program that does not say.
    pub build: Option<Build>,
    /// Versions of the code that computes results.
    pub code: BTreeMap<String, u32>,
    /// Where it ran.
    pub machine: Machine,
    /// Device of the networks, such as `cpu` or `cuda:0`.
    pub device: String,
    /// Path of the experiment file.
    pub file: String,
    /// Its text.
    pub toml: String,
    /// Settings that replaced those of the file, as `key=value`.
    pub set: Vec<String>,
    /// What can be expected of another run.
    pub byte_for_byte: String,
    /// When the run ended, in seconds since 1970.
    pub finished_unix_s: u64,
    /// How long it took.
    pub wall_s: f64,
    /// Largest resident memory, where the system tells it.
    pub peak_memory_bytes: Option<u64>,
    /// Data and settings of every variant.
    pub variants: Vec<VariantProvenance>,
    /// Seconds of every stage that was computed.
    pub stages_s: Vec<(String, f64)>,
}

/// Data and settings of a variant.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct VariantProvenance {
    /// Name of the variant; empty without a matrix.
    pub name: String,
    /// Where the traces of every system come from.
    pub data: Vec<(String, Origin)>,
    /// The experiment with all defaults, as this program knew them.
    pub config: Value,
    /// Files that generators depend on beside traces, with their checksums, by the name of the generator.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub programs: BTreeMap<String, Vec<FileSum>>,
}

impl Provenance {
    pub(crate) fn new(file: &ExperimentFile, options: &RunOptions, device: DeviceChoice) -> Self {
        Self {
            provenance: FORMAT,
            tracesmith: env!("CARGO_PKG_VERSION").to_owned(),
            build: options.build.clone(),
            code: code_versions().clone(),
            machine: Machine::this(device),
            device: device.to_string(),
            file: file.path.display().to_string(),
            toml: file.text.clone(),
            set: options.overrides.clone(),
            byte_for_byte: COVERS.to_owned(),
            finished_unix_s: 0,
            wall_s: 0.0,
            peak_memory_bytes: None,
            variants: Vec::new(),
            stages_s: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, variant: &Variant, runs: &[Run]) -> Result<(), ExperimentError> {
        let data = runs.iter().map(|run| (run.name.clone(), run.origin.clone())).collect();
        let config = serde_json::to_value(&variant.experiment).map_err(|error| ExperimentError::stage(PROVENANCE_FILE, &error))?;
        let generators = variant.experiment.generators.iter();
        let programs = generators.map(|(name, generator)| (name.clone(), generator.files())).filter(|(_, files)| !files.is_empty());
        self.variants.push(VariantProvenance { name: variant.name.clone(), data, config, programs: programs.collect() });
        Ok(())
    }

    pub(crate) fn finish(mut self, stages_s: Vec<(String, f64)>, wall: Duration, folder: &Path) -> Result<(), ExperimentError> {
        self.stages_s = stages_s;
        self.wall_s = wall.as_secs_f64();
        self.peak_memory_bytes = peak_memory();
        self.finished_unix_s = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let json = serde_json::to_vec_pretty(&self).map_err(|error| ExperimentError::stage(PROVENANCE_FILE, &error))?;
        Ok(tracesmith_disk::write_bytes(&folder.join(PROVENANCE_FILE), json)?)
    }

    /// Reads the provenance of the report in `folder`.
    ///
    /// # Errors
    /// [`ExperimentError::Report`] says whether there is no report, a damaged one, or one of another program.
    pub fn read(folder: &Path) -> Result<Self, ExperimentError> {
        let path = folder.join(PROVENANCE_FILE);
        let text = fs::read_to_string(&path).map_err(|source| missing(folder, path.clone(), source))?;
        let bad = |message: String| ExperimentError::Report(format!("{}: {message}", path.display()));
        let value: Value = serde_json::from_str(&text).map_err(|error| bad(format!("is damaged: {error}")))?;
        if let Some(merged) = value.get("merged_from").and_then(Value::as_array) {
            let names: Vec<&str> = merged.iter().filter_map(|part| part.get("report")?.as_str()).collect();
            return Err(bad(format!("the report is a merge of {}: ask for one of them", names.join(", "))));
        }
        match value.get("provenance").and_then(Value::as_u64) {
            None => Err(bad(of_the_first_format(&value))),
            Some(format) if format > u64::from(FORMAT) => {
                Err(bad(format!("is of format {format}, and this program reads {FORMAT}: use a newer tracesmith")))
            }
            Some(_) => serde_json::from_value(value).map_err(|error| bad(format!("is damaged: {error}"))),
        }
    }

    /// In what this run differs from another one, apart from the experiment itself: each line begins with what it is about.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut compare = |what: &str, ours: String, theirs: String| {
            if ours != theirs {
                lines.push(format!("{what}: {ours} → {theirs}"));
            }
        };
        compare("tracesmith", self.tracesmith.clone(), other.tracesmith.clone());
        for name in self.code.keys().chain(other.code.keys().filter(|name| !self.code.contains_key(*name))) {
            let version = |code: &BTreeMap<String, u32>| code.get(name).map_or_else(|| "none".to_owned(), u32::to_string);
            compare(&format!("code version of {name}"), version(&self.code), version(&other.code));
        }
        let build = |part: fn(&Build) -> String| {
            let of = |build: &Option<Build>| build.as_ref().map_or_else(|| "unknown".to_owned(), part);
            [of(&self.build), of(&other.build)]
        };
        for (what, [ours, theirs]) in [
            ("commit", build(Build::source)),
            ("rustc", build(|build| build.rustc.clone())),
            ("target", build(|build| build.target.clone())),
            ("target features", build(|build| build.target_features.clone())),
        ] {
            compare(what, ours, theirs);
        }
        compare("processor", self.machine.processor(), other.machine.processor());
        compare("processor features", self.machine.cpu_features.join(" "), other.machine.cpu_features.join(" "));
        compare("device", self.device.clone(), other.device.clone());
        let gpu = |machine: &Machine| machine.gpu.clone().unwrap_or_else(|| "none".to_owned());
        compare("GPU", gpu(&self.machine), gpu(&other.machine));
        lines
    }
}

fn missing(folder: &Path, path: PathBuf, source: io::Error) -> ExperimentError {
    if source.kind() != io::ErrorKind::NotFound && source.kind() != io::ErrorKind::NotADirectory {
        return ExperimentError::Io { path, source };
    }
    let message =
        if folder.is_dir() { format!("holds no {PROVENANCE_FILE}, so that it is no whole report") } else { "is no folder".to_owned() };
    ExperimentError::Report(format!("{} {message}; `tracesmith run` makes reports, in reports/NAME", folder.display()))
}

/// The first program kept neither the text of the file nor the settings beside it.
fn of_the_first_format(value: &Value) -> String {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    match (text("tracesmith"), text("file")) {
        (Some(version), Some(file)) => {
            format!("is of tracesmith {version}, which did not keep the experiment's text: run {file} again with `tracesmith run`")
        }
        _ => "is no provenance of a report".to_owned(),
    }
}

/// Largest resident memory of this process so far, where Linux tells it.
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

#[cfg(test)]
mod tests;
