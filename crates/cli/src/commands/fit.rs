//! `tracesmith fit`: from traces to a model folder.

mod config;
mod data;
mod model_folder;
mod training;

use std::path::PathBuf;

use tracesmith_formats::Format;
use tracesmith_generate::{Fit, FittedGenerator, Generator, GeneratorConfig, default_generators};
use tracesmith_ingest::{ClockOverflow, Manifest};
use tracesmith_model::DeviceChoice;
use tracesmith_trace::{Corpus, Label};

use crate::{
    arguments::{formats, one_of},
    progress::{epoch_bar, loss_line},
    terminal::Terminal,
};
use data::Data;
use model_folder::ModelFolder;

/// Most spans of a trace that a VAE is fitted on unless `--max-spans` says otherwise: its decoder compares all pairs of spans.
const VAE_MAX_SPANS: usize = 64;

/// Fit a generator on traces
///
/// What is dropped from the data is counted on standard error. A fit that was killed goes on where it was when the same command runs again.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("data").required(true)), after_help = "\
Examples:
  tracesmith fit --input traces.csv --faults faults.json --generator hvae --out model
  tracesmith fit --input day1.csv.gz day2.csv.gz --generator flat-vae --config small.toml --seed 7 --out flat
  tracesmith fit --dataset trainticket-sim --traces 2000 --generator random-sampling --out baseline
  tracesmith fit --input traces.csv --generator tree-hvae --pseudonyms salt --names-out names.json --out shareable

A config has the tables [model], [train] and [sampling] of the generator; what it leaves out keeps its default, for example:
  [train]
  epochs = 30
  [model]
  skip = false")]
pub struct Args {
    /// Trace files of one data set, plain or gzip; traces may be spread over them
    #[arg(long, value_name = "PATH", num_args = 1.., group = "data")]
    input: Vec<PathBuf>,
    /// A data set by name (see `tracesmith datasets list`) instead of files
    #[arg(long, value_name = "NAME", value_parser = Manifest::find, group = "data")]
    dataset: Option<Manifest>,
    /// Number of traces of a simulated data set [default: 1000]
    #[arg(long, value_name = "N", conflicts_with = "input", value_parser = clap::value_parser!(u32).range(1..))]
    traces: Option<u32>,
    /// Format of the input [default: detected]
    #[arg(long, value_name = "FORMAT", requires = "input", value_parser = one_of(formats()))]
    format: Option<Format>,
    /// Fault files (Eadro's or Nezha's JSON): traces inside a fault window are labelled with it
    #[arg(long, value_name = "PATH", num_args = 1.., requires = "input")]
    faults: Vec<PathBuf>,
    /// What to fit
    #[arg(long, value_name = "NAME", value_parser = one_of(default_generators()))]
    generator: GeneratorConfig,
    /// TOML file with settings of the generator [default: the paper's; hvae is conditional if the data has both normal and abnormal traces]
    #[arg(long, value_name = "TOML")]
    config: Option<PathBuf>,
    /// Seed of everything random
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// auto, cpu, cuda or cuda:INDEX
    #[arg(long, default_value_t)]
    device: DeviceChoice,
    /// Leave out traces with more spans [default: 64 for the VAEs, whose decoders compare all pairs of spans; else no limit]
    #[arg(long, value_name = "K")]
    max_spans: Option<usize>,
    /// What happens to impossible durations (a span that outlasts its parent by more than a second): keep, drop-duration (0 µs), or repair
    /// (between its children and its parent)
    #[arg(long, value_name = "HOW", default_value = "keep", value_parser = one_of(treatments()))]
    clock_overflow: ClockOverflow,
    /// Replace the names of services and operations by pseudonyms before anything is learnt: a file with a secret salt of 16 bytes or more
    /// (e.g. `openssl rand -hex 16`). The same salt gives the same pseudonyms
    #[arg(long, value_name = "SALT_FILE", requires = "names_out")]
    pseudonyms: Option<PathBuf>,
    /// File for what the pseudonyms stand for, to be kept apart from the model
    #[arg(long, value_name = "PATH", requires = "pseudonyms")]
    names_out: Option<PathBuf>,
    /// Folder to write the model to
    #[arg(long, value_name = "MODEL_DIR")]
    out: PathBuf,
    /// Replace the model that is there
    #[arg(long)]
    force: bool,
}

fn treatments() -> [(&'static str, ClockOverflow); 3] {
    [("keep", ClockOverflow::Keep), ("drop-duration", ClockOverflow::DropDuration), ("repair", ClockOverflow::Repair)]
}

pub fn run(mut args: Args, terminal: Terminal) -> anyhow::Result<()> {
    let device = args.device.open()?;
    if let Some(path) = &args.config {
        args.generator = config::read(args.generator, path)?;
    }
    let folder = ModelFolder::open(&args.out, args.force)?;
    let Data { corpus, training } = data::read(&args, max_spans(&args), terminal)?;
    let corpus = match (&args.pseudonyms, &args.names_out) {
        (Some(salt), Some(names_out)) => data::pseudonymised(&corpus, salt, names_out)?,
        _ => corpus,
    };
    if let (GeneratorConfig::Hvae(hvae), None) = (&mut args.generator, &args.config) {
        hvae.model.conditional = has_both_labels(&corpus);
    }
    folder.create()?;
    let bars = terminal.bars();
    let bar = epoch_bar(&bars, args.generator.kind(), args.generator.epochs(corpus.len()));
    let fitted = args.generator.fit(
        &corpus,
        Fit {
            seed: args.seed,
            device: &device,
            resume: Some(&folder.training_state()),
            observe: &mut |terms, record| {
                if bar.position() == 0 && record.epoch > 1 {
                    bars.suspend(|| terminal.note(format_args!("{}: continues after epoch {}", args.out.display(), record.epoch - 1)));
                }
                bar.set_position(record.epoch as u64);
                bar.set_message(loss_line(terms, record));
            },
        },
    )?;
    bar.finish_and_clear();
    folder.save(fitted.as_ref(), &training)?;
    terminal.note(outcome(fitted.as_ref(), &corpus, &args));
    Ok(())
}

fn max_spans(args: &Args) -> Option<usize> {
    match args.generator {
        _ if args.max_spans.is_some() => args.max_spans,
        GeneratorConfig::RandomSampling(_) | GeneratorConfig::MarkovTree(_) | GeneratorConfig::TreeHvae(_) => None,
        GeneratorConfig::FlatVae(_) | GeneratorConfig::Hvae(_) => Some(VAE_MAX_SPANS),
    }
}

fn has_both_labels(corpus: &Corpus) -> bool {
    corpus.labels().contains(&Label::Normal) && corpus.labels().iter().any(Label::is_abnormal)
}

fn outcome(fitted: &dyn FittedGenerator, corpus: &Corpus, args: &Args) -> String {
    let conditional = match &args.generator {
        GeneratorConfig::Hvae(hvae) if hvae.model.conditional => ", conditional on normal/abnormal",
        _ => "",
    };
    let fit = format!("{}: {}{conditional}, fitted on {} traces", args.out.display(), fitted.kind(), corpus.len());
    match fitted.history() {
        Some((terms, [.., last])) => {
            let notes: String = fitted.notes().iter().map(|note| format!("; {note}")).collect();
            format!("{fit}; {} epochs, {} parameters, {}{notes}", last.epoch, fitted.parameters(), loss_line(terms, last))
        }
        _ => fit,
    }
}
