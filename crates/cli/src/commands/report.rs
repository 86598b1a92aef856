//! `tracesmith report`: finished reports, compared, merged and exported.

pub mod diff;
mod export;
mod merge;

use clap::Subcommand;
use std::process::ExitCode;

use crate::{
    failure::{ended, judged},
    terminal::Terminal,
};

/// Compare, merge and export the reports of runs
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tracesmith report diff reports/before reports/after
  tracesmith report merge reports/seeds-1-3 reports/seeds-4-6 --out reports/all
  tracesmith report export reports/quickstart --format latex --out table.tex

Exit codes of diff: 0 all values are the same, 1 some differ, 2 the reports cannot be compared.")]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Diff(diff::Args),
    Merge(merge::Args),
    Export(export::Args),
}

pub fn run(args: Args, terminal: Terminal) -> ExitCode {
    match args.verb {
        Verb::Diff(args) => judged(diff::run(&args, terminal)),
        Verb::Merge(args) => ended(merge::run(&args, terminal)),
        Verb::Export(args) => ended(export::run(&args, terminal)),
    }
}
