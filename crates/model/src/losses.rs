//! Terms of losses that networks share.

use burn::nn::loss::CrossEntropyLossConfig;
use burn::tensor::activation::log_sigmoid;
use burn::tensor::{Int, Tensor};

use crate::{GraphBatch, Noise};

/// KL(N(μ, σ²) ‖ N(0, 1)) of every row, `[rows, L]` → `[rows, 1]`.
pub(crate) fn kl(mean: &Tensor<2>, log_variance: &Tensor<2>) -> Tensor<2> {
    let inside = log_variance.clone() + 1.0 - mean.clone() * mean.clone() - log_variance.clone().exp();
    inside.sum_dim(1) * -0.5
}

/// μ + σ·ε, or μ without noise.
pub(crate) fn sample(mean: Tensor<2>, log_variance: Tensor<2>, noise: Option<&mut Noise>) -> Tensor<2> {
    let Some(noise) = noise else { return mean };
    let [rows, columns] = mean.dims();
    let epsilon = noise.normal(rows, columns, &mean.device());
    mean + (log_variance * 0.5).exp() * epsilon
}

/// Mean cross-entropy over spans, `[M, C]` logits and `[M]` targets; weighted as a weighted mean.
pub(crate) fn cross_entropy(logits: Tensor<2>, targets: &Tensor<1, Int>, weights: Option<&[f32]>) -> Tensor<1> {
    let loss = CrossEntropyLossConfig::new().with_weights(weights.map(<[f32]>::to_vec)).init(&logits.device());
    loss.forward(logits, targets.clone())
}

/// Weighted binary cross-entropy over pairs, logits `[P, 1]`. With l the logit, −ln(1 − σ(l)) = l − ln σ(l).
pub(crate) fn edge_loss(logits: Tensor<2>, batch: &GraphBatch, positive_cap: f64, negative_weight: f64) -> Tensor<1> {
    let pairs = batch.pair_count();
    if pairs == 0 {
        return Tensor::zeros([1], &logits.device());
    }
    let negatives = (pairs - batch.edge_count.min(pairs)) as f64;
    // In a batch of very small graphs edges outnumber the other pairs; they must still count.
    let positive_weight = (negatives / batch.edge_count.max(1) as f64).sqrt().clamp(1.0, positive_cap.max(1.0));
    let log_likelihood = log_sigmoid(logits.clone());
    let missing = (logits - log_likelihood.clone()) * (batch.edges.clone() * -1.0 + 1.0) * negative_weight;
    let present = log_likelihood * batch.edges.clone() * -positive_weight;
    (missing + present).mean()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Graph;
    use burn::tensor::Device;

    fn chain() -> Graph {
        Graph { services: vec![0, 1], operations: vec![0, 1], durations: vec![0.0; 2], edges: vec![(0, 1)], class: 0 }
    }

    #[test]
    fn kl_of_a_unit_gaussian_is_zero_and_of_a_shifted_one_half() {
        let zeros = Tensor::<2>::zeros([1, 2], &Device::flex());
        assert_eq!(kl(&zeros, &zeros).into_scalar::<f32>(), 0.0);
        let shifted = Tensor::from_floats([[1.0, 0.0]], &Device::flex());
        assert_eq!(kl(&shifted, &zeros).into_scalar::<f32>(), 0.5);
    }

    #[test]
    fn cross_entropy_of_even_logits_is_ln_2_with_and_without_weights() {
        let batch = GraphBatch::new(&[&chain()], &Device::flex());
        for weights in [None, Some(&[1.0, 3.0][..])] {
            let loss = cross_entropy(Tensor::zeros([2, 2], &Device::flex()), &batch.services, weights);
            assert!((loss.into_scalar::<f32>() - 2f32.ln()).abs() < 1e-6);
        }
    }

    #[test]
    fn edges_are_weighted_and_a_batch_without_pairs_costs_nothing() {
        let star = Graph { services: vec![0; 3], operations: vec![0; 3], durations: vec![0.0; 3], edges: vec![(0, 1), (0, 2)], class: 0 };
        let batch = GraphBatch::new(&[&star], &Device::flex());
        let loss = edge_loss(Tensor::zeros([3, 1], &Device::flex()), &batch, 5.0, 2.0).into_scalar::<f32>();
        // Two edges of weight 1 (√(1/2) is raised to 1) and one other pair of weight 2, all at probability ½.
        assert!((loss - 4.0 / 3.0 * 2f32.ln()).abs() < 1e-6, "{loss}");
        let single = Graph { services: vec![0], operations: vec![0], durations: vec![0.0], edges: vec![], class: 0 };
        let batch = GraphBatch::new(&[&single], &Device::flex());
        assert_eq!(edge_loss(Tensor::zeros([0, 1], &Device::flex()), &batch, 5.0, 2.0).into_scalar::<f32>(), 0.0);
    }
}
