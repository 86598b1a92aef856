//! `tracesmith fit`: from traces to a model folder.

mod arguments;
mod config;
mod data;
mod model_folder;
mod training;

use tracesmith_generate::{Fit, FittedGenerator, Generator, GeneratorConfig};
use tracesmith_trace::{Corpus, Label};

use crate::{
    progress::{epoch_bar, loss_line},
    terminal::Terminal,
};
pub use arguments::Args;
use data::Data;
use model_folder::ModelFolder;

/// Most spans of a trace that a VAE is fitted on unless `--max-spans` says otherwise: its decoder compares all pairs of spans.
const VAE_MAX_SPANS: usize = 64;

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
