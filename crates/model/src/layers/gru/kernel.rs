//! Forward and backward pass of a gated recurrent unit over packed sequences, on plain slices.
//!
//! Sequences do not depend on each other, so they are dealt out to lanes of [`LANE`] sequences that run in parallel. What a lane is does
//! not depend on the number of threads, and neither do the results.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, Slice};
use rayon::prelude::*;

use crate::layers::{Direction, Packing};

/// Sequences a lane.
const LANE: usize = 16;

/// What the operation reads.
pub(super) struct Inputs<'a> {
    /// Projected inputs, `[rows, 3H]`.
    pub x: ArrayView2<'a, f32>,
    /// Initial states, `[sequences, H]`.
    pub start: ArrayView2<'a, f32>,
    /// Hidden weights, `[H, 3H]`.
    pub hidden: ArrayView2<'a, f32>,
    /// Hidden biases, `[3H]`.
    pub bias: ArrayView1<'a, f32>,
    pub packing: &'a Packing,
    pub direction: Direction,
}

/// Gates r, z, n and the product `h U_n + b_n` of every row, `[rows, 4H]`: what the backward pass needs.
pub(super) type Gates = Array2<f32>;

/// Gradients of everything in [`Inputs`].
pub(super) struct InputGradients {
    pub x: Array2<f32>,
    pub start: Array2<f32>,
    pub hidden: Array2<f32>,
    pub bias: Array1<f32>,
}

impl Inputs<'_> {
    fn width(&self) -> usize {
        self.start.ncols()
    }

    fn lanes(&self) -> usize {
        self.packing.sequences().div_ceil(LANE)
    }

    /// Rows of the whole packing that a lane's rows stand for.
    fn rows_of(&self, lane: usize, packing: &Packing) -> Vec<usize> {
        let stride = self.lanes();
        let row = |step: usize, i: usize| self.packing.row(lane + i * stride, step);
        (0..packing.steps()).flat_map(|step| (0..packing.alive(step)).map(move |i| row(step, i))).collect()
    }

    /// Steps of a packing in the order of reading.
    fn order(&self, packing: &Packing) -> Vec<usize> {
        match self.direction {
            Direction::Forward => (0..packing.steps()).collect(),
            Direction::Backward => (0..packing.steps()).rev().collect(),
        }
    }

    /// States after every row, `[rows, H]`, and the gates.
    pub fn forward(&self) -> (Array2<f32>, Gates) {
        let (rows, h) = (self.packing.rows(), self.width());
        let lanes: Vec<_> = (0..self.lanes()).into_par_iter().map(|lane| self.forward_lane(lane)).collect();
        let (mut states, mut gates) = (Array2::zeros((rows, h)), Array2::zeros((rows, 4 * h)));
        for (places, lane_states, lane_gates) in lanes {
            for (i, row) in places.into_iter().enumerate() {
                states.row_mut(row).assign(&lane_states.row(i));
                gates.row_mut(row).assign(&lane_gates.row(i));
            }
        }
        (states, gates)
    }

    fn forward_lane(&self, lane: usize) -> (Vec<usize>, Array2<f32>, Gates) {
        let (h, stride) = (self.width(), self.lanes());
        let packing = self.packing.lane(lane, stride);
        let places = self.rows_of(lane, &packing);
        let (mut states, mut gates) = (Array2::zeros((places.len(), h)), Array2::zeros((places.len(), 4 * h)));
        let mut state = self.start.slice_axis(Axis(0), Slice::new(lane as isize, None, stride as isize)).to_owned();
        let mut product = Array2::<f32>::zeros((packing.sequences(), 3 * h));
        for step in self.order(&packing) {
            let alive = packing.alive(step);
            let mut product = product.slice_axis_mut(Axis(0), Slice::from(..alive));
            product.assign(&self.bias.broadcast((alive, 3 * h)).expect("a row for every sequence"));
            general_mat_mul(1.0, &state.slice_axis(Axis(0), Slice::from(..alive)), &self.hidden, 1.0, &mut product);
            for i in 0..alive {
                let row = packing.row(i, step);
                let x = self.x.row(places[row]);
                let (x, p) = (x.as_slice().expect("contiguous rows"), product.row(i));
                let (p, mut gate, mut h_now) = (p.to_slice().expect("contiguous rows"), gates.row_mut(row), state.row_mut(i));
                let gate = gate.as_slice_mut().expect("contiguous rows");
                let h_now = h_now.as_slice_mut().expect("contiguous rows");
                cell(x, p, gate, h_now);
                states.row_mut(row).as_slice_mut().expect("contiguous rows").copy_from_slice(h_now);
            }
        }
        (places, states, gates)
    }

    /// Gradients from those of the states, `gradient: [rows, H]`.
    pub fn backward(&self, states: &ArrayView2<'_, f32>, gates: &Gates, gradient: &ArrayView2<'_, f32>) -> InputGradients {
        let (rows, h, stride) = (self.packing.rows(), self.width(), self.lanes());
        let lanes: Vec<_> = (0..stride).into_par_iter().map(|lane| self.backward_lane(lane, states, gates, gradient)).collect();
        let mut all = InputGradients {
            x: Array2::zeros((rows, 3 * h)),
            start: Array2::zeros((self.packing.sequences(), h)),
            hidden: Array2::zeros((h, 3 * h)),
            bias: Array1::zeros(3 * h),
        };
        for (lane, (places, part)) in lanes.into_iter().enumerate() {
            for (i, row) in places.into_iter().enumerate() {
                all.x.row_mut(row).assign(&part.x.row(i));
            }
            all.start.slice_axis_mut(Axis(0), Slice::new(lane as isize, None, stride as isize)).assign(&part.start);
            all.hidden += &part.hidden;
            all.bias += &part.bias;
        }
        all
    }

    fn backward_lane(
        &self,
        lane: usize,
        states: &ArrayView2<'_, f32>,
        gates: &Gates,
        gradient: &ArrayView2<'_, f32>,
    ) -> (Vec<usize>, InputGradients) {
        let (h, stride) = (self.width(), self.lanes());
        let packing = self.packing.lane(lane, stride);
        let places = self.rows_of(lane, &packing);
        let start = self.start.slice_axis(Axis(0), Slice::new(lane as isize, None, stride as isize));
        let order = self.order(&packing);
        let mut x = Array2::<f32>::zeros((places.len(), 3 * h));
        // Gradient of `h U + b`, and the states that it was computed from.
        let mut product = Array2::<f32>::zeros((places.len(), 3 * h));
        let mut before = Array2::<f32>::zeros((places.len(), h));
        let mut carry = Array2::<f32>::zeros((packing.sequences(), h));
        for &step in order.iter().rev() {
            let alive = packing.alive(step);
            let rows = packing.row(0, step)..packing.row(0, step) + alive;
            for (i, row) in rows.clone().enumerate() {
                let place = places[row];
                let earlier = self.row_before(&packing, &places, i, step).map_or_else(|| start.row(i), |place| states.row(place));
                before.row_mut(row).assign(&earlier);
                let mut d = carry.row_mut(i);
                d += &gradient.row(place);
                let gate = gates.row(place);
                cell_backward(
                    gate.to_slice().expect("contiguous rows"),
                    before.row(row).to_slice().expect("contiguous rows"),
                    d.as_slice_mut().expect("contiguous rows"),
                    x.row_mut(row).as_slice_mut().expect("contiguous rows"),
                    product.row_mut(row).as_slice_mut().expect("contiguous rows"),
                );
            }
            let mut carry = carry.slice_axis_mut(Axis(0), Slice::from(..alive));
            general_mat_mul(1.0, &product.slice_axis(Axis(0), Slice::from(rows)), &self.hidden.t(), 1.0, &mut carry);
        }
        let hidden = before.t().dot(&product);
        let bias = product.sum_axis(Axis(0));
        (places, InputGradients { x, start: carry, hidden, bias })
    }

    /// Row of the state that the `i`-th sequence of a lane had before `step`; `None` where it was the initial one.
    fn row_before(&self, packing: &Packing, places: &[usize], i: usize, step: usize) -> Option<usize> {
        let step = match self.direction {
            Direction::Forward => step.checked_sub(1)?,
            Direction::Backward => step + 1,
        };
        (step < packing.steps() && i < packing.alive(step)).then(|| places[packing.row(i, step)])
    }
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// tanh through the one exponential that a sigmoid takes: libm's is several times slower, and gates need no more than f32's absolute precision.
fn tanh(x: f32) -> f32 {
    2.0 * sigmoid(2.0 * x) - 1.0
}

