//! Generation in traces/s and spans/s, on one thread and on all cores. Speed does not depend on how well a generator is trained, so one
//! epoch is enough.

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tracesmith_benches::simulated;
use tracesmith_generate::{Fit, FittedGenerator, Kind, Request, kinds};
use tracesmith_model::DeviceChoice;
use tracesmith_trace::Corpus;

/// Traces a request: several chunks, so that threads have something to share.
const COUNT: usize = 1_024;

/// The default generators, each trained for one epoch.
fn fitted(corpus: &Corpus) -> Vec<Box<dyn FittedGenerator>> {
    let device = DeviceChoice::Auto.open().expect("the default device");
    let quick = |kind: &Kind| {
        // The trained kinds count their training in epochs or in steps; the others have no such key.
        let shortened = ["train.epochs = 1", "train.steps = 1"].into_iter().find_map(|setting| kind.from_toml(setting).ok());
        let config = shortened.unwrap_or_else(|| kind.default_config());
        let fit = Fit { seed: 0, device: &device, resume: None, observe: &mut |_, _| () };
        config.fit(corpus, fit).expect("a simulated corpus can be fitted")
    };
    // An external program is as fast as it is.
    kinds().into_iter().filter(|kind| kind.name != "external").map(quick).collect()
}

fn measure(criterion: &mut Criterion, unit: &str, generators: &[Box<dyn FittedGenerator>], elements: impl Fn(&Corpus) -> usize) {
    let mut group = criterion.benchmark_group(format!("generation/{unit}"));
    group.sample_size(10).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(4));
    for generator in generators {
        for (threads, name) in [(1, "1 thread"), (0, "all cores")] {
            let request = Request { threads, ..Request::new(COUNT, 0) };
            let sample = || generator.sample(&request).expect("empirical sizes can always be sampled");
            group.throughput(Throughput::Elements(elements(&sample()) as u64));
            group.bench_function(BenchmarkId::new(generator.kind(), name), |bencher| bencher.iter(sample));
        }
    }
    group.finish();
}

fn generation(criterion: &mut Criterion) {
    let generators = fitted(&simulated());
    measure(criterion, "traces", &generators, Corpus::len);
    measure(criterion, "spans", &generators, Corpus::span_count);
}

criterion_group!(benches, generation);
criterion_main!(benches);
