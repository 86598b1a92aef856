//! When the traces of a stream begin.

use anyhow::{Context, bail};
use tracesmith_live::{Arrivals, Pattern, Recording, read_traces};

use super::{pace::Pace, source::Source};

/// The arrivals of a source: those that are set, or else those that its scenario planned.
///
/// # Errors
/// If arrivals are to be replayed that nobody recorded.
pub fn arrivals(pace: &Pace, source: &Source, seed: u64) -> anyhow::Result<Arrivals> {
    let is_set = pace.rate.is_some() || pace.pattern.is_some();
    if !pace.replay_arrivals && (is_set || !source.has_time_line()) {
        return Ok(Arrivals::Pattern { pattern: pace.pattern.unwrap_or(Pattern::Constant), rate: pace.rate.unwrap_or(10.0) });
    }
    match (&pace.arrivals, source.starts_ns()) {
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
        super::arrivals(&Line::parse_from([&["stream"], options].concat()).pace, source, 0)
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
