//! From an experiment file to its report.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

use tracesmith_formats::{Format, write_corpus};
use tracesmith_generate::map_parallel;
use tracesmith_model::{Device, DeviceChoice};
use tracesmith_trace::Corpus;

use crate::cache::Cache;
use crate::data::{Prepared, Run, load};
use crate::matrix::{Variant, expand};
use crate::outcome::Outcome;
use crate::provenance::{Build, Provenance};
use crate::report::{FlatMetrics, write_report};
use crate::study::Study;
use crate::{ExperimentError, ExperimentFile, Question, sdmetrics, tables};

/// How an experiment is run.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// `key=value` with dotted keys, applied before anything is read.
    pub overrides: Vec<String>,
    /// Device of the networks.
    pub device: DeviceChoice,
    /// Folder of the report; `reports/NAME` if there is none.
    pub out: Option<PathBuf>,
    /// Folder of cached stages; `None` keeps nothing.
    pub cache: Option<PathBuf>,
    /// Stages that run at a time; 0 for one a core. On a GPU one at a time. Does not change any result.
    pub threads: usize,
    /// What the program was built from, for the provenance.
    pub build: Option<Build>,
}

/// Follows the stages of a run, of which several may be open at once.
pub trait Progress: Sync {
    /// A stage begins.
    fn begin(&self, stage: &str);
    /// An epoch of training is done.
    fn epoch(&self, stage: &str, epoch: usize, epochs: usize, message: &str);
    /// A stage ends; `cached` if its result was there already.
    fn end(&self, stage: &str, cached: bool);
}

/// What a run has to say at its end.
#[derive(Debug, Clone)]
pub struct RunSummary {
    /// Folder of the report.
    pub folder: PathBuf,
    /// The most important numbers, one a line.
    pub lines: Vec<String>,
}

/// Runs the experiment in the file at `path`.
///
/// # Errors
/// [`ExperimentError`]; the report of an earlier run is then left as it was, and finished stages stay in the cache.
pub fn run(path: &Path, options: &RunOptions, progress: &dyn Progress) -> Result<RunSummary, ExperimentError> {
    run_file(&ExperimentFile::read(path)?, options, progress)
}

/// [`run`] for a file that was read already.
///
/// # Errors
/// As [`run`].
pub fn run_file(file: &ExperimentFile, options: &RunOptions, progress: &dyn Progress) -> Result<RunSummary, ExperimentError> {
    let start = Instant::now();
    let variants = expand(file, &options.overrides)?;
    let name = file.name();
    let folder = options.out.clone().unwrap_or_else(|| Path::new("reports").join(&name));
    let choice = options.device.resolve()?;
    let device = choice.open()?;
    let io = |path: &Path, source| ExperimentError::Io { path: path.to_owned(), source };
    let scratch = tempfile::tempdir().map_err(|source| io(Path::new("temporary folder"), source))?;
    let cache = Cache::open(options.cache.as_deref().unwrap_or(scratch.path()), choice)?;
    std::fs::create_dir_all(&folder).map_err(|source| io(&folder, source))?;
    // One GPU serves one stage at a time; CPU stages are small and gain more from running side by side.
    let threads = if choice == DeviceChoice::Cpu { options.threads } else { 1 };
    let context = Context { cache: &cache, device: &device, threads, progress, times: Mutex::new(Vec::new()) };
    let mut outcomes = Vec::new();
    let mut provenance = Provenance::new(file, options, choice);
    for variant in &variants {
        let (outcome, runs) = context.study(variant, &folder)?;
        provenance.add(variant, &runs)?;
        outcomes.push((variant, outcome, runs));
    }
    let mut metrics = FlatMetrics::default();
    for (variant, outcome, _) in &outcomes {
        let prefix = if variant.name.is_empty() { String::new() } else { format!("{}.", variant.name) };
        outcome.record(&mut metrics, &prefix).map_err(|error| ExperimentError::Report(error.to_string()))?;
    }
    let mut report = tables::report(&name, &outcomes);
    report.sections.extend(sdmetrics::section(&folder, &outcomes[0].1)?);
    write_report(&report, &folder).map_err(|error| ExperimentError::stage("report", &error))?;
    metrics.write(&folder.join("metrics.json")).map_err(|error| ExperimentError::stage("metrics.json", &error))?;
    let times = context.times.into_inner().unwrap_or_default();
    provenance.finish(times, start.elapsed(), &folder)?;
    let mut lines = tables::headline(&outcomes[0].1, &outcomes[0].0.experiment);
    lines.push(format!("{}", folder.join("report.html").display()));
    Ok(RunSummary { folder, lines })
}

