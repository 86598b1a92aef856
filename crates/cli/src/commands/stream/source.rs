//! Where the traces of a stream come from.

use std::path::PathBuf;

use anyhow::{Context, bail};
use tracesmith_formats::{Format, corpus_records};
use tracesmith_generate::{FittedGenerator, MODEL_FILE, Request, draw, load};
use tracesmith_live::{SourceError, content_version, read_traces};
use tracesmith_model::DeviceChoice;
use tracesmith_scenario::{GroundTruth, Scenario};
use tracesmith_trace::{Conditions, Corpus, SpanRecord, derive_seed};

use super::arguments::Args;
use crate::{
    sampling::valid_traces,
    scenario::{enact, rare_shapes, trace_count},
    terminal::Terminal,
};

/// Traces that a model samples at a time: memory holds so many.
const SAMPLED_TOGETHER: usize = 256;

/// Format of which traces get the ids that they are sent with.
pub const SENT_AS: Format = Format::OTLP_PROTOBUF;

/// A fitted model, what became of its traces in a scenario, or the traces of a file.
pub enum Source {
    /// Traces of these conditions without end.
    Model { folder: PathBuf, model: Box<dyn FittedGenerator>, conditions: Conditions },
    /// All traces of a scenario, by start, of a model of `system`; with a time line they have planned starts.
    Scenario { folder: PathBuf, system: String, has_time_line: bool, truth: GroundTruth, traces: Vec<Vec<SpanRecord>> },
    /// Traces by start.
    File { path: PathBuf, traces: Vec<Vec<SpanRecord>> },
}

pub type Traces = Box<dyn Iterator<Item = Result<Vec<SpanRecord>, SourceError>> + Send>;

/// Opens a folder as a model, whose scenario happens here and now, and anything else as a trace file.
pub fn open(args: &Args, terminal: Terminal) -> anyhow::Result<Source> {
    if args.source.is_dir() { open_model(args, terminal) } else { open_file(args) }
}

fn open_model(args: &Args, terminal: Terminal) -> anyhow::Result<Source> {
    let scenario = args.scenario.open()?;
    if args.scenario.wants_windows() {
        bail!(
            "a stream moves traces to the time at which they are sent, where the fault windows of the scenario are wrong: use --ground-truth, \
             which names traces and spans by id, or `tracesmith generate --faults-out`"
        );
    }
    let (model, draws_rare) = load_model(args, scenario.as_ref())?;
    let folder = args.source.clone();
    let cannot = || format!("cannot stream from {}", args.source.display());
    let Some(scenario) = scenario else {
        let conditions = args.conditions.conditions()?;
        if !conditions.is_empty() {
            // Conditions that the model cannot meet are said before anything is sent.
            let drawn = draw(model.as_ref(), &Request::new(1, args.seed).under(conditions.clone())).with_context(cannot)?;
            drawn.notes.iter().for_each(|note| terminal.note(format_args!("note: {note}")));
        }
        return Ok(Source::Model { folder, model, conditions });
    };
    let count = trace_count(args.traces, Some(&scenario))?;
    let enacted = enact(&scenario, model.as_ref(), draws_rare, &args.conditions.conditions()?, count, args.seed, terminal);
    let (corpus, truth) = enacted.with_context(cannot)?;
    let system = model.profile().name.clone();
    Ok(Source::Scenario { folder, system, has_time_line: scenario.duration_s.is_some(), truth, traces: by_start(&corpus) })
}

/// The model with the settings that `tracesmith generate` has without options, and whether it draws rare shapes more often by itself.
fn load_model(args: &Args, scenario: Option<&Scenario>) -> anyhow::Result<(Box<dyn FittedGenerator>, bool)> {
    let device = DeviceChoice::default().open()?;
    let mut draws_rare = false;
    let model = load(&args.source, &device, |sampling| draws_rare = valid_traces(sampling, scenario.and_then(rare_shapes)));
    Ok((model.with_context(|| format!("cannot use the model {}", args.source.display()))?, draws_rare))
}

