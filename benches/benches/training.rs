//! Training in traces/s: one step of the paper's network (batch to tensors, forward, backward, Adam) on the default device.

use std::time::Duration;

use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tracesmith_benches::corpora;
use tracesmith_model::batch::plan_epoch;
use tracesmith_model::hvae::{Hvae, HvaeConfig};
use tracesmith_model::train::{Objective, Progress, TrainConfig, initialise};
use tracesmith_model::{Device, DeviceChoice, DurationScale, Graph, GraphBatch, Noise, Sizes};
use tracesmith_trace::Corpus;

const BATCHES: [usize; 3] = [2, 32, 128];

struct Trainer {
    model: Hvae,
    optimiser: ModuleOptimizer,
    noise: Noise,
}

impl Trainer {
    fn new(sizes: &Sizes, device: &Device) -> Self {
        let model = initialise(0, device, |device| HvaeConfig::default().init(sizes, device));
        Self { model, optimiser: AdamConfig::new().init(), noise: Noise::new(0, "bench") }
    }

    fn step(mut self, graphs: &[&Graph], device: &Device) -> Self {
        let losses = self.model.losses(&GraphBatch::new(graphs, device), Some(&mut self.noise), Progress { done: 0.5, epochs: 1 });
        let gradients = GradientsParams::from_grads(losses.total.backward(), &self.model);
        self.model = self.optimiser.step(TrainConfig::default().learning_rate, self.model, gradients);
        self
    }
}

/// Full batches of `size` graphs in random order.
fn full_batches(graphs: &[Graph], size: usize) -> Vec<Vec<&Graph>> {
    let plan = plan_epoch(graphs.len(), size, &mut tracesmith_trace::rng(0, "bench"));
    let full = plan.into_iter().filter(|positions| positions.len() == size);
    full.map(|positions| positions.into_iter().map(|i| &graphs[i]).collect()).collect()
}

fn measure(criterion: &mut Criterion, name: &str, corpus: &Corpus, device: &Device) {
    let (graphs, sizes) = (Graph::all(corpus, &DurationScale::fit(corpus)), Sizes::of(corpus));
    let mut group = criterion.benchmark_group(format!("training/{name}"));
    group.sample_size(10).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(8));
    for size in BATCHES {
        group.throughput(Throughput::Elements(size as u64));
        let batches = full_batches(&graphs, size);
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            let mut order = batches.iter().cycle();
            let mut trainer = Some(Trainer::new(&sizes, device));
            bencher.iter(|| trainer = trainer.take().zip(order.next()).map(|(trainer, batch)| trainer.step(batch, device)));
        });
    }
    group.finish();
}

fn training(criterion: &mut Criterion) {
    let device = DeviceChoice::Auto.open().expect("the default device").autodiff();
    for (name, corpus) in corpora() {
        measure(criterion, &name, &corpus, &device);
    }
}

criterion_group!(benches, training);
criterion_main!(benches);