struct Context<'a> {
    cache: &'a Cache,
    device: &'a Device,
    threads: usize,
    progress: &'a dyn Progress,
    times: Mutex<Vec<(String, f64)>>,
}

impl Context<'_> {
    fn study(&self, variant: &Variant, folder: &Path) -> Result<(Outcome, Vec<Run>), ExperimentError> {
        let experiment = &variant.experiment;
        let systems: Vec<_> = experiment.systems.iter().collect();
        let with_other = experiment.asks(Question::Rq2) || experiment.asks(Question::Rq3);
        let runs = map_parallel(systems.len(), self.threads, |i| load(systems[i].0, systems[i].1, &experiment.data, with_other))
            .into_iter()
            .collect::<Result<Vec<Run>, _>>()?;
        let of_seed = |&seed: &u64| runs.iter().map(|run| run.prepare(&experiment.data, seed)).collect::<Result<Vec<_>, _>>();
        let prepared = experiment.seeds.iter().map(of_seed).collect::<Result<Vec<Vec<Prepared>>, _>>()?;
        let study = Study {
            experiment,
            prepared: &prepared,
            cache: self.cache,
            device: self.device,
            threads: self.threads,
            progress: self.progress,
            times: &self.times,
        };
        let outcome = study.run()?;
        write_samples(&study, &folder.join("synthetic"), &variant.name)?;
        if experiment.data.export {
            write_splits(&prepared[0], &folder.join("splits"))?;
        }
        Ok((outcome, runs))
    }
}

/// The real traces of the first seed, for checks by other tools.
fn write_splits(prepared: &[Prepared], folder: &Path) -> Result<(), ExperimentError> {
    std::fs::create_dir_all(folder).map_err(|source| ExperimentError::Io { path: folder.to_owned(), source })?;
    for Prepared { system, training, held_out, .. } in prepared {
        for (name, corpus) in [("training", training), ("held-out", held_out)] {
            write_traces(corpus, folder, &format!("{system}.{name}"))?;
        }
    }
    Ok(())
}

/// Writes traces in a format that carries their starts, if they have any.
fn write_traces(corpus: &Corpus, folder: &Path, name: &str) -> Result<(), ExperimentError> {
    let (format, extension) = if corpus.has_starts() { (Format::JaegerJson, "json.gz") } else { (Format::EadroCsv, "csv.gz") };
    write_corpus(corpus, format, &folder.join(format!("{name}.{extension}")))?;
    Ok(())
}

/// The synthetic traces of the first seed, for a look at them and for other tools.
fn write_samples(study: &Study<'_>, folder: &Path, variant: &str) -> Result<(), ExperimentError> {
    std::fs::create_dir_all(folder).map_err(|source| ExperimentError::Io { path: folder.to_owned(), source })?;
    let experiment = study.experiment;
    for (s, system) in experiment.systems.keys().enumerate() {
        for (g, generator) in experiment.generators.keys().enumerate() {
            for size in &experiment.utility.sizes {
                let Some(corpus) = study.sample_at(0, s, g, size)? else { continue };
                let variant = variant.replace(|c: char| !c.is_ascii_alphanumeric() && !"=.-_".contains(c), "_");
                let parts = [variant.as_str(), system, generator, &size.replace(':', "-")];
                let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
                write_traces(&corpus, folder, &parts.join("."))?;
            }
        }
    }
    Ok(())
}