fn open_file(args: &Args) -> anyhow::Result<Source> {
    let path = &args.source;
    let unused = [args.conditions.given(), args.scenario.given()].concat();
    if !unused.is_empty() {
        bail!(
            "{} is no model folder, and traces of a file are sent as they are: leave out {}, or give the folder that `tracesmith fit` wrote",
            path.display(),
            unused.join(", ")
        );
    }
    let traces = read_traces(path, args.from)?.traces;
    if traces.is_empty() {
        bail!("{} has no span", path.display());
    }
    Ok(Source::File { path: path.clone(), traces })
}

impl Source {
    /// Name of the data.
    pub fn name(&self) -> String {
        match self {
            Self::Model { model, .. } => format!("{}-synthetic", model.profile().name),
            Self::Scenario { system, .. } => format!("{system}-synthetic"),
            Self::File { path, .. } => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                name.split('.').find(|part| !part.is_empty()).unwrap_or("traces").to_owned()
            }
        }
    }

    /// Version of the data: its hash.
    pub fn version(&self) -> anyhow::Result<String> {
        let path = match self {
            Self::Model { folder, .. } | Self::Scenario { folder, .. } => folder.join(MODEL_FILE),
            Self::File { path, .. } => path.clone(),
        };
        content_version(&path).with_context(|| format!("cannot read {}", path.display()))
    }

    /// What a scenario did to the traces.
    pub fn truth(&self) -> Option<&GroundTruth> {
        match self {
            Self::Scenario { truth, .. } => Some(truth),
            Self::Model { .. } | Self::File { .. } => None,
        }
    }

    /// Whether a scenario planned when the traces begin.
    pub fn has_time_line(&self) -> bool {
        matches!(self, Self::Scenario { has_time_line: true, .. })
    }

    /// When each trace of a file or a scenario began, in nanoseconds since the Unix epoch.
    pub fn starts_ns(&self) -> Option<Vec<i64>> {
        match self {
            Self::Model { .. } => None,
            Self::Scenario { traces, .. } | Self::File { traces, .. } => Some(traces.iter().map(|trace| start_ns(trace)).collect()),
        }
    }

    /// The traces: those of a scenario once, those of a file once or again and again, those of a model always without end.
    pub fn traces(self, seed: u64, is_once: bool) -> Traces {
        match self {
            Self::Scenario { traces, .. } => Box::new(traces.into_iter().map(Ok)),
            Self::File { traces, .. } if is_once => Box::new(traces.into_iter().map(Ok)),
            Self::File { traces, .. } => Box::new((0..).map(move |trace: usize| Ok(traces[trace % traces.len()].clone()))),
            Self::Model { model, conditions, .. } => {
                Box::new((0..).flat_map(move |chunk: u64| match sample(model.as_ref(), &conditions, seed, chunk) {
                    Ok(traces) => traces.into_iter().map(Ok).collect(),
                    Err(error) => vec![Err(error)],
                }))
            }
        }
    }
}

/// Samples traces as `tracesmith generate` does, by start.
fn sample(model: &dyn FittedGenerator, conditions: &Conditions, seed: u64, chunk: u64) -> Result<Vec<Vec<SpanRecord>>, SourceError> {
    let seed = derive_seed(seed, &format!("chunk {chunk} of a stream"));
    Ok(by_start(&draw(model, &Request::new(SAMPLED_TOGETHER, seed).under(conditions.clone()))?.corpus))
}

fn by_start(corpus: &Corpus) -> Vec<Vec<SpanRecord>> {
    let mut traces: Vec<Vec<SpanRecord>> = corpus_records(corpus, SENT_AS).collect();
    traces.sort_by_key(|trace| start_ns(trace));
    traces
}

/// Earliest start of a span.
fn start_ns(trace: &[SpanRecord]) -> i64 {
    trace.iter().map(|span| span.start_ns).min().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_of_a_file_come_once_or_again_and_again() {
        let trace = |id: &str| vec![SpanRecord { trace_id: id.into(), ..SpanRecord::default() }];
        let ids = |is_once| -> Vec<String> {
            let file = Source::File { path: "x.json".into(), traces: vec![trace("a"), trace("b")] };
            file.traces(0, is_once).take(5).map(|trace| trace.unwrap()[0].trace_id.clone()).collect()
        };
        assert_eq!(ids(true), ["a", "b"]);
        assert_eq!(ids(false), ["a", "b", "a", "b", "a"]);
    }
}
