//! `tracesmith schema`: the keys of an experiment file, for editors.

use crate::terminal::print_json;

/// Print the JSON schema of an experiment file
///
/// Editors with a TOML language server complete and check the keys of a file that begins with `#:schema ./schema.json`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tracesmith schema > experiments/schema.json")]
pub struct Args {}

pub fn run() -> anyhow::Result<()> {
    print_json(&tracesmith_experiment::schema())
}
