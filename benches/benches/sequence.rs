//! The sequence model of tree-hvae against a causal transformer of the same width and two layers: forward and backward over a batch.

use std::time::Duration;

use burn::nn::attention::generate_autoregressive_mask;
use burn::nn::transformer::{TransformerEncoder, TransformerEncoderConfig, TransformerEncoderInput};
use burn::tensor::{Distribution, Tensor};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tracesmith_model::layers::{Direction, PackedGru, Packing};
use tracesmith_model::{Device, DeviceChoice};

const TRACES: usize = 32;
const INPUTS: usize = 248;
const WIDTH: usize = 96;
const LENGTHS: [usize; 2] = [24, 72];

fn transformer(device: &Device) -> TransformerEncoder {
    TransformerEncoderConfig::new(WIDTH, 2 * WIDTH, 4, 2).with_dropout(0.0).with_norm_first(true).init(device)
}

fn noise<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::random(shape, Distribution::Normal(0.0, 1.0), device)
}

fn training(criterion: &mut Criterion) {
    let device = DeviceChoice::Cpu.open().expect("the CPU").autodiff();
    let mut group = criterion.benchmark_group("sequence/training");
    group.sample_size(10).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(5));
    for length in LENGTHS {
        group.throughput(Throughput::Elements((TRACES * length) as u64));
        let gru = PackedGru::new(INPUTS, WIDTH, &device);
        let packing = Packing::new(&[length; TRACES]);
        let (x, start) = (noise([TRACES * length, INPUTS], &device), Tensor::zeros([TRACES, WIDTH], &device));
        group.bench_function(BenchmarkId::new("gru", length), |bencher| {
            bencher.iter(|| gru.forward(x.clone(), start.clone(), &packing, Direction::Forward).sum().backward());
        });
        let encoder = transformer(&device);
        let (x, mask) = (noise([TRACES, length, WIDTH], &device), generate_autoregressive_mask(TRACES, length, &device));
        group.bench_function(BenchmarkId::new("transformer", length), |bencher| {
            bencher.iter(|| encoder.forward(TransformerEncoderInput::new(x.clone()).mask_attn(mask.clone())).sum().backward());
        });
    }
    group.finish();
}

criterion_group!(benches, training);
criterion_main!(benches);
