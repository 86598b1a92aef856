//! A gated recurrent unit over packed sequences.
//!
//! burn's own recurrent layers run on padded batches and record every gate of every step for the backward pass, which costs more than the
//! arithmetic. Here a whole sequence is one operation with a backward pass of its own on the CPU ([`fused`]); other devices take the same
//! equations step by step ([`PackedGru::composed`]), which is also what the tests hold the kernel against.

mod fused;
mod kernel;

use burn::module::{Initializer, Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor};

use crate::layers::{Direction, Packing};

/// Gated recurrent unit (Cho et al. 2014, with the reset gate applied after the product as in cuDNN):
/// `r = σ(x W_r + h U_r + b_r)`, `z = σ(x W_z + h U_z + b_z)`, `n = tanh(x W_n + r ⊙ (h U_n + b_n))`, `h' = (1 − z) ⊙ n + z ⊙ h`.
#[derive(Module, Debug)]
pub struct PackedGru {
    /// Input weights of the gates r, z and n side by side, with bias.
    input: Linear,
    /// Hidden weights, `[H, 3H]`.
    hidden: Param<Tensor<2>>,
    /// Hidden biases, `[3H]`.
    hidden_bias: Param<Tensor<1>>,
    width: usize,
}

impl PackedGru {
    /// A unit of `width` hidden units over inputs of `inputs` columns.
    pub fn new(inputs: usize, width: usize, device: &Device) -> Self {
        let bound = 1.0 / (width as f64).sqrt();
        let uniform = Initializer::Uniform { min: -bound, max: bound };
        Self {
            input: LinearConfig::new(inputs, 3 * width).with_initializer(uniform.clone()).init(device),
            hidden: uniform.init([width, 3 * width], device),
            hidden_bias: uniform.init([3 * width], device),
            width,
        }
    }

    /// Number of hidden units `H`.
    pub fn width(&self) -> usize {
        self.width
    }

    /// States after every step, `[rows, H]`, of sequences with inputs `x: [rows, inputs]` and initial states `start: [sequences, H]`.
    pub fn forward(&self, x: Tensor<2>, start: Tensor<2>, packing: &Packing, direction: Direction) -> Tensor<2> {
        let x = self.input.forward(x);
        if x.device().without_autodiff() == Device::flex() {
            fused::forward(x, start, self.hidden.val(), self.hidden_bias.val(), packing, direction)
        } else {
            self.composed(x, start, packing, direction)
        }
    }

    /// The state after one more step of every sequence: `x: [sequences, inputs]`, `state: [sequences, H]`.
    pub fn step(&self, x: Tensor<2>, state: Tensor<2>) -> Tensor<2> {
        self.cell(self.input.forward(x), state)
    }

    /// One step from projected inputs `x: [sequences, 3H]`.
    fn cell(&self, x: Tensor<2>, state: Tensor<2>) -> Tensor<2> {
        let h = self.width;
        let product = state.clone().matmul(self.hidden.val()) + self.hidden_bias.val().unsqueeze();
        let gates = sigmoid(x.clone().narrow(1, 0, 2 * h) + product.clone().narrow(1, 0, 2 * h));
        let (r, z) = (gates.clone().narrow(1, 0, h), gates.narrow(1, h, h));
        let n = (x.narrow(1, 2 * h, h) + r * product.narrow(1, 2 * h, h)).tanh();
        n.clone() + z * (state - n)
    }

    /// [`PackedGru::forward`] from projected inputs by operations of burn, on any device.
    fn composed(&self, x: Tensor<2>, start: Tensor<2>, packing: &Packing, direction: Direction) -> Tensor<2> {
        let steps = packing.steps();
        let mut states: Vec<Option<Tensor<2>>> = vec![None; steps];
        let mut state: Option<Tensor<2>> = None;
        for i in 0..steps {
            let step = if direction == Direction::Forward { i } else { steps - 1 - i };
            let alive = packing.alive(step);
            let known = state.as_ref().map_or(0, |state| state.dims()[0]);
            let before = match state {
                Some(state) if known >= alive => state.narrow(0, 0, alive),
                Some(state) => Tensor::cat(vec![state, start.clone().narrow(0, known, alive - known)], 0),
                None => start.clone().narrow(0, 0, alive),
            };
            let after = self.cell(x.clone().narrow(0, packing.row(0, step), alive), before);
            states[step] = Some(after.clone());
            state = Some(after);
        }
        Tensor::cat(states.into_iter().flatten().collect(), 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Noise;
    use crate::host::floats;
    use crate::train::initialise;
    use burn::tensor::Tensor;

    /// Outputs and the gradients of every input under a fixed random weighting of the outputs.
    fn run(direction: Direction, lengths: &[usize], fused: bool) -> Vec<Vec<f32>> {
        let device = Device::flex().autodiff();
        let gru = initialise(1, &device, |device| PackedGru::new(4, 5, device));
        let packing = Packing::new(lengths);
        let mut noise = Noise::new(3, "test");
        let x = noise.normal(packing.rows(), 4, &device).require_grad();
        let start = noise.normal(lengths.len(), 5, &device).require_grad();
        let weights = noise.normal(packing.rows(), 5, &device);
        let states = if fused {
            gru.forward(x.clone(), start.clone(), &packing, direction)
        } else {
            gru.composed(gru.input.forward(x.clone()), start.clone(), &packing, direction)
        };
        let gradients = (states.clone() * weights).sum().backward();
        let values = |tensor: Tensor<2>| tensor.into_data().try_to_vec::<f32>().unwrap();
        vec![
            values(states),
            values(x.grad(&gradients).unwrap()),
            values(start.grad(&gradients).unwrap()),
            values(gru.hidden.val().grad(&gradients).unwrap()),
            floats(gru.hidden_bias.val().grad(&gradients).unwrap()),
            values(gru.input.weight.val().grad(&gradients).unwrap()),
        ]
    }

    #[test]
    fn the_kernel_agrees_with_the_equations_in_values_and_gradients() {
        let many: Vec<usize> = (1..=37).rev().collect();
        for direction in [Direction::Forward, Direction::Backward] {
            for lengths in [&[4, 4, 2, 1][..], &[1], &many] {
                for (fused, composed) in run(direction, lengths, true).iter().zip(&run(direction, lengths, false)) {
                    assert_eq!(fused.len(), composed.len());
                    for (a, b) in fused.iter().zip(composed) {
                        assert!((a - b).abs() < 2e-4 * (1.0 + b.abs()), "{direction:?} {lengths:?}: {a} {b}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_sequence_is_its_steps() {
        let device = Device::flex();
        let gru = initialise(1, &device, |device| PackedGru::new(4, 5, device));
        let x = Noise::new(3, "test").normal(2, 4, &device);
        let start = Tensor::zeros([1, 5], &device);
        let states = gru.forward(x.clone(), start.clone(), &Packing::new(&[2]), Direction::Forward);
        let first = gru.step(x.clone().narrow(0, 0, 1), start);
        let second = gru.step(x.narrow(0, 1, 1), first);
        (states.narrow(0, 1, 1) - second).into_data().try_to_vec::<f32>().unwrap().iter().for_each(|d| assert!(d.abs() < 1e-6));
    }
}
