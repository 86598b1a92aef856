//! `tracesmith evaluate`: synthetic traces beside real ones.

use std::{collections::HashMap, path::PathBuf};

use serde::Serialize;
use tracesmith_evaluate::{Comparison, Measure, Memorisation, Privacy, ceiling, compare, flat, memorisation, privacy, privacy_ceiling};
use tracesmith_ingest::{CleaningReport, Ingested};
use tracesmith_trace::Corpus;

use crate::{
    reading::{align, read},
    table::table,
    terminal::{Terminal, print, print_json},
};

/// Compare synthetic traces with real ones
///
/// With the traces that the generator was fitted on (--train), every number stands beside its ceiling: what real traces in the place of the
/// synthetic ones reach. The real traces must be others than those.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tracesmith evaluate --real held-out.csv --synthetic synthetic.csv --train traces.csv
  tracesmith evaluate --real real.json --synthetic synthetic.json --json | jq .ours.fidelity.overall

Traces that are no single-root tree are left out of every number, and how many is said; to judge raw graphs, use an experiment.")]
pub struct Args {
    /// Real traces that no generator was fitted on
    #[arg(long, value_name = "PATH", num_args = 1.., required = true)]
    real: Vec<PathBuf>,
    /// Synthetic traces
    #[arg(long, value_name = "PATH", num_args = 1.., required = true)]
    synthetic: Vec<PathBuf>,
    /// Real traces that the generator was fitted on, for the ceiling, memorisation and privacy
    #[arg(long, value_name = "PATH", num_args = 1..)]
    train: Vec<PathBuf>,
    /// Leave out traces with more spans on every side, as `fit --max-spans` does (and as it does by default for the VAEs, with 64)
    #[arg(long, value_name = "K")]
    max_spans: Option<usize>,
    /// Seed of the samples that some metrics draw
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print JSON with every breakdown
    #[arg(long)]
    json: bool,
}

/// What cleaning did to each side.
#[derive(Serialize)]
struct Cleaning {
    real: CleaningReport,
    synthetic: CleaningReport,
    #[serde(skip_serializing_if = "Option::is_none")]
    train: Option<CleaningReport>,
}

#[derive(Serialize)]
struct Evaluation {
    cleaning: Cleaning,
    ours: Comparison,
    #[serde(skip_serializing_if = "Option::is_none")]
    ceiling: Option<Comparison>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memorisation: Option<Memorisation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    privacy: Option<Privacy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    privacy_ceiling: Option<Privacy>,
}

pub fn run(args: Args, terminal: Terminal) -> anyhow::Result<()> {
    let real = read("real", &args.real, &[], args.max_spans, terminal)?;
    let synthetic = read("synthetic", &args.synthetic, &[], args.max_spans, terminal)?;
    let train = if args.train.is_empty() { None } else { Some(read("training", &args.train, &[], args.max_spans, terminal)?) };
    if train.as_ref().is_some_and(|train| train.sha256 == real.sha256) {
        terminal.note("warning: --real and --train are the same files: the ceiling and the natural rates mean nothing then");
    }
    let evaluation = evaluate(real, synthetic, train, args.seed)?;
    if args.json { print_json(&evaluation) } else { Ok(print(evaluation.table())?) }
}

fn evaluate(real: Ingested, synthetic: Ingested, train: Option<Ingested>, seed: u64) -> anyhow::Result<Evaluation> {
    let corpora: Vec<&Corpus> = [Some(&real), Some(&synthetic), train.as_ref()].into_iter().flatten().map(|side| &side.corpus).collect();
    let aligned = align(&corpora)?;
    let (held_out, generated) = (&aligned[0], &aligned[1]);
    let training = aligned.get(2);
    Ok(Evaluation {
        ours: compare(held_out, generated, seed)?,
        ceiling: training.map(|training| ceiling(training, held_out, generated.len(), seed)).transpose()?,
        memorisation: training.map(|training| memorisation(training, held_out, generated)).transpose()?,
        privacy: training.map(|training| privacy(training, held_out, generated, seed)).transpose()?,
        privacy_ceiling: training.map(|training| privacy_ceiling(training, held_out, seed)).transpose()?.flatten(),
        cleaning: Cleaning { real: real.report, synthetic: synthetic.report, train: train.map(|train| train.report) },
    })
}

impl Evaluation {
    /// The metrics, and what gives the synthetic traces away.
    fn table(&self) -> String {
        let tell_tales = self.tell_tales();
        let metrics = self.metrics();
        if tell_tales.is_empty() { metrics } else { format!("{metrics}\n{tell_tales}") }
    }

    /// A line a feature that the discriminator gains from.
    fn tell_tales(&self) -> String {
        let top = &self.ours.discriminator.top;
        if top.is_empty() {
            return String::new();
        }
        let value = |mean: Option<f64>| mean.map(number).unwrap_or_default();
        let rows: Vec<_> =
            top.iter().map(|tale| [tale.feature.clone(), number(tale.importance), value(tale.real), value(tale.synthetic)]).collect();
        table(["told apart by", "share", "real mean", "synthetic mean"], &rows)
    }

    /// A line a metric; with a ceiling also that and the distance to it.
    fn metrics(&self) -> String {
        let Some(ceiling) = &self.ceiling else {
            let rows: Vec<_> = flat(&self.ours.measurements()).into_iter().map(|(metric, ours)| [metric, number(ours)]).collect();
            return table(["metric", "synthetic"], &rows);
        };
        let ceilings: HashMap<String, f64> = flat(&ceiling.measurements()).into_iter().collect();
        let row = |metric: String, ours: f64, ceiling: Option<f64>| {
            let distance = ceiling.map(|ceiling| format!("{:+.4}", ours - ceiling)).unwrap_or_default();
            [metric, number(ours), ceiling.map(number).unwrap_or_default(), distance]
        };
        let compared = flat(&self.ours.measurements()).into_iter().map(|(metric, ours)| {
            let ceiling = ceilings.get(&metric).copied();
            row(metric, ours, ceiling)
        });
        let copied = self.memorisation.iter().flat_map(natural_rates).map(|(metric, ours, natural)| row(metric, ours, natural));
        let attacks = |privacy: &Privacy| flat(&privacy.measurements());
        let on_real: HashMap<String, f64> = self.privacy_ceiling.iter().flat_map(attacks).collect();
        let attacked = self.privacy.iter().flat_map(attacks).map(|(metric, ours)| {
            let ceiling = on_real.get(&metric).copied();
            row(metric, ours, ceiling)
        });
        table(["metric", "synthetic", "ceiling", "distance"], &compared.chain(copied).chain(attacked).collect::<Vec<_>>())
    }
}

/// Memorisation with what held-out real traces have as the ceiling.
fn natural_rates(found: &Memorisation) -> Vec<(String, f64, Option<f64>)> {
    [
        ("exact_duplicate_rate", found.exact_duplicate_rate, Some(found.natural_rate)),
        ("near_duplicate_rate", found.near_duplicate_rate, Some(found.natural_near_rate)),
        ("unique_ratio", found.unique_ratio, Some(found.real_unique_ratio)),
        ("label_coverage", found.label_coverage, None),
        ("edge_coverage", found.edge_coverage, None),
    ]
    .map(|(name, ours, natural)| (format!("memorisation.{name}"), ours, natural))
    .into()
}

fn number(value: f64) -> String {
    // Counts and shares stand in one column.
    if value.fract() == 0.0 && value.abs() >= 2.0 { format!("{value}") } else { format!("{value:.4}") }
}
