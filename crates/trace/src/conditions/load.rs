//! The attribute `load`.

use super::attribute::{TraceAttribute, Value};
use crate::Corpus;

pub(super) const LOAD: TraceAttribute = TraceAttribute {
    parse,
    ..TraceAttribute::new(
        "load",
        "traces that begin within the same minute: low, medium or high, a third of the corpus each",
        Value::Corpus(values),
    )
};

const LEVELS: [&str; 3] = ["low", "medium", "high"];

/// Traces count that begin up to half a minute before or after.
const HALF_A_MINUTE_NS: i64 = 30_000_000_000;

fn parse(text: &str) -> Result<String, String> {
    LEVELS.iter().find(|level| **level == text).map(|level| (*level).to_owned()).ok_or_else(|| "it is low, medium or high".to_owned())
}

fn values(corpus: &Corpus) -> Vec<Option<String>> {
    let mut starts: Vec<i64> = corpus.traces().map(|trace| trace.start_ns).collect();
    starts.sort_unstable();
    let load = |start: i64| {
        let first = starts.partition_point(|&other| other < start.saturating_sub(HALF_A_MINUTE_NS));
        starts.partition_point(|&other| other <= start.saturating_add(HALF_A_MINUTE_NS)) - first
    };
    let loads: Vec<usize> = corpus.traces().map(|trace| load(trace.start_ns)).collect();
    let mut sorted = loads.clone();
    sorted.sort_unstable();
    loads.into_iter().map(|load| Some(level(load, &sorted).to_owned())).collect()
}

/// The third of the sorted loads in whose middle those equal to `load` lie.
fn level(load: usize, sorted: &[usize]) -> &'static str {
    let below = sorted.partition_point(|&other| other < load);
    let up_to = sorted.partition_point(|&other| other <= load);
    LEVELS[(3 * (below + up_to) / (2 * sorted.len())).min(2)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CorpusBuilder, Span, Trace, Vocabulary};

    fn levels(starts_s: impl IntoIterator<Item = i64>) -> Vec<String> {
        let mut builder = CorpusBuilder::new("test", Vocabulary::new(["s"]), Vocabulary::new(["o"]), false);
        for start in starts_s {
            let trace = Trace { start_ns: start * 1_000_000_000, spans: vec![Span::default()], ..Trace::default() };
            builder.push(trace).unwrap();
        }
        values(&builder.finish()).into_iter().flatten().collect()
    }

    #[test]
    fn the_busiest_third_is_high_and_a_steady_load_is_medium() {
        // One an hour, three in a minute, three in a second.
        assert_eq!(
            levels([0, 3600, 7200, 10_000, 10_020, 10_040, 20_000, 20_000, 20_000]),
            ["low", "low", "low", "medium", "high", "medium", "high", "high", "high"]
        );
        assert_eq!(levels((0..5).map(|hour| hour * 3600)), ["medium"; 5]);
        assert!(levels([]).is_empty());
    }
}
