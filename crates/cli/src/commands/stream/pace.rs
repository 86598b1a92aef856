//! How fast a stream is to be.

use std::path::PathBuf;

use tracesmith_live::{MAX_RATE, Pattern};

/// When traces begin.
#[derive(Debug, clap::Args)]
pub struct Pace {
    /// Mean number of traces a second [default: 10, or as the scenario has it]
    #[arg(long, value_name = "R", value_parser = rate)]
    pub rate: Option<f64>,
    /// Highest number of traces a second that --rate, a peak of --pattern or the recorded arrivals may have
    #[arg(long, value_name = "R", default_value_t = MAX_RATE, value_parser = rate)]
    pub max_rate: f64,
    /// How the rate goes with time: constant, poisson, diurnal[:PERIOD[:AMPLITUDE]] or bursty[:FACTOR[:LENGTH[:SHARE]]], which without numbers
    /// are diurnal:24h:0.8 and bursty:5:10s:0.1 [default: constant, or as the scenario has it]
    #[arg(long, value_name = "NAME")]
    pub pattern: Option<Pattern>,
    /// Let traces begin as they were recorded: those of the file at its times, others with gaps drawn in blocks from those of --arrivals
    #[arg(long, conflicts_with_all = ["rate", "pattern"])]
    pub replay_arrivals: bool,
    /// Trace file with the starts to learn arrivals from; a model keeps none
    #[arg(long, value_name = "TRACES", requires = "replay_arrivals")]
    pub arrivals: Option<PathBuf>,
}

fn rate(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|rate| *rate > 0.0 && f64::is_finite(*rate)).ok_or_else(|| "it must be a number above 0".to_owned())
}
