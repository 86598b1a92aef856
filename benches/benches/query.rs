//! Questions about a million spans: from a corpus to a frame, and a group-by with mean and p99 over it.

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tracesmith_frame::{query, span_table};
use tracesmith_ingest::simulate::{SimulationConfig, System, simulate};

/// Traces that have about 950,000 spans.
const TRACES: usize = 110_000;

const BY_OPERATION: &str = "SELECT service, operation, AVG(duration_us) AS mean_us, QUANTILE_CONT(duration_us, 0.99) AS p99_us \
                            FROM spans GROUP BY service, operation";
const BY_ROOT: &str = "SELECT root, COUNT(*) AS traces, AVG(spans) AS spans FROM traces GROUP BY root";

fn questions(criterion: &mut Criterion) {
    let corpus = simulate(&SimulationConfig::new(System::SocialNetwork, TRACES, 0)).corpus;
    let spans = span_table(&corpus);
    let mut group = criterion.benchmark_group("query/socialnetwork-sim");
    group.sample_size(10).measurement_time(Duration::from_secs(5)).throughput(Throughput::Elements(spans.height() as u64));
    group.bench_function("span table of a corpus", |bencher| bencher.iter(|| span_table(&corpus)));
    group.bench_function("mean and p99 by operation", |bencher| bencher.iter(|| query(&spans, BY_OPERATION).expect("an answer")));
    group.bench_function("traces by root", |bencher| bencher.iter(|| query(&spans, BY_ROOT).expect("an answer")));
    group.finish();
}

criterion_group!(benches, questions);
criterion_main!(benches);
