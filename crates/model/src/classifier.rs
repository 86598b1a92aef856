//! The graph classifier of the utility protocols (METRICS, RQ2).

use burn::module::Module;
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::activation::{relu, softmax};
use burn::tensor::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::batch::plan_by_size;
use crate::host;
use crate::layers::{Gcn, GcnConfig, SpanEmbedding, SpanEmbeddingConfig};
use crate::losses::cross_entropy;
use crate::train::{Losses, Objective, Progress, TrainConfig};
use crate::{Graph, GraphBatch, Noise, Sizes};

/// Configuration of a [`Classifier`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ClassifierConfig {
    /// Units of the graph convolutions.
    pub hidden: usize,
    /// How to train. `validation` is the share of the synthetic traces (of the real ones for TRTR) that picks the best epoch.
    pub train: TrainConfig,
}

impl Default for ClassifierConfig {
    fn default() -> Self {
        let train =
            TrainConfig { epochs: 30, batch: 8, learning_rate: 3e-4, weight_decay: 1e-4, patience: 5, validation: 0.2, privacy: None };
        Self { hidden: 128, train }
    }
}

/// Span embeddings, two graph convolutions with LayerNorm, mean pooling, and a two-layer head.
#[derive(Module, Debug)]
pub struct Classifier {
    embedding: SpanEmbedding,
    convolutions: Vec<Gcn>,
    norms: Vec<LayerNorm>,
    inner: Linear,
    outer: Linear,
}

impl ClassifierConfig {
    /// Initialises a classifier into `classes` classes.
    pub fn init(&self, sizes: &Sizes, classes: usize, device: &Device) -> Classifier {
        let spans = SpanEmbeddingConfig::for_sizes(sizes);
        let convolution = |d_input| GcnConfig::new(d_input, self.hidden).init(device);
        Classifier {
            embedding: spans.init(device),
            convolutions: vec![convolution(spans.d_output()), convolution(self.hidden)],
            norms: (0..2).map(|_| LayerNormConfig::new(self.hidden).init(device)).collect(),
            inner: LinearConfig::new(self.hidden, self.hidden).init(device),
            outer: LinearConfig::new(self.hidden, classes).init(device),
        }
    }
}

impl Classifier {
    /// Logits of every graph, `[B, classes]`.
    pub fn forward(&self, batch: &GraphBatch) -> Tensor<2> {
        let mut h = self.embedding.forward(batch);
        for (convolution, norm) in self.convolutions.iter().zip(&self.norms) {
            h = relu(norm.forward(convolution.forward(h, batch.adjacency.clone(), batch)));
        }
        self.outer.forward(relu(self.inner.forward(batch.mean_over_nodes(h))))
    }

    /// Class probabilities of every graph, in the order of `graphs`.
    pub fn predict(&self, graphs: &[Graph], device: &Device) -> Vec<Vec<f64>> {
        let sizes: Vec<usize> = graphs.iter().map(Graph::len).collect();
        let mut probabilities = vec![Vec::new(); graphs.len()];
        for positions in plan_by_size(&sizes, 256, Self::EVALUATION_CELLS) {
            let members: Vec<&Graph> = positions.iter().map(|&i| &graphs[i]).collect();
            let rows = host::rows(softmax(self.forward(&GraphBatch::new(&members, device)), 1));
            for (row, &i) in rows.iter().zip(&positions) {
                probabilities[i] = row.iter().map(|&p| f64::from(p)).collect();
            }
        }
        probabilities
    }
}

impl Objective for Classifier {
    const TERMS: &'static [&'static str] = &[];
    type Sample = Graph;
    type Batch = GraphBatch;

    fn size(sample: &Graph) -> usize {
        sample.len()
    }

    fn collate(&self, samples: &[&Graph], device: &Device) -> GraphBatch {
        GraphBatch::new(samples, device)
    }

    fn settings(&self) -> String {
        "classifier".to_owned()
    }

    fn losses(&self, batch: &GraphBatch, _noise: Option<&mut Noise>, _progress: Progress) -> Losses {
        Losses { total: cross_entropy(self.forward(batch), &batch.classes, None), terms: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::{Run, initialise, train};

    fn graphs(count: usize) -> Vec<Graph> {
        let graph = |i: usize| Graph {
            services: vec![0; 2 + i % 3],
            operations: vec![(i % 2) as u32; 2 + i % 3],
            durations: vec![0.0; 2 + i % 3],
            edges: (1..2 + i % 3).map(|c| (c - 1, c)).collect(),
            class: i % 2,
        };
        (0..count).map(graph).collect()
    }

    #[test]
    fn separable_classes_are_learnt() {
        let sizes = Sizes { services: 1, operations: 2, max_spans: 4 };
        let device = Device::flex();
        let config =
            ClassifierConfig { hidden: 16, train: TrainConfig { epochs: 20, learning_rate: 3e-3, ..ClassifierConfig::default().train } };
        let model = initialise(0, &device.clone().autodiff(), |device| config.init(&sizes, 2, device));
        let run = Run { seed: 0, device: &device, resume: None, observe: &mut |_| () };
        let trained = train(model, &graphs(40), &graphs(10), &(&config.train).into(), run).unwrap();
        for (probabilities, graph) in trained.model.predict(&graphs(20), &device).iter().zip(graphs(20)) {
            assert!(probabilities[graph.class] > 0.9, "{probabilities:?}");
        }
    }
}
