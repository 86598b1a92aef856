//! The verbs.

mod cache;
mod compare;
mod convert;
mod datasets;
mod drift;
mod evaluate;
mod fit;
mod generate;
mod inspect;
mod query;
mod receive;
mod report;
mod rerun;
mod run;
mod schema;
mod show;
mod stream;
mod thresholds;
mod validate;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{
    failure::{ended, judged},
    terminal::Terminal,
};

/// Learns how the distributed traces of a microservice system look, and generates new ones.
#[derive(Debug, Parser)]
#[command(name = "tracesmith", version, propagate_version = true, arg_required_else_help = true, after_help = after_help())]
pub struct Tracesmith {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    terminal: Terminal,
}

/// Examples, exit codes and the formats.
fn after_help() -> String {
    format!("{EXAMPLES}\nTrace formats: {}; plain, gzip or zstd, detected when read.", tracesmith_formats::names(", "))
}

const EXAMPLES: &str = "\
Examples:
  tracesmith run experiments/quickstart.toml
  tracesmith datasets simulate trainticket-sim -n 2000 --out traces.csv --faults-out faults.json
  tracesmith fit --input traces.csv --faults faults.json --generator hvae --out model
  tracesmith generate model -n 1000 --out synthetic.csv
  tracesmith evaluate --real held-out.csv --synthetic synthetic.csv --train traces.csv
  tracesmith query synthetic.csv \"SELECT root, COUNT(*) AS traces FROM traces GROUP BY root\"
  tracesmith validate synthetic.csv --against held-out.csv --train traces.csv

Exit codes: 0 done, 1 failed (one message on standard error), 2 wrong usage; of validate, drift and compare: 0 passed, 1 not, 2 no verdict.";

#[derive(Debug, Subcommand)]
enum Verb {
    Run(run::Args),
    Rerun(rerun::Args),
    Report(report::Args),
    Fit(Box<fit::Args>),
    Generate(generate::Args),
    Evaluate(evaluate::Args),
    Validate(validate::Args),
    Drift(drift::Args),
    Compare(compare::Args),
    Convert(convert::Args),
    Inspect(inspect::Args),
    Query(query::Args),
    Show(show::Args),
    Datasets(datasets::Args),
    Cache(cache::Args),
    Schema(schema::Args),
    Stream(Box<stream::Args>),
    Receive(receive::Args),
}

impl Tracesmith {
    /// Does what the command line says.
    pub fn run(self) -> ExitCode {
        let Self { verb, terminal } = self;
        terminal.start_log();
        match verb {
            Verb::Run(args) => ended(run::run(args, terminal)),
            Verb::Rerun(args) => judged(rerun::run(&args, terminal)),
            Verb::Report(args) => report::run(args, terminal),
            Verb::Fit(args) => ended(fit::run(*args, terminal)),
            Verb::Generate(args) => ended(generate::run(args, terminal)),
            Verb::Evaluate(args) => ended(evaluate::run(args, terminal)),
            Verb::Validate(args) => judged(validate::run(args, terminal)),
            Verb::Drift(args) => judged(drift::run(args, terminal)),
            Verb::Compare(args) => judged(compare::run(args, terminal)),
            Verb::Convert(args) => ended(convert::run(args, terminal)),
            Verb::Inspect(args) => ended(inspect::run(args)),
            Verb::Query(args) => ended(query::run(args, terminal)),
            Verb::Show(args) => ended(show::run(args, terminal)),
            Verb::Datasets(args) => ended(datasets::run(args, terminal)),
            Verb::Cache(args) => ended(cache::run(args, terminal)),
            Verb::Schema(schema::Args {}) => ended(schema::run()),
            Verb::Stream(args) => ended(stream::run(*args, terminal)),
            Verb::Receive(args) => ended(receive::run(args, terminal)),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Tracesmith;

    #[test]
    fn the_command_line_is_consistent() {
        Tracesmith::command().debug_assert();
    }

    #[test]
    fn every_verb_says_what_it_is_for_and_gives_an_example() {
        for verb in Tracesmith::command().get_subcommands() {
            assert!(verb.get_about().is_some(), "{} has no description", verb.get_name());
            let examples = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(examples.contains(&format!("tracesmith {}", verb.get_name())), "{} has no example", verb.get_name());
        }
    }
}
