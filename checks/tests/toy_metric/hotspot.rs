//! A metric that no crate knows: how much of the time of a set of traces is spent in its busiest service, the same in both sets?

use tracesmith_evaluate::{EvaluationError, Family, Measurement, Metric};
use tracesmith_trace::Corpus;

/// Its declaration beside its function.
pub const FAMILY: Family = Family {
    metrics: &[Metric::new("hotspot.similarity", "share of the time in the busiest service").headline(5).column("hotspot").axis("hotspot")],
    compare: Some(compare),
};

fn compare(real: &Corpus, synthetic: &Corpus, _seed: u64) -> Result<Vec<Measurement>, EvaluationError> {
    let alike = 1.0 - (hotspot(real) - hotspot(synthetic)).abs();
    Ok(vec![Measurement::new("hotspot.similarity", alike).of(synthetic.len())])
}

/// Share of all durations that is of the service with most of them.
fn hotspot(corpus: &Corpus) -> f64 {
    let mut times = vec![0.0; corpus.services().len()];
    for trace in corpus.traces() {
        for (&service, &duration) in trace.services.iter().zip(trace.durations_us) {
            times[service as usize] += duration;
        }
    }
    times.iter().copied().fold(0.0, f64::max) / times.iter().sum::<f64>().max(1.0)
}
