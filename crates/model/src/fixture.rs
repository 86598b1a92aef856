//! Small graphs and networks for tests.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor};
use rand::RngExt;

use crate::flat_vae::{FlatVae, FlatVaeConfig};
use crate::host::floats;
use crate::hvae::{DecodedGraph, Hvae, HvaeConfig};
use crate::train::{Objective, Run, TrainConfig, TrainError, Trained, initialise, train};
use crate::{Graph, Sizes};

/// Sizes of [`graphs`].
pub const SIZES: Sizes = Sizes { services: 3, operations: 5, max_spans: 9 };

/// Random labelled trees of 1 to 9 spans.
pub fn graphs(count: usize, seed: u64) -> Vec<Graph> {
    let mut rng = tracesmith_trace::rng(seed, "fixture");
    (0..count).map(|_| tree(rng.random_range(1..=SIZES.max_spans), &mut rng)).collect()
}

/// A random tree of `size` spans.
pub fn tree(size: usize, rng: &mut impl RngExt) -> Graph {
    Graph {
        services: (0..size).map(|_| rng.random_range(0..SIZES.services as u32)).collect(),
        operations: (0..size).map(|_| rng.random_range(0..SIZES.operations as u32)).collect(),
        durations: (0..size).map(|_| rng.random_range(-2.0..2.0)).collect(),
        edges: (1..size).map(|child| (rng.random_range(0..child), child)).collect(),
        class: rng.random_range(1..3),
    }
}

/// A small version of the paper's network.
pub fn small_hvae() -> HvaeConfig {
    HvaeConfig { latent: 6, hidden: 12, ..HvaeConfig::default() }
}

/// A small version of the flat baseline.
pub fn small_flat_vae() -> FlatVaeConfig {
    FlatVaeConfig { latent: 6, hidden: 16, span_width: 8, ..FlatVaeConfig::default() }
}

/// A network on the device that trains.
pub fn hvae(config: &HvaeConfig, sizes: &Sizes, seed: u64) -> Hvae {
    initialise(seed, &Device::flex().autodiff(), |device| config.init(sizes, device))
}

/// A flat network on the device that trains.
pub fn flat_vae(seed: u64) -> FlatVae {
    initialise(seed, &Device::flex().autodiff(), |device| small_flat_vae().init(&SIZES, device))
}

/// `epochs` epochs with small batches.
pub fn epochs(epochs: usize) -> TrainConfig {
    TrainConfig { epochs, batch: 4, ..TrainConfig::default() }
}

/// Trains without a resume file.
pub fn fit<M: Objective<Sample = Graph>>(
    model: M,
    training: &[Graph],
    validation: &[Graph],
    config: &TrainConfig,
) -> Result<Trained<M>, TrainError> {
    train(model, training, validation, &config.into(), Run { seed: 5, device: &Device::flex(), resume: None, observe: &mut |_| () })
}

/// All parameters of a network.
pub fn parameters<M: Module>(model: &M) -> Vec<Vec<f32>> {
    struct Collect(Vec<Vec<f32>>);
    impl ModuleVisitor for Collect {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.push(floats(param.val()));
        }
    }
    let mut collect = Collect(Vec::new());
    model.visit(&mut collect);
    collect.0
}

/// Everything that is decoded of a graph in one row.
pub fn flattened(graph: &DecodedGraph) -> Vec<f32> {
    [graph.services.concat(), graph.operations.concat(), graph.durations.clone(), graph.edges.clone()].concat()
}

/// Asserts that two rows are equal up to rounding.
pub fn assert_close(got: &[f32], want: &[f32], what: &str) {
    assert_eq!(got.len(), want.len(), "{what}");
    let worst = got.iter().zip(want).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(worst < 1e-4, "{what}: {worst}");
}
