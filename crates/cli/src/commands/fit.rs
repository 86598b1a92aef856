//! `tracesmith fit`: from traces to a model folder.

mod arguments;
mod config;
mod data;
mod model_folder;
mod training;

use tracesmith_generate::{Fit, FittedGenerator, Training};
use tracesmith_trace::{Corpus, Label};

use crate::{
    progress::{epoch_bar, loss_line},
    terminal::Terminal,
};
pub use arguments::Args;
use data::Data;
use model_folder::ModelFolder;

pub fn run(mut args: Args, terminal: Terminal) -> anyhow::Result<()> {
    let device = args.device.open()?;
    if let Some(path) = &args.config {
        args.generator = config::read(args.generator.kind(), path)?;
    }
    let folder = ModelFolder::open(&args.out, args.force)?;
    let Data { corpus, training } = data::read(&args, args.max_spans.or(args.generator.capabilities().largest_trace), terminal)?;
    let corpus = match (&args.pseudonyms, &args.names_out) {
        (Some(salt), Some(names_out)) => data::pseudonymised(&corpus, salt, names_out)?,
        _ => corpus,
    };
    if args.config.is_none() {
        args.generator = args.generator.suited_to(&corpus);
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

fn has_both_labels(corpus: &Corpus) -> bool {
    corpus.labels().contains(&Label::Normal) && corpus.labels().iter().any(Label::is_abnormal)
}

fn outcome(fitted: &dyn FittedGenerator, corpus: &Corpus, args: &Args) -> String {
    let conditional =
        if args.generator.capabilities().asked.know("label") && has_both_labels(corpus) { ", conditional on normal/abnormal" } else { "" };
    let fit = format!("{}: {}{conditional}, fitted on {} traces", args.out.display(), fitted.kind(), corpus.len());
    let Training { terms, history, parameters, notes } = fitted.training();
    let trained = history.last().map(|last| format!("; {} epochs, {parameters} parameters, {}", last.epoch, loss_line(terms, last)));
    let notes: String = notes.iter().map(|note| format!("; {note}")).collect();
    format!("{fit}{}{notes}", trained.unwrap_or_default())
}
