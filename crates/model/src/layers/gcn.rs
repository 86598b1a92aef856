//! Graph convolution.

use burn::config::Config;
use burn::module::{Initializer, Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};

/// Configuration of a [`Gcn`].
#[derive(Config, Debug)]
pub struct GcnConfig {
    /// Input features.
    pub d_input: usize,
    /// Output features.
    pub d_output: usize,
}

/// The graph convolution of Kipf & Welling (2017), "Semi-Supervised Classification with Graph Convolutional Networks":
///
/// `H' = Â H W + b`, with `Â` the normalised adjacency that the caller gives.
#[derive(Module, Debug)]
pub struct Gcn {
    /// `W` of shape `[d_input, d_output]`, Glorot-uniform.
    pub weight: Linear,
    /// `b` of shape `[d_output]`, zeros.
    pub bias: Param<Tensor<1>>,
}

impl GcnConfig {
    /// Initialises the layer.
    pub fn init(&self, device: &Device) -> Gcn {
        let weight =
            LinearConfig::new(self.d_input, self.d_output).with_bias(false).with_initializer(Initializer::XavierUniform { gain: 1.0 });
        Gcn { weight: weight.init(device), bias: Initializer::Zeros.init([self.d_output], device) }
    }
}

impl Gcn {
    /// Convolves every graph of a batch.
    ///
    /// # Shapes
    /// - `x`: `[B·N, d_input]`, rows graph by graph
    /// - `adjacency`: `[B, N, N]`, row = receiving span; or `[1, N, N]` where all graphs share it
    /// - output: `[B·N, d_output]`
    pub fn forward(&self, x: Tensor<2>, adjacency: Tensor<3>) -> Tensor<2> {
        let [_, nodes, _] = adjacency.dims();
        let h = self.weight.forward(x);
        let [rows, columns] = h.dims();
        let mixed = adjacency.matmul(h.reshape([rows / nodes, nodes, columns]));
        mixed.reshape([rows, columns]) + self.bias.val().unsqueeze::<2>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_mixed_by_the_adjacency_of_their_own_graph() {
        let device = Device::flex();
        let mut gcn = GcnConfig::new(1, 1).init(&device);
        gcn.weight.weight = Param::from_tensor(Tensor::from_floats([[2.0]], &device));
        gcn.bias = Param::from_tensor(Tensor::from_floats([1.0], &device));
        let x = Tensor::from_floats([[1.0], [2.0], [3.0], [4.0]], &device);
        let adjacency = Tensor::from_floats([[[0.0, 1.0], [1.0, 0.0]], [[0.5, 0.5], [0.0, 0.0]]], &device);
        let out = gcn.forward(x, adjacency).into_data().try_to_vec::<f32>().unwrap();
        assert_eq!(out, [5.0, 3.0, 8.0, 1.0]);
    }
}
