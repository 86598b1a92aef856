//! `tracesmith generate`: new traces from a fitted generator.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use tracesmith_formats::{Format, write_corpus};
use tracesmith_generate::{FittedGenerator, LabelRequest, Request, SizeMode, Structure, load};
use tracesmith_model::DeviceChoice;

use crate::{
    arguments::{format_of_name, formats, one_of},
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
  tracesmith generate model -n 100 --structure raw --out forest.csv")]
pub struct Args {
    /// Folder that `tracesmith fit` wrote
    #[arg(value_name = "MODEL_DIR")]
    model: PathBuf,
    /// Number of traces
    #[arg(short = 'n', long = "traces", value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    traces: u32,
    /// Spans a trace: fixed:K, copied or empirical (sizes of the training traces, in order or drawn), range (even between smallest and largest),
    /// or model (the generator's own)
    #[arg(long, value_name = "MODE", default_value = "empirical")]
    size: SizeMode,
    /// Only traces of this state; the model must be conditional [default: both, as often as in the training data]
    #[arg(long, value_name = "LABEL", value_parser = one_of([("normal", LabelRequest::Normal), ("abnormal", LabelRequest::Abnormal)]))]
    label: Option<LabelRequest>,
    /// Seed of everything random
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Format of the file [default: jaeger-json if its name ends in .json or .json.gz, else eadro-csv]
    #[arg(long, value_name = "FORMAT", value_parser = one_of(formats()))]
    format: Option<Format>,
    /// Temperature of the service and operation choices; 0 takes the most likely [default: as fitted]
    #[arg(long, value_name = "T", value_parser = temperature)]
    temperature: Option<f64>,
    /// tree (the default): every span but the first gets its most likely earlier parent, so that the file holds valid traces.
    /// raw: the edges of the paper's decoder, often a forest; a span keeps its earliest parent only, and reading the file
    /// back drops traces with several roots
    #[arg(long, value_name = "KIND", value_parser = one_of([("tree", Structure::Tree), ("raw", Structure::Raw)]))]
    structure: Option<Structure>,
    /// auto, cpu, cuda or cuda:INDEX
    #[arg(long, default_value_t)]
    device: DeviceChoice,
    /// File to write; gzip if it ends in .gz
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
}

fn temperature(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|value| (0.0..f64::INFINITY).contains(value)).ok_or_else(|| "it must be a number, 0 or more".to_owned())
}

pub fn run(args: Args, terminal: Terminal) -> anyhow::Result<()> {
    let format = args.format.or_else(|| format_of_name(&args.out)).unwrap_or(Format::EadroCsv);
    let model = open(&args)?;
    let request = Request { size: args.size, label: args.label, ..Request::new(args.traces as usize, args.seed) };
    let corpus = model.sample(&request).with_context(|| format!("cannot generate from {}", args.model.display()))?;
    let written = write_corpus(&corpus, format, &args.out)?;
    let dropped = match written.dropped_edges {
        0 => String::new(),
        edges => format!("; {edges} edges to further parents left out"),
    };
    terminal.note(format_args!("{}: {} traces, {} spans, {format}{dropped}", args.out.display(), written.traces, written.spans));
    Ok(())
}

fn open(args: &Args) -> anyhow::Result<Box<dyn FittedGenerator>> {
    let device = args.device.open()?;
    if !args.model.is_dir() {
        bail!("there is no model folder {}: `tracesmith fit … --out {0}` makes one", args.model.display());
    }
    let mut has_settings = false;
    let model = load(&args.model, &device, |sampling| {
        has_settings = true;
        sampling.structure = args.structure.unwrap_or(Structure::Tree);
        sampling.temperature = args.temperature.unwrap_or(sampling.temperature);
    });
    let model = model.with_context(|| unusable(&args.model))?;
    if !has_settings && (args.temperature.is_some() || args.structure.is_some()) {
        bail!("{} is a {} model, which has neither --temperature nor --structure: leave them out", args.model.display(), model.kind());
    }
    Ok(model)
}

fn unusable(folder: &Path) -> String {
    format!("cannot use the model {}", folder.display())
}
