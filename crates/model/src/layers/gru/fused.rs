//! The kernel as an operation of burn's CPU backend, with its gradient.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::{Tensor, TensorData};
use ndarray::{Array, ArrayView1, ArrayView2, Dimension};

use super::kernel::{Gates, Inputs};
use crate::layers::{Direction, Packing};

type FlexTensor = FloatTensor<Flex>;

/// States after every step; see [`super::PackedGru::forward`] for the shapes.
pub(super) fn forward(
    x: Tensor<2>,
    start: Tensor<2>,
    hidden: Tensor<2>,
    bias: Tensor<1>,
    packing: &Packing,
    direction: Direction,
) -> Tensor<2> {
    let [x, start, hidden] = [x, start, hidden].map(Tensor::into_dispatch);
    let states = <Dispatch as GruBackend>::gru(x, start, hidden, bias.into_dispatch(), packing.clone(), direction);
    Tensor::from_dispatch(states)
}

#[backend_extension(Autodiff, Flex)]
trait GruBackend: Backend {
    fn gru(
        x: FloatTensor<Self>,
        start: FloatTensor<Self>,
        hidden: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        packing: Packing,
        direction: Direction,
    ) -> FloatTensor<Self>;
}

/// Tensors of the operation in contiguous storage.
#[derive(Debug, Clone)]
struct Operands {
    x: FlexTensor,
    start: FlexTensor,
    hidden: FlexTensor,
    bias: FlexTensor,
    packing: Packing,
    direction: Direction,
}

impl Operands {
    fn new([x, start, hidden, bias]: [FlexTensor; 4], packing: Packing, direction: Direction) -> Self {
        let [x, start, hidden, bias] = [x, start, hidden, bias].map(|tensor| contiguous(&tensor));
        Self { x, start, hidden, bias, packing, direction }
    }

    fn inputs(&self) -> Inputs<'_> {
        Inputs {
            x: matrix(&self.x),
            start: matrix(&self.start),
            hidden: matrix(&self.hidden),
            bias: ArrayView1::from(values(&self.bias)),
            packing: &self.packing,
            direction: self.direction,
        }
    }
}

fn contiguous(tensor: &FlexTensor) -> FlexTensor {
    if tensor.as_slice::<f32>().is_some() { tensor.clone() } else { tensor.to_contiguous() }
}

fn values(tensor: &FlexTensor) -> &[f32] {
    tensor.as_slice().expect("made contiguous before")
}

fn matrix(tensor: &FlexTensor) -> ArrayView2<'_, f32> {
    let shape = tensor.layout().shape();
    ArrayView2::from_shape((shape[0], shape[1]), values(tensor)).expect("as many values as the shape says")
}

fn tensor<D: Dimension>(array: Array<f32, D>) -> FlexTensor {
    let shape = array.shape().to_vec();
    FlexTensor::from_data(TensorData::new(array.into_raw_vec_and_offset().0, shape))
}

impl GruBackend for Flex {
    fn gru(x: FlexTensor, start: FlexTensor, hidden: FlexTensor, bias: FlexTensor, packing: Packing, direction: Direction) -> FlexTensor {
        tensor(Operands::new([x, start, hidden, bias], packing, direction).inputs().forward().0)
    }
}

/// What the backward pass reads.
#[derive(Debug, Clone)]
struct Saved {
    operands: Operands,
    states: FlexTensor,
    gates: Gates,
}

#[derive(Debug)]
struct GruBackward;

impl Backward<Flex, 4> for GruBackward {
    type State = Saved;

    fn backward(self, ops: Ops<Saved, 4>, gradients: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let Saved { operands, states, gates } = ops.state;
        let gradient = contiguous(&gradients.consume::<Flex>(&ops.node));
        let of = operands.inputs().backward(&matrix(&states), &gates, &matrix(&gradient));
        let parts = [tensor(of.x), tensor(of.start), tensor(of.hidden), tensor(of.bias)];
        for (parent, part) in ops.parents.into_iter().zip(parts) {
            if let Some(parent) = parent {
                gradients.register::<Flex>(parent.id, part);
            }
        }
    }
}

impl<C: CheckpointStrategy> GruBackend for Autodiff<Flex, C> {
    fn gru(
        x: FloatTensor<Self>,
        start: FloatTensor<Self>,
        hidden: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        packing: Packing,
        direction: Direction,
    ) -> FloatTensor<Self> {
        let tensors = [x, start, hidden, bias];
        let nodes = [0, 1, 2, 3].map(|i: usize| tensors[i].node());
        let operands = Operands::new(tensors.map(|tensor| tensor.into_primitive()), packing, direction);
        let (states, gates) = operands.inputs().forward();
        let states = tensor(states);
        match GruBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(Saved { operands, states: states.clone(), gates }, states),
            OpsKind::UnTracked(prep) => prep.finish(states),
        }
    }
}
