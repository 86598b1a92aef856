//! Random numbers for training and sampling, drawn on the host so that one seed gives one result on every device and thread count.

use burn::tensor::{Device, Tensor};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::host::tensor;

/// A stream of noise tensors.
#[derive(Debug, Clone)]
pub struct Noise(ChaCha8Rng);

impl Noise {
    /// The stream `name` below `seed`, see [`tracesmith_trace::rng`].
    pub fn new(seed: u64, name: &str) -> Self {
        Self(tracesmith_trace::rng(seed, name))
    }

    /// Standard normal draws of shape `[rows, columns]`.
    pub fn normal(&mut self, rows: usize, columns: usize, device: &Device) -> Tensor<2> {
        let draws: Vec<f32> = (0..rows * columns).map(|_| StandardNormal.sample(&mut self.0)).collect();
        tensor(draws, [rows, columns], device)
    }

    /// Sets each element of `x` to zero with probability `rate` (in steps of 1/256) and scales the others so that the mean stays.
    pub fn dropout(&mut self, x: Tensor<2>, rate: f64) -> Tensor<2> {
        let dropped = (rate * 256.0).round().clamp(0.0, 255.0) as u8;
        if dropped == 0 {
            return x;
        }
        let [rows, columns] = x.dims();
        let mut bytes = vec![0u8; rows * columns];
        self.0.fill_bytes(&mut bytes);
        let scale = 256.0 / (256.0 - f32::from(dropped));
        let mask: Vec<f32> = bytes.iter().map(|&byte| if byte < dropped { 0.0 } else { scale }).collect();
        let mask = tensor(mask, [rows, columns], &x.device());
        x * mask
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropout_keeps_the_mean_and_drops_the_rate() {
        let x = Tensor::<2>::ones([100, 100], &Device::flex());
        let values = Noise::new(0, "test").dropout(x, 0.25).into_data().try_to_vec::<f32>().unwrap();
        let dropped = values.iter().filter(|&&v| v == 0.0).count() as f64 / 1e4;
        let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / 1e4;
        assert!((dropped - 0.25).abs() < 0.02, "{dropped}");
        assert!((mean - 1.0).abs() < 0.03, "{mean}");
    }

    #[test]
    fn normal_draws_repeat_and_are_standard() {
        let draw = || Noise::new(7, "z").normal(100, 100, &Device::flex()).into_data().try_to_vec::<f32>().unwrap();
        let values = draw();
        assert_eq!(values, draw());
        let variance = values.iter().map(|&v| f64::from(v * v)).sum::<f64>() / 1e4;
        assert!((variance - 1.0).abs() < 0.05, "{variance}");
    }
}