/// One step of one sequence: `gate` takes r, z, n and the product of the n gate, `state` is replaced by the next one.
fn cell(x: &[f32], product: &[f32], gate: &mut [f32], state: &mut [f32]) {
    let h = state.len();
    for j in 0..h {
        let r = sigmoid(x[j] + product[j]);
        let z = sigmoid(x[h + j] + product[h + j]);
        let n = tanh(x[2 * h + j] + r * product[2 * h + j]);
        gate[j] = r;
        gate[h + j] = z;
        gate[2 * h + j] = n;
        gate[3 * h + j] = product[2 * h + j];
        state[j] = n + z * (state[j] - n);
    }
}

/// The same backwards: `d` is the gradient of the state after the step and becomes the direct part of the one before it.
fn cell_backward(gate: &[f32], before: &[f32], d: &mut [f32], x: &mut [f32], product: &mut [f32]) {
    let h = d.len();
    for j in 0..h {
        let (r, z, n, product_n) = (gate[j], gate[h + j], gate[2 * h + j], gate[3 * h + j]);
        let d_n = d[j] * (1.0 - z) * (1.0 - n * n);
        let d_z = d[j] * (before[j] - n) * z * (1.0 - z);
        let d_r = d_n * product_n * r * (1.0 - r);
        (x[j], x[h + j], x[2 * h + j]) = (d_r, d_z, d_n);
        (product[j], product[h + j], product[2 * h + j]) = (d_r, d_z, d_n * r);
        d[j] *= z;
    }
}
