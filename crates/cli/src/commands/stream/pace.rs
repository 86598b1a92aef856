//! When the traces of a stream begin.

use std::path::PathBuf;

use anyhow::{Context, bail};
use tracesmith_live::{Arrivals, MAX_RATE, Pattern, Recording, read_traces};

use super::source::Source;

/// When traces begin.
#[derive(Debug, clap::Args)]
pub struct Pace {
    /// Mean number of traces a second [default: 10, or as the scenario has it]
    #[arg(long, value_name = "R", value_parser = rate)]
    rate: Option<f64>,
    /// Highest number of traces a second that --rate, a peak of --pattern or the recorded arrivals may have
    #[arg(long, value_name = "R", default_value_t = MAX_RATE, value_parser = rate)]
    pub max_rate: f64,
    /// How the rate goes with time: constant, poisson, diurnal[:PERIOD[:AMPLITUDE]] or bursty[:FACTOR[:LENGTH[:SHARE]]], which without numbers
    /// are diurnal:24h:0.8 and bursty:5:10s:0.1 [default: constant, or as the scenario has it]
    #[arg(long, value_name = "NAME")]
    pattern: Option<Pattern>,
    /// Let traces begin as they were recorded: those of the file at its times, others with gaps drawn in blocks from those of --arrivals
    #[arg(long, conflicts_with_all = ["rate", "pattern"])]
    replay_arrivals: bool,
    /// Trace file with the starts to learn arrivals from; a model keeps none
    #[arg(long, value_name = "TRACES", requires = "replay_arrivals")]
    arrivals: Option<PathBuf>,
}

fn rate(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|rate| *rate > 0.0 && f64::is_finite(*rate)).ok_or_else(|| "it must be a number above 0".to_owned())
}

impl Pace {
    /// The arrivals of a source: those that are set, or else those that its scenario planned.
    ///
    /// # Errors
    /// If arrivals are to be replayed that nobody recorded.
    pub fn arrivals(&self, source: &Source, seed: u64) -> anyhow::Result<Arrivals> {
        let is_set = self.rate.is_some() || self.pattern.is_some();
        if !self.replay_arrivals && (is_set || !source.has_time_line()) {
            return Ok(Arrivals::Pattern { pattern: self.pattern.unwrap_or(Pattern::Constant), rate: self.rate.unwrap_or(10.0) });
        }
        match (&self.arrivals, source.starts_ns()) {
            (Some(path), _) => {
                let starts = read_traces(path, None)?.starts_ns();
                let recording = Recording::new(starts, seed).with_context(|| format!("cannot learn arrivals from {}", path.display()))?;
                Ok(Arrivals::Learnt(recording.learn()))
            }
            (None, Some(starts)) => {
                let recording = Recording::new(starts, seed).with_context(|| format!("cannot replay the arrivals of {}", source.name()))?;
                Ok(Arrivals::Recorded(recording))
            }
            (None, None) => bail!("a model keeps no arrivals of its training traces: give --arrivals TRACES to learn them from, or --rate"),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use tracesmith_scenario::Scenario;
    use tracesmith_trace::{CorpusBuilder, SpanRecord, Vocabulary};

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        pace: Pace,
    }

    fn arrivals(options: &[&str], source: &Source) -> anyhow::Result<Arrivals> {
        Line::parse_from([&["stream"], options].concat()).pace.arrivals(source, 0)
    }

    fn traces(starts_ns: &[i64]) -> Vec<Vec<SpanRecord>> {
        starts_ns.iter().map(|&start_ns| vec![SpanRecord { start_ns, ..SpanRecord::default() }]).collect()
    }

    fn scenario(text: &str, starts_ns: &[i64]) -> Source {
        let scenario = Scenario::parse("test", text, &[]).unwrap();
        let nothing = CorpusBuilder::new("shop", Vocabulary::new(["s"]), Vocabulary::new(["o"]), true).finish();
        Source::Scenario {
            folder: "model".into(),
            system: "shop".into(),
            has_time_line: scenario.duration_s.is_some(),
            truth: scenario.apply(&nothing, 0).unwrap().1,
            traces: traces(starts_ns),
        }
    }

    const CONSTANT: Arrivals = Arrivals::Pattern { pattern: Pattern::Constant, rate: 10.0 };

    #[test]
    fn a_scenario_with_a_time_line_has_its_own_arrivals_unless_others_are_set() {
        let starts = [1_000, 500_000_000, 4_000_001_000];
        let planned = scenario("duration_s = 5", &starts);
        let recorded = Arrivals::Recorded(Recording::new(starts.to_vec(), 0).unwrap());
        assert_eq!(arrivals(&[], &planned).unwrap(), recorded);
        assert_eq!(arrivals(&["--rate", "10"], &planned).unwrap(), CONSTANT);
        assert_eq!(arrivals(&["--pattern", "constant"], &planned).unwrap(), CONSTANT);
        let timeless = scenario("", &starts);
        assert_eq!(arrivals(&[], &timeless).unwrap(), CONSTANT);
        assert_eq!(arrivals(&["--replay-arrivals"], &timeless).unwrap(), recorded);
    }

    #[test]
    fn a_file_is_replayed_on_request_only() {
        let starts = [7, 9];
        let file = Source::File { path: "x.json".into(), traces: traces(&starts) };
        assert_eq!(arrivals(&[], &file).unwrap(), CONSTANT);
        let recorded = Arrivals::Recorded(Recording::new(starts.to_vec(), 0).unwrap());
        assert_eq!(arrivals(&["--replay-arrivals"], &file).unwrap(), recorded);
        let one = Source::File { path: "x.json".into(), traces: traces(&[7]) };
        let error = format!("{:#}", arrivals(&["--replay-arrivals"], &one).unwrap_err());
        assert!(error.starts_with("cannot replay the arrivals of x: ") && error.contains("at least 2"), "{error}");
    }
}
