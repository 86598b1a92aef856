//! The training objective of the paper.

use burn::tensor::activation::{log_sigmoid, log_softmax};
use burn::tensor::{Device, Int, Tensor, TensorData};

use super::{Decoded, DurationLoss, Hvae};
use crate::train::{Losses, Objective, Progress};
use crate::{Graph, GraphBatch, Noise, Sizes};

/// Weights of services and operations in the cross-entropies; `None` for equal weights.
#[derive(Debug, Clone, Default)]
pub struct ClassWeights {
    services: Option<Vec<f32>>,
    operations: Option<Vec<f32>>,
}

impl ClassWeights {
    /// Inverse frequencies, scaled to a median of 1 and cut at `cap`.
    pub(super) fn inverse_frequency(graphs: &[Graph], sizes: &Sizes, cap: f64) -> Self {
        let weights = |classes: usize, ids: &dyn Fn(&Graph) -> &[u32]| {
            let mut counts = vec![0usize; classes];
            graphs.iter().for_each(|g| ids(g).iter().for_each(|&id| counts[id as usize] += 1));
            let inverse: Vec<f64> = counts.iter().map(|&count| 1.0 / count.max(1) as f64).collect();
            let mut sorted = inverse.clone();
            sorted.sort_by(f64::total_cmp);
            let median = sorted.get(classes / 2).copied().unwrap_or(1.0);
            inverse.iter().map(|weight| (weight / median).min(cap) as f32).collect()
        };
        Self { services: Some(weights(sizes.services, &|g| &g.services)), operations: Some(weights(sizes.operations, &|g| &g.operations)) }
    }
}

impl Objective for Hvae {
    const TERMS: &'static [&'static str] = &["service", "operation", "duration", "edge", "kl_graph", "kl_node"];
    type Sample = Graph;
    type Batch = GraphBatch;

    fn size(sample: &Graph) -> usize {
        sample.len()
    }

    fn collate(&self, samples: &[&Graph], device: &Device) -> GraphBatch {
        GraphBatch::new(samples, device)
    }

    fn settings(&self) -> String {
        format!("{:?} {:?}", self.config, self.weights)
    }

    fn losses(&self, batch: &GraphBatch, mut noise: Option<&mut Noise>, progress: Progress) -> Losses {
        let config = &self.config;
        let posterior = self.encoder.forward(batch, noise.as_deref_mut());
        let kl_graph = kl(&posterior.graph_mean, &posterior.graph_log_variance).mean();
        let kl_node = kl(&posterior.node_mean, &posterior.node_log_variance).mean();
        let z_graph = sample(posterior.graph_mean, posterior.graph_log_variance, noise.as_deref_mut());
        let z_node = sample(posterior.node_mean, posterior.node_log_variance, noise.as_deref_mut());
        let skip = config.skip.then_some(posterior.hidden);
        let decoded = self.decoder.forward(batch, z_graph, z_node, skip, noise);

        let service = cross_entropy(decoded.services.clone(), &batch.services, self.weights.services.as_deref());
        let operation = cross_entropy(decoded.operations.clone(), &batch.operations, self.weights.operations.as_deref());
        let duration = duration_loss(&decoded, batch, config.duration_loss);
        let edge = edge_loss(decoded.edges, batch, config.positive_cap, config.negative_weight);
        let beta = config.beta * if config.warm_up > 0.0 { (progress.share() / config.warm_up).min(1.0) } else { 1.0 };
        let total = service.clone()
            + operation.clone() * config.operation_weight
            + duration.clone()
            + edge.clone() * config.edge_weight
            + (kl_graph.clone() + kl_node.clone() * config.node_kl) * beta;
        Losses { total, terms: vec![service, operation, duration, edge, kl_graph, kl_node] }
    }
}

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
    let log_likelihood = log_softmax(logits, 1).gather(1, targets.clone().unsqueeze_dim(1));
    let Some(weights) = weights else { return -log_likelihood.mean() };
    let table = Tensor::<1>::from_data(TensorData::new(weights.to_vec(), [weights.len()]), &log_likelihood.device());
    let row_weights = table.select(0, targets.clone()).unsqueeze_dim::<2>(1);
    -(log_likelihood * row_weights.clone()).sum() / row_weights.sum()
}

fn duration_loss(decoded: &Decoded, batch: &GraphBatch, loss: DurationLoss) -> Tensor<1> {
    let error = decoded.durations.clone() - batch.durations.clone();
    match loss {
        DurationLoss::L1 => error.abs().mean(),
        DurationLoss::Mse => (error.clone() * error).mean(),
    }
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

    #[test]
    fn class_weights_are_capped_multiples_of_the_median() {
        let graph = Graph { services: vec![0, 0, 0, 0, 1, 1, 2], ..chain() };
        let sizes = Sizes { services: 3, operations: 2, max_spans: 7 };
        let weights = ClassWeights::inverse_frequency(&[graph], &sizes, 1.5);
        assert_eq!(weights.services.unwrap(), [0.5, 1.0, 1.5]);
    }
}
