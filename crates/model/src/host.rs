//! Values on the host: everything that becomes a tensor, and everything that is read back from one.

use burn::tensor::{Device, Int, Tensor, TensorData};

/// Values of a tensor of 32-bit floats in row-major order.
pub(crate) fn floats<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().convert::<f32>().try_to_vec().expect("converted to f32")
}

/// The rows of a tensor.
pub(crate) fn rows(tensor: Tensor<2>) -> Vec<Vec<f32>> {
    let [_, columns] = tensor.dims();
    floats(tensor).chunks(columns.max(1)).map(<[f32]>::to_vec).collect()
}

/// A tensor of values in row-major order.
///
/// # Panics
/// If there are not as many values as the shape says: that is a programming error.
pub(crate) fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// A tensor of rows with `columns` values each.
pub(crate) fn of_rows(rows: &[Vec<f32>], columns: usize, device: &Device) -> Tensor<2> {
    tensor(rows.concat(), [rows.len(), columns], device)
}

/// Ids as a tensor.
pub(crate) fn ids(values: impl IntoIterator<Item = usize>, device: &Device) -> Tensor<1, Int> {
    let ids: Vec<i32> = values.into_iter().map(|value| value as i32).collect();
    let count = ids.len();
    Tensor::from_data(TensorData::new(ids, [count]), device)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_went() {
        let values = [vec![1.0, 2.0, 3.0], vec![4.0, 5.0, 6.0]];
        assert_eq!(rows(of_rows(&values, 3, &Device::flex())), values);
        assert!(rows(of_rows(&[], 3, &Device::flex())).is_empty());
        assert_eq!(ids([3, 1], &Device::flex()).into_data().convert::<i32>().try_to_vec::<i32>().unwrap(), [3, 1]);
    }
}
