//! The traces of an experiment: training, held out, and another run.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tracesmith_ingest::simulate::{SimulationConfig, System, simulate};
use tracesmith_ingest::{CleaningConfig, CleaningReport, IngestOptions, Manifest, Source, ingest};
use tracesmith_trace::{Corpus, derive_seed, split};

use crate::cache::hash;
use crate::config::{DataConfig, SystemConfig};
use crate::error::ExperimentError;

/// Digits of a hash that a table of results shows.
const HASH_DIGITS: usize = 16;

/// A system's run and another run of it, with the same vocabularies.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub name: String,
    pub traces: Corpus,
    pub other: Corpus,
    pub origin: Origin,
    /// Short hash of the files, or of the simulated traces, for the table of results.
    pub hash: String,
}

/// Where a run comes from, for the provenance.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Origin {
    /// Data set, file or pattern, as the experiment names it.
    pub dataset: String,
    /// What stands for another run.
    pub other: String,
    /// Hash of the files; `None` of a simulation.
    pub sha256: Option<String>,
    /// Traces that were kept.
    pub traces: usize,
    /// Their spans.
    pub spans: usize,
    /// What was left out while reading, and why.
    pub cleaning: Option<CleaningReport>,
}

/// The traces of one seed.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub system: String,
    pub training: Corpus,
    pub held_out: Corpus,
    pub other: Corpus,
    /// Hash of the three, for the keys of stages.
    pub hash: String,
}

/// Loads or simulates the run of a system, and another one of it if `with_other` says that a question needs it.
pub(crate) fn load(name: &str, system: &SystemConfig, config: &DataConfig, with_other: bool) -> Result<Run, ExperimentError> {
    let (traces, origin) = load_one(name, &system.dataset, &system.faults, config, config.seed)?;
    let (traces, other, described) = match (&system.other, simulator(&system.dataset)) {
        _ if !with_other => {
            let other = traces.empty_like().finish();
            (traces, other, "–".to_owned())
        }
        (Some(other), _) => {
            let corpus = load_one(name, other, &[], config, derive_seed(config.seed, "other run"))?.0;
            (traces, corpus, other.clone())
        }
        (None, Some(_)) => {
            let corpus = load_one(name, &system.dataset, &[], config, derive_seed(config.seed, "other run"))?.0;
            (traces, corpus, "another simulated run".to_owned())
        }
        (None, None) => {
            let (earlier, later) = cut_by_time(&traces, config.later);
            (earlier, later, format!("the last {:.0} % of the run", config.later * 100.0))
        }
    };
    let (traces, other) = traces.aligned(&other);
    if traces.len() < 10 || (with_other && other.is_empty()) {
        let message = format!("{} holds {} usable traces; at least 10 are needed, and one for the other run", system.dataset, traces.len());
        return Err(ExperimentError::Data { system: name.to_owned(), message });
    }
    let mut of_data = match &origin.sha256 {
        Some(sha256) => sha256.clone(),
        None => hash(&traces)?,
    };
    of_data.truncate(HASH_DIGITS);
    Ok(Run { name: name.to_owned(), traces, other, origin: Origin { other: described, ..origin }, hash: of_data })
}

fn load_one(name: &str, dataset: &str, faults: &[String], config: &DataConfig, seed: u64) -> Result<(Corpus, Origin), ExperimentError> {
    if let Some(system) = simulator(dataset) {
        let corpus = simulate(&SimulationConfig::new(system, config.traces, seed)).corpus;
        let corpus = corpus.filter(|trace| trace.span_count() <= config.max_spans);
        return Ok((corpus.clone(), origin(dataset, &corpus, None, None)));
    }
    let data = |message: String| ExperimentError::Data { system: name.to_owned(), message };
    let cleaning = CleaningConfig { clock_overflow: config.clock_overflow, max_spans: Some(config.max_spans), ..CleaningConfig::default() };
    let (paths, options) = match Manifest::find(dataset) {
        Ok(manifest) => {
            let located = manifest.locate().map_err(|error| data(error.to_string()))?;
            let options = located.options(dataset, cleaning);
            (located.data, options)
        }
        Err(unknown) => {
            let paths = expand(dataset).map_err(&data)?;
            if paths.is_empty() {
                return Err(data(format!("{dataset:?} is neither a file nor a data set ({unknown})")));
            }
            let faults = faults.iter().map(|fault| expand(fault)).collect::<Result<Vec<_>, _>>().map_err(&data)?.concat();
            (paths, IngestOptions { name: dataset.to_owned(), format: None, faults, clock_offset_s: 0, cleaning })
        }
    };
    let ingested = ingest(&paths, &options).map_err(|error| match ExperimentError::stage("ingest", &error) {
        ExperimentError::Stage { message, .. } => data(message),
        other => other,
    })?;
    let origin = origin(dataset, &ingested.corpus, Some(ingested.sha256), Some(ingested.report));
    Ok((ingested.corpus, origin))
}

