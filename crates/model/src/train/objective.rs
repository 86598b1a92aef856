//! What the training loop asks of a network.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::Window;
use crate::Noise;

/// A network with a loss.
pub trait Objective: Module {
    /// Names of the terms that [`Objective::losses`] reports.
    const TERMS: &'static [&'static str];
    /// Cells `B·N²` of an evaluation batch.
    const EVALUATION_CELLS: usize = 1 << 16;
    /// Whether the loss of a sample depends on that sample alone, as training with privacy needs; batch normalisation mixes samples.
    const GRADIENTS_PER_SAMPLE: bool = false;
    /// One training example.
    type Sample: std::fmt::Debug;
    /// Many of them as tensors.
    type Batch;

    /// Number of spans of an example.
    fn size(sample: &Self::Sample) -> usize;

    /// Collects examples into tensors.
    fn collate(&self, samples: &[&Self::Sample], device: &Device) -> Self::Batch;

    /// The settings that the loss depends on, in words: a resumed run must have the same.
    fn settings(&self) -> String;

    /// Parameters that learn in some of the `epochs` only.
    fn window(&self, _epochs: usize) -> Window {
        Window::default()
    }

    /// Loss of a batch. `noise` is given in training only.
    fn losses(&self, batch: &Self::Batch, noise: Option<&mut Noise>, progress: Progress) -> Losses;
}

/// How far a training is.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Epochs that are done, with the share of the current one.
    pub done: f64,
    /// All epochs.
    pub epochs: usize,
}

impl Progress {
    /// The end of a training of any length.
    pub const END: Self = Self { done: 1.0, epochs: 1 };

    /// Share of the epochs that are done, in 0–1.
    pub fn share(self) -> f64 {
        self.done / self.epochs as f64
    }
}

/// Loss of a batch, each of shape `[1]` and averaged over the batch.
#[derive(Debug)]
pub struct Losses {
    /// What is minimised.
    pub total: Tensor<1>,
    /// Terms in the order of [`Objective::TERMS`], unweighted.
    pub terms: Vec<Tensor<1>>,
}
