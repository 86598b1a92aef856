//! Graph convolution.

use burn::config::Config;
use burn::module::{Initializer, Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};

use crate::GraphBatch;

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
    /// Convolves every graph of a batch: pads the rows, mixes them by the adjacency (whose zeros mask the padding), and packs them.
    ///
    /// # Shapes
    /// - `x`: `[M, d_input]`
    /// - `adjacency`: `[B, N, N]`, row = receiving span; or `[1, N, N]` where all graphs share it
    /// - output: `[M, d_output]`
    pub fn forward(&self, x: Tensor<2>, adjacency: Tensor<3>, batch: &GraphBatch) -> Tensor<2> {
        let mixed = adjacency.matmul(batch.pad(self.weight.forward(x)));
        batch.pack(mixed) + self.bias.val().unsqueeze::<2>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Graph;

    #[test]
    fn features_are_mixed_by_the_adjacency_of_their_own_graph() {
        let device = Device::flex();
        let mut gcn = GcnConfig::new(1, 1).init(&device);
        gcn.weight.weight = Param::from_tensor(Tensor::from_floats([[2.0]], &device));
        gcn.bias = Param::from_tensor(Tensor::from_floats([1.0], &device));
        let graph = |n: usize, edges: &[(usize, usize)]| Graph {
            services: vec![0; n],
            operations: vec![0; n],
            durations: vec![0.0; n],
            edges: edges.to_vec(),
            class: 0,
        };
        let (pair, single) = (graph(2, &[(0, 1)]), graph(1, &[]));
        let batch = GraphBatch::new(&[&pair, &single], &device);
        let x = Tensor::from_floats([[1.0], [2.0], [3.0]], &device);
        let out = gcn.forward(x, batch.adjacency.clone(), &batch).into_data().try_to_vec::<f32>().unwrap();
        // Both spans of the pair have degree 2 with their self-loops: (1 + 2) / 2 · 2 + 1; the single span: 3 · 2 + 1.
        for (got, want) in out.iter().zip([4.0, 4.0, 7.0]) {
            assert!((got - want).abs() < 1e-5, "{out:?}");
        }
    }
}
