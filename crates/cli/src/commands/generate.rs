//! `tracesmith generate`: new traces from a fitted generator.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use tracesmith_formats::{Format, format_of_name, write_corpus};
use tracesmith_generate::{Anonymous, Drawn, FittedGenerator, KAnonymity, NovelShapes, Prior, RareShapes, Request, Structure, draw, load};
use tracesmith_ingest::{CleaningConfig, IngestOptions, ingest};
use tracesmith_model::DeviceChoice;
use tracesmith_scenario::Scenario;
use tracesmith_trace::{Corpus, PseudonymMapping};

use crate::{
    arguments::{models_that, models_with, note_lost, one_of, trace_format, written_format_help},
    conditions::{ConditionArgs, given},
    sampling::{set, valid_traces},
    scenario::{ScenarioArgs, enact, rare_shapes, trace_count},
    terminal::Terminal,
};

/// Generate traces from a fitted model
///
/// Traces are decoded from the prior: no real trace is read. The same seed gives the same file.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tracesmith generate model -n 1000 --out synthetic.csv
  tracesmith generate model -n 500 --label abnormal --size fixed:12 --seed 7 --out slow.json.gz
  tracesmith generate model -n 500 --where label=abnormal,root=/api/post/compose --out posts.json.gz
  tracesmith generate model -n 100 --structure raw --out forest.csv
  tracesmith generate model -n 1000 --k-anonymity 5 --rare suppress --out shareable.parquet
  tracesmith generate model --scenario slow-dependency --out slow.pb --ground-truth truth.jsonl --faults-out faults.json")]
pub struct Args {
    /// Folder that `tracesmith fit` wrote
    #[arg(value_name = "MODEL_DIR")]
    model: PathBuf,
    /// Number of traces; a scenario with a rate has its own
    #[arg(short = 'n', long = "traces", value_name = "N", required_unless_present = "scenario", value_parser = clap::value_parser!(u32).range(1..))]
    traces: Option<u32>,
    #[command(flatten)]
    conditions: ConditionArgs,
    #[arg(long, value_name = "PATH", conflicts_with_all = ["where", "root", "label", "size", "scenario"], help = interpolate_help())]
    interpolate: Option<PathBuf>,
    /// Seed of everything random
    #[arg(long, default_value_t = 0)]
    seed: u64,
    #[arg(long, help = written_format_help("Format of the file", "any other eadro-csv"), value_name = "FORMAT", value_parser = trace_format())]
    format: Option<Format>,
    /// Temperature of the choices of names (and of the tree, of models that draw it); 0 takes the most likely [default: as fitted]
    #[arg(long, value_name = "T", value_parser = temperature)]
    temperature: Option<f64>,
    /// tree (the default): every span but the first gets its most likely earlier parent, so that the file holds valid traces.
    /// raw: the edges of the paper's decoder, often a forest; a span keeps its earliest parent only, and reading the file
    /// back drops traces with several roots
    #[arg(long, value_name = "KIND", value_parser = one_of([("tree", Structure::Tree), ("raw", Structure::Raw)]))]
    structure: Option<Structure>,
    #[arg(long, value_name = "NAME", help = prior_help(), value_parser = one_of([("standard", Prior::Standard), ("aggregate", Prior::Aggregate)]))]
    prior: Option<Prior>,
    #[arg(long, value_name = "P", help = min_p_help(), value_parser = share)]
    min_p: Option<f64>,
    #[arg(long, value_name = "SHARE", help = rare_shapes_help(), value_parser = share)]
    rare_shapes: Option<f64>,
    /// Release only shapes (trees of services and operations) that at least K training traces have; others are treated as --rare says, and left
    /// out of the way between two traces (--interpolate)
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(2..))]
    k_anonymity: Option<u32>,
    /// What becomes of traces with rarer shapes. suppress: left out. merge: replaced by others of the generator, of the same state
    #[arg(long, value_name = "HOW", default_value = "merge", requires = "k_anonymity", value_parser = one_of([("suppress", RareShapes::Suppress), ("merge", RareShapes::Merge)]))]
    rare: RareShapes,
    /// What shapes count as that no training trace has: pass (they repeat nobody) or rare
    #[arg(long, value_name = "AS", default_value = "pass", requires = "k_anonymity", value_parser = one_of([("pass", NovelShapes::Pass), ("rare", NovelShapes::Rare)]))]
    novel: NovelShapes,
    /// Give the names back to a model of `tracesmith fit --pseudonyms`: the file that its --names-out wrote
    #[arg(long, value_name = "PATH")]
    names: Option<PathBuf>,
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// auto, cpu, cuda or cuda:INDEX
    #[arg(long, default_value_t)]
    device: DeviceChoice,
    /// File to write; gzip if it ends in .gz, zstd if in .zst
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
}

fn interpolate_help() -> String {
    let only = models_that(|can| can.latents);
    format!(
        "Instead of drawing from the prior, go from the latent of the first trace of this file to that of its last one in N steps; {only}"
    )
}

fn prior_help() -> String {
    let only = models_with("prior");
    format!(
        "Where latents come from. standard: N(0, I), the paper's. aggregate: mixtures fitted to the posterior of the training traces; {only} [default: as fitted]"
    )
}

fn min_p_help() -> String {
    format!("Leave out tokens below this share of the most likely one, 0 to 1; {} [default: as fitted]", models_with("min_p"))
}

fn rare_shapes_help() -> String {
    let what = "Draw rare kinds of traces (root operation and size) more often: one of the frequency f as f^(1 − SHARE), so 0 as in the training data, \
                1 all kinds alike";
    format!("{what}; {} [default: as fitted]", models_with("rare_shapes"))
}

