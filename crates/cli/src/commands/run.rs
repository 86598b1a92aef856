//! `tracesmith run`: an experiment from its file to its report.

use std::path::PathBuf;

use tracesmith_experiment::RunOptions;
use tracesmith_model::DeviceChoice;

use crate::{
    build_info::build,
    progress::StageBars,
    terminal::{Terminal, print},
};

/// Run an experiment: data, generators, evaluation and report, as its file says
///
/// An interrupted run picks up where it was; a changed setting recomputes only what depends on it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tracesmith run experiments/quickstart.toml
  tracesmith run experiments/rq1.toml --set seeds=[1,2] --device cuda:0 --out reports/rq1-gpu")]
pub struct Args {
    /// The experiment's TOML file
    experiment: PathBuf,
    /// Replace a setting of the file; may be given several times
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = setting)]
    set: Vec<String>,
    /// auto, cpu, cuda or cuda:INDEX
    #[arg(long, default_value_t)]
    device: DeviceChoice,
    /// Folder of the report [default: as the experiment says]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Folder of finished stages
    #[arg(long, value_name = "DIR", default_value = ".tracesmith/cache")]
    cache: PathBuf,
    /// Compute every stage anew and keep none
    #[arg(long, conflicts_with = "cache")]
    no_cache: bool,
    /// Threads; 0 for one a core. The result does not depend on them
    #[arg(long, value_name = "N", default_value_t = 0)]
    threads: usize,
}

fn setting(text: &str) -> Result<String, String> {
    match text.split_once('=') {
        Some((key, _)) if !key.trim().is_empty() => Ok(text.to_owned()),
        _ => Err("write it as key=value".to_owned()),
    }
}

pub fn run(args: Args, terminal: Terminal) -> anyhow::Result<()> {
    let Args { experiment, set, device, out, cache, no_cache, threads } = args;
    let options = RunOptions { overrides: set, device, out, cache: (!no_cache).then_some(cache), threads, build: Some(build()) };
    let summary = tracesmith_experiment::run(&experiment, &options, &StageBars::new(terminal))?;
    Ok(print(summary.lines.join("\n"))?)
}

#[cfg(test)]
mod tests {
    use super::setting;

    #[test]
    fn a_setting_needs_a_key() {
        assert_eq!(setting("seeds=[1]").as_deref(), Ok("seeds=[1]"));
        assert!(setting("seeds").is_err());
        assert!(setting("=1").is_err());
    }
}
