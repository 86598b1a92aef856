//! From an experiment file to its report.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

use tracesmith_generate::map_parallel;
use tracesmith_model::{Device, DeviceChoice};

use crate::cache::Cache;
use crate::config::Question;
use crate::data::{Prepared, Run, load};
use crate::error::ExperimentError;
use crate::experiment_file::ExperimentFile;
use crate::export::{write_samples, write_splits};
use crate::matrix::{Variant, expand};
use crate::options::RunOptions;
use crate::outcome::Outcome;
use crate::progress::Progress;
use crate::provenance::Provenance;
use crate::reference::{Bound, paper};
use crate::report::write_report;
use crate::results::{self, Results};
use crate::sections::{self, Findings};
use crate::study::Study;

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
    let context = Context { name: &name, cache: &cache, device: &device, threads, progress, times: Mutex::new(Vec::new()) };
    let mut outcomes = Vec::new();
    let mut provenance = Provenance::new(file, options, choice);
    for variant in &variants {
        let (outcome, runs) = context.study(variant, &folder)?;
        provenance.add(variant, &runs)?;
        outcomes.push((variant, outcome, runs));
    }
    let results: Results = outcomes.iter().flat_map(|(_, outcome, _)| outcome.results.rows().iter().cloned()).collect();
    let metrics = results.flat().map_err(|error| ExperimentError::Report(error.to_string()))?;
    let bound: Vec<Bound<'_>> = outcomes.iter().map(|(.., runs)| Bound::of(paper(), runs)).collect();
    let mut findings = Vec::new();
    for ((variant, outcome, runs), bound) in outcomes.iter().zip(&bound) {
        findings.push(Findings { variant: &variant.name, experiment: &variant.experiment, outcome, runs, bound });
    }
    let report = sections::report(&name, &findings, &folder)?;
    write_report(&report, &folder).map_err(|error| ExperimentError::stage("report", &error))?;
    sections::write_tell_tales(&findings, &folder)?;
    results.write(&folder.join(results::FILE)).map_err(|error| ExperimentError::stage(results::FILE, &error))?;
    metrics.write(&folder.join("metrics.json")).map_err(|error| ExperimentError::stage("metrics.json", &error))?;
    let times = context.times.into_inner().unwrap_or_default();
    provenance.finish(times, start.elapsed(), &folder)?;
    let mut lines = sections::lines(&findings[0]);
    lines.push(format!("{}", folder.join("report.html").display()));
    Ok(RunSummary { folder, lines })
}

struct Context<'a> {
    /// Name of the experiment.
    name: &'a str,
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
        let data: Vec<String> = runs.iter().map(|run| run.hash.clone()).collect();
        let study = Study {
            names: (self.name, &variant.name),
            experiment,
            data: &data,
            prepared: &prepared,
            cache: self.cache,
            device: self.device,
            threads: self.threads,
            progress: self.progress,
            times: &self.times,
        };
        let mut outcome = study.run()?;
        outcome.results.extend(Bound::of(paper(), &runs).rows(self.name, &variant.name));
        write_samples(&study, &folder.join("synthetic"), &variant.name)?;
        if experiment.data.export {
            write_splits(&prepared[0], &folder.join("splits"))?;
        }
        Ok((outcome, runs))
    }
}
