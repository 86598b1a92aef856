//! Small pieces of networks over rows.

use burn::module::{Initializer, Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Int, Tensor};

/// Two linear layers with a ReLU between them.
#[derive(Module, Debug)]
pub struct Mlp {
    hidden: Linear,
    output: Linear,
}

impl Mlp {
    /// `inputs` → `hidden` → `outputs` columns.
    pub fn new(inputs: usize, hidden: usize, outputs: usize, device: &Device) -> Self {
        Self { hidden: LinearConfig::new(inputs, hidden).init(device), output: LinearConfig::new(hidden, outputs).init(device) }
    }

    /// `[n, inputs]` → `[n, outputs]`.
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        self.output.forward(relu(self.hidden.forward(x)))
    }
}

/// A learnt vector for each of some ids.
#[derive(Module, Debug)]
pub struct Lookup {
    vectors: Param<Tensor<2>>,
}

impl Lookup {
    /// `ids` vectors of `width` units, drawn from N(0, 0.1²).
    pub fn new(ids: usize, width: usize, device: &Device) -> Self {
        Self { vectors: Initializer::Normal { mean: 0.0, std: 0.1 }.init([ids, width], device) }
    }

    /// `[n]` → `[n, width]`.
    pub fn forward(&self, ids: &Tensor<1, Int>) -> Tensor<2> {
        self.vectors.val().select(0, ids.clone())
    }
}