fn temperature(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|value| (0.0..f64::INFINITY).contains(value)).ok_or_else(|| "it must be a number, 0 or more".to_owned())
}

fn share(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|value| (0.0..=1.0).contains(value)).ok_or_else(|| "it must be a number from 0 to 1".to_owned())
}

pub fn run(args: Args, terminal: Terminal) -> anyhow::Result<()> {
    let format = args.format.or_else(|| format_of_name(&args.out)).unwrap_or(Format::EADRO_CSV);
    let scenario = args.scenario.open()?;
    let count = trace_count(args.traces.map(u64::from), scenario.as_ref())?;
    let (model, draws_rare) = open(&args, scenario.as_ref())?;
    let rule = args.k_anonymity.map(|k| KAnonymity { k: k as usize, rare: args.rare, novel: args.novel });
    let model = match rule {
        Some(rule) => Box::new(Anonymous::new(model, rule)),
        None => model,
    };
    let conditions = args.conditions.conditions()?;
    let cannot = || format!("cannot generate from {}", args.model.display());
    let (corpus, truth) = match (&args.interpolate, &scenario) {
        (Some(path), _) => (interpolate(model.as_ref(), path, count, args.seed)?, None),
        (None, Some(scenario)) => {
            let enacted = enact(scenario, model.as_ref(), draws_rare, &conditions, count, args.seed, terminal);
            let (corpus, truth) = enacted.with_context(cannot)?;
            (corpus, Some(truth))
        }
        (None, None) => {
            let Drawn { corpus, notes } = draw(model.as_ref(), &Request::new(count, args.seed).under(conditions)).with_context(cannot)?;
            notes.iter().for_each(|note| terminal.note(format_args!("note: {note}")));
            (corpus, None)
        }
    };
    let corpus = match &args.names {
        Some(path) => corpus.with_names_of(&names(path)?).with_context(|| path.display().to_string())?,
        None => corpus,
    };
    if corpus.is_empty() {
        bail!("no trace is left: every shape that was drawn is rarer than --k-anonymity allows");
    }
    let written = write_corpus(&corpus, format, &args.out)?;
    let dropped = match written.dropped_edges {
        0 => String::new(),
        edges => format!("; {edges} edges to further parents left out"),
    };
    note_lost(&written, format, terminal);
    terminal.note(format_args!("{}: {} traces, {} spans, {format}{dropped}", args.out.display(), written.traces, written.spans));
    truth.map_or(Ok(()), |truth| args.scenario.write(&truth, format, terminal))
}

fn names(path: &Path) -> anyhow::Result<PseudonymMapping> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is no mapping of pseudonyms", path.display()))
}

/// Traces on the way from the first trace of a file to its last one.
fn interpolate(model: &dyn FittedGenerator, path: &Path, steps: usize, seed: u64) -> anyhow::Result<Corpus> {
    let options =
        IngestOptions { name: "ends".into(), format: None, faults: Vec::new(), clock_offset_s: 0, cleaning: CleaningConfig::default() };
    let profile = model.profile();
    let corpus = ingest(&[path.to_owned()], &options)?.corpus;
    let corpus = corpus.with_vocabularies(&profile.services, &profile.operations);
    let corpus = corpus.with_context(|| format!("{}: the model was not fitted on such traces", path.display()))?;
    if corpus.is_empty() {
        bail!("{}: it has no trace to start from", path.display());
    }
    let latents = model.skills().latents;
    let latents = latents.with_context(|| format!("a {} model has no latent of a trace to interpolate", model.kind()))?;
    Ok(latents.interpolate(&corpus, steps, seed)?)
}

/// The model as the arguments and the scenario want it, and whether it draws rare shapes more often by itself.
fn open(args: &Args, scenario: Option<&Scenario>) -> anyhow::Result<(Box<dyn FittedGenerator>, bool)> {
    let device = args.device.open()?;
    if !args.model.is_dir() {
        bail!("there is no model folder {}: `tracesmith fit … --out {0}` makes one", args.model.display());
    }
    // Options that the model has no use for; `load` calls for its settings only if it has any.
    let mut unused = given(&settings(args).map(|(option, _, value)| (option, value.is_some())));
    let rare_shapes = args.rare_shapes.or(scenario.and_then(rare_shapes));
    let mut draws_rare = false;
    let model = load(&args.model, &device, |sampling| {
        draws_rare = valid_traces(sampling, rare_shapes);
        unused = given(&settings(args).map(|(option, name, value)| (option, set(sampling, name, value))));
    });
    let model = model.with_context(|| unusable(&args.model))?;
    if !unused.is_empty() {
        bail!("{} is a {} model, which has no {}: leave it out", args.model.display(), model.kind(), unused.join(", "));
    }
    Ok((model, draws_rare))
}

/// The options about sampling: each with the setting that it is of, and its value.
fn settings(args: &Args) -> [(&'static str, &'static str, Option<serde_json::Value>); 5] {
    let number = |value: Option<f64>| value.map(serde_json::Value::from);
    let word = |value: Option<&'static str>| value.map(serde_json::Value::from);
    [
        ("--temperature", "temperature", number(args.temperature)),
        ("--structure", "structure", word(args.structure.map(Structure::name))),
        ("--prior", "prior", word(args.prior.map(Prior::name))),
        ("--min-p", "min_p", number(args.min_p)),
        ("--rare-shapes", "rare_shapes", number(args.rare_shapes)),
    ]
}

fn unusable(folder: &Path) -> String {
    format!("cannot use the model {}", folder.display())
}
