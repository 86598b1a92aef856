//! The latents of a batch on the host: between a network and whoever describes or draws them.

use burn::tensor::{Device, Tensor, TensorData};

use crate::hvae::floats;

/// Latents of a batch, one row each.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Latents {
    /// Latent of every trace.
    pub graphs: Vec<Vec<f32>>,
    /// Latent of every span, trace after trace; none for a network with one latent a trace.
    pub spans: Vec<Vec<f32>>,
}

/// The rows of a tensor.
pub(crate) fn rows(tensor: Tensor<2>) -> Vec<Vec<f32>> {
    let [_, columns] = tensor.dims();
    floats(tensor).chunks(columns.max(1)).map(<[f32]>::to_vec).collect()
}

/// A tensor of rows with `columns` values each.
pub(crate) fn tensor(rows: &[Vec<f32>], columns: usize, device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(rows.concat(), [rows.len(), columns]), device)
}
