//! The metrics that compare two corpora, in traces/s (traces of both corpora together).

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tracesmith_benches::corpora;
use tracesmith_evaluate::fidelity::structural_fidelity;
use tracesmith_evaluate::instance::instance_similarity;
use tracesmith_evaluate::memorisation::memorisation;
use tracesmith_evaluate::similarity::similarity;
use tracesmith_evaluate::validity::validity;
use tracesmith_evaluate::{EvaluationError, Measure, Measurement};
use tracesmith_trace::{Corpus, split};

/// A metric of a real and a synthetic corpus, down to its figures.
type Metric = fn(&Corpus, &Corpus) -> Result<Vec<Measurement>, EvaluationError>;

const METRICS: [(&str, Metric); 5] = [
    ("structural_fidelity", |real, synthetic| Ok(structural_fidelity(real, synthetic, 0)?.measurements())),
    ("validity", |real, synthetic| Ok(validity(real, synthetic)?.measurements())),
    ("similarity", |real, synthetic| Ok(similarity(real, synthetic, 0)?.measurements())),
    ("instance_similarity", |real, synthetic| Ok(instance_similarity(real, synthetic, 0)?.measurements())),
    ("memorisation", |real, synthetic| Ok(memorisation(real, real, synthetic)?.measurements())),
];

fn fidelity(criterion: &mut Criterion) {
    for (name, corpus) in corpora() {
        let halves = split(corpus.len(), 0.5, 0);
        let (real, synthetic) = (corpus.select(&halves.held_out), corpus.select(&halves.train));
        let mut group = criterion.benchmark_group(format!("fidelity/{name}"));
        group.sample_size(10).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3));
        group.throughput(Throughput::Elements(corpus.len() as u64));
        for (metric, compute) in METRICS {
            group.bench_function(metric, |bencher| bencher.iter(|| compute(&real, &synthetic).expect("two corpora with traces")));
        }
        group.finish();
    }
}

criterion_group!(benches, fidelity);
criterion_main!(benches);
