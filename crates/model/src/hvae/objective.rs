//! The training objective of the paper.

use burn::tensor::{Device, Tensor};

use super::network::Hvae;
use super::{Decoded, DurationLoss};
use crate::losses::{cross_entropy, edge_loss, kl, sample};
use crate::train::{Losses, Objective, Progress};
use crate::{Graph, GraphBatch, Noise};

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

fn duration_loss(decoded: &Decoded, batch: &GraphBatch, loss: DurationLoss) -> Tensor<1> {
    let error = decoded.durations.clone() - batch.durations.clone();
    match loss {
        DurationLoss::L1 => error.abs().mean(),
        DurationLoss::Mse => (error.clone() * error).mean(),
    }
}