fn origin(dataset: &str, corpus: &Corpus, sha256: Option<String>, cleaning: Option<CleaningReport>) -> Origin {
    Origin { dataset: dataset.to_owned(), other: String::new(), sha256, traces: corpus.len(), spans: corpus.span_count(), cleaning }
}

fn simulator(dataset: &str) -> Option<System> {
    match Manifest::find(dataset).ok()?.source {
        Source::Simulated { system } => Some(system),
        Source::Files { .. } => None,
    }
}

/// Files that a path or a pattern names; a path without a match is kept, so that its absence is reported by name.
fn expand(pattern: &str) -> Result<Vec<PathBuf>, String> {
    let matches = glob::glob(pattern).map_err(|error| format!("{pattern:?} is no valid pattern: {error}"))?;
    let paths: Vec<PathBuf> = matches.collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    let looks_like_a_path = pattern.contains(['/', '.']) && !pattern.contains(['*', '?', '[']);
    Ok(if paths.is_empty() && looks_like_a_path { vec![PathBuf::from(pattern)] } else { paths })
}

/// The traces before and after the point at which the last `share` of them starts.
fn cut_by_time(corpus: &Corpus, share: f64) -> (Corpus, Corpus) {
    let mut order: Vec<usize> = (0..corpus.len()).collect();
    order.sort_by_key(|&i| corpus.trace(i).start_ns);
    let cut = corpus.len() - (corpus.len() as f64 * share).round() as usize;
    (corpus.select(&order[..cut]), corpus.select(&order[cut..]))
}

impl Run {
    /// The traces of one seed: a random sample of the run, split by trace.
    pub(crate) fn prepare(&self, config: &DataConfig, seed: u64) -> Result<Prepared, ExperimentError> {
        let sample = |corpus: &Corpus, stream: &str| {
            let share = 1.0 - (config.traces as f64 / corpus.len().max(1) as f64).min(1.0);
            corpus.select(&split(corpus.len(), share, derive_seed(seed, stream)).train)
        };
        let traces = sample(&self.traces, "sample");
        let parts = split(traces.len(), config.held_out, derive_seed(seed, "held out"));
        let (training, held_out) = (traces.select(&parts.train), traces.select(&parts.held_out));
        let other = sample(&self.other, "other");
        let hash = hash(&(&training, &held_out, &other))?;
        Ok(Prepared { system: self.name.clone(), training: training.renamed(&self.name), held_out, other, hash })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_disjoint_parts_of_the_asked_sizes_and_another_run() {
        let config = DataConfig { traces: 60, ..DataConfig::default() };
        let system = SystemConfig { dataset: "trainticket-sim".into(), other: None, faults: Vec::new() };
        let run = load("tt", &system, &config, true).unwrap();
        let prepared = run.prepare(&config, 1).unwrap();
        assert_eq!((prepared.training.len(), prepared.held_out.len(), prepared.other.len()), (42, 18, 60));
        let ids = |corpus: &Corpus| corpus.traces().map(|t| t.id.to_owned()).collect::<std::collections::HashSet<_>>();
        assert!(ids(&prepared.training).is_disjoint(&ids(&prepared.held_out)));
        assert!(ids(&run.traces).is_disjoint(&ids(&prepared.other)));
        assert_eq!(run.prepare(&config, 1).unwrap().hash, prepared.hash);
        assert_ne!(run.prepare(&config, 2).unwrap().hash, prepared.hash);
    }

    #[test]
    fn an_unknown_data_set_and_a_missing_file_are_named() {
        for dataset in ["nonsense", "no/such/file.csv", "no/such/*.csv"] {
            let system = SystemConfig { dataset: dataset.into(), other: None, faults: Vec::new() };
            let error = load("sn", &system, &DataConfig::default(), true).unwrap_err().to_string();
            assert!(error.contains(dataset) && error.contains("sn"), "{error}");
        }
    }
}
