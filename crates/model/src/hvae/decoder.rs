//! p(trace | z_G, z_v): all spans at once, then every pair of spans.

use burn::module::{Initializer, Module, Param};
use burn::nn::{Embedding, EmbeddingConfig, LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::activation::{gelu, relu};
use burn::tensor::{Device, Tensor};

use super::HvaeConfig;
use crate::batch::{pair_count, pair_index};
use crate::host::{floats, rows, tensor};
use crate::layers::{ConditionEncoder, Gcn, GcnConfig, look_up};
use crate::{GraphBatch, Noise, Sizes};

/// Units of the hidden layer of the service and operation heads.
const HEAD: usize = 256;

/// Two residual convolutions over the complete causal graph, and the heads.
#[derive(Module, Debug)]
pub struct Decoder {
    graph_in: Linear,
    node_in: Linear,
    skip_in: Option<Linear>,
    condition: Option<ConditionEncoder>,
    position: Embedding,
    convolutions: Vec<Gcn>,
    norms: Vec<LayerNorm>,
    service: Head,
    operation: Head,
    duration: Linear,
    edge: EdgeHead,
}

/// What the decoder says of a batch.
#[derive(Debug, Clone)]
pub struct Decoded {
    /// Service logits `[M, services]`.
    pub services: Tensor<2>,
    /// Operation logits `[M, operations]`.
    pub operations: Tensor<2>,
    /// Standardised log-durations `[M, 1]`.
    pub durations: Tensor<2>,
    /// Edge logits of the pairs i < j, `[P, 1]`.
    pub edges: Tensor<2>,
}

/// What the decoder says of one graph, on the host.
#[derive(Debug, Clone)]
pub struct DecodedGraph {
    /// Service logits, one row a span.
    pub services: Vec<Vec<f32>>,
    /// Operation logits, one row a span.
    pub operations: Vec<Vec<f32>>,
    /// Standardised log-duration of every span.
    pub durations: Vec<f32>,
    /// Edge logits of the pairs i < j, row by row; see [`DecodedGraph::edge`].
    pub edges: Vec<f32>,
}

impl DecodedGraph {
    /// Logit of the edge `from` → `to`, with `from` < `to`.
    pub fn edge(&self, from: usize, to: usize) -> f32 {
        self.edges[pair_index(from, to, self.durations.len())]
    }
}

impl Decoder {
    pub(super) fn new(config: &HvaeConfig, sizes: &Sizes, device: &Device) -> Self {
        let hidden = config.hidden;
        let linear = |d_input, d_output| LinearConfig::new(d_input, d_output).init(device);
        Self {
            graph_in: linear(config.latent, hidden),
            node_in: linear(config.latent, hidden),
            skip_in: config.skip.then(|| linear(hidden, hidden)),
            condition: config.conditional.then(|| ConditionEncoder::new(hidden, 1.0, device)),
            position: EmbeddingConfig::new(sizes.max_spans, hidden)
                .with_initializer(Initializer::Normal { mean: 0.0, std: 0.1 })
                .init(device),
            convolutions: (0..2).map(|_| GcnConfig::new(hidden, hidden).init(device)).collect(),
            norms: (0..2).map(|_| LayerNormConfig::new(hidden).init(device)).collect(),
            service: Head::new(hidden, sizes.services, config.head_dropout, device),
            operation: Head::new(hidden, sizes.operations, config.head_dropout, device),
            duration: linear(hidden, 1),
            edge: EdgeHead::new(hidden, device),
        }
    }

    /// Decodes latents; `skip` are the encoder's hidden states `[M, H]`, absent at generation.
    pub fn forward(
        &self,
        layout: &GraphBatch,
        z_graph: Tensor<2>,
        z_node: Tensor<2>,
        skip: Option<Tensor<2>>,
        mut noise: Option<&mut Noise>,
    ) -> Decoded {
        let mut h = layout.to_nodes(self.graph_in.forward(z_graph)) + self.node_in.forward(z_node);
        if let (Some(layer), Some(skip)) = (&self.skip_in, skip) {
            h = h + layer.forward(skip);
        }
        if let Some(condition) = &self.condition {
            h = h + layout.to_nodes(condition.forward(&layout.classes));
        }
        // Spans beyond the largest trace of training stand where its last one stood.
        let last = self.position.weight.dims()[0] as i64 - 1;
        h = h + look_up(&self.position, &layout.positions.clone().clamp_max(last));
        let causal = causal_adjacency(layout.nodes, &layout.device());
        for (convolution, norm) in self.convolutions.iter().zip(&self.norms) {
            h = h.clone() + relu(norm.forward(convolution.forward(h, causal.clone(), layout)));
        }
        Decoded {
            services: self.service.forward(h.clone(), noise.as_deref_mut()),
            operations: self.operation.forward(h.clone(), noise),
            durations: self.duration.forward(h.clone()),
            edges: self.edge.forward(h, layout),
        }
    }
}

/// Normalised adjacency of the complete causal graph with self-loops: span j hears from all i ≤ j, weighted 1 / √(deg i · deg j) with
/// deg j = j + 1. Shape `[1, N, N]`.
fn causal_adjacency(nodes: usize, device: &Device) -> Tensor<3> {
    let mut values = vec![0f32; nodes * nodes];
    for j in 0..nodes {
        for i in 0..=j {
            values[j * nodes + i] = 1.0 / (((i + 1) * (j + 1)) as f32).sqrt();
        }
    }
    tensor(values, [1, nodes, nodes], device)
}

/// `hidden → 256`, LayerNorm, GELU, dropout, `256 → classes`.
#[derive(Module, Debug)]
struct Head {
    inner: Linear,
    norm: LayerNorm,
    outer: Linear,
    dropout: f64,
}

impl Head {
    fn new(hidden: usize, classes: usize, dropout: f64, device: &Device) -> Self {
        Self {
            inner: LinearConfig::new(hidden, HEAD).init(device),
            norm: LayerNormConfig::new(HEAD).init(device),
            outer: LinearConfig::new(HEAD, classes).init(device),
            dropout,
        }
    }

    fn forward(&self, h: Tensor<2>, noise: Option<&mut Noise>) -> Tensor<2> {
        let mut x = gelu(self.norm.forward(self.inner.forward(h)));
        if let Some(noise) = noise {
            x = noise.dropout(x, self.dropout);
        }
        self.outer.forward(x)
    }
}

/// The edge network on [h_i, h_j]: `2H → H`, ReLU, `H → 1`.
///
/// The first layer is a sum of one map of h_i and one of h_j, so that each is computed once a span instead of once a pair.
#[derive(Module, Debug)]
struct EdgeHead {
    from: Linear,
    to: Linear,
    outer: Param<Tensor<1>>,
    bias: Param<Tensor<1>>,
}

impl EdgeHead {
    fn new(hidden: usize, device: &Device) -> Self {
        let bound = 1.0 / (hidden as f64).sqrt();
        Self {
            from: LinearConfig::new(hidden, hidden).init(device),
            to: LinearConfig::new(hidden, hidden).with_bias(false).init(device),
            outer: Initializer::Uniform { min: -bound, max: bound }.init([hidden], device),
            bias: Initializer::Zeros.init([1], device),
        }
    }

    /// `[M, H]` → logits of all pairs `[P, 1]`.
    fn forward(&self, h: Tensor<2>, batch: &GraphBatch) -> Tensor<2> {
        let from = self.from.forward(h.clone()).select(0, batch.pair_from.clone());
        let to = self.to.forward(h).select(0, batch.pair_to.clone());
        relu(from + to).matmul(self.outer.val().unsqueeze_dim::<2>(1)) + self.bias.val().unsqueeze::<2>()
    }
}

impl Decoded {
    /// Copies the decoded graphs of `layout` to the host.
    pub fn into_graphs(self, layout: &GraphBatch) -> Vec<DecodedGraph> {
        let (services, operations) = (rows(self.services), rows(self.operations));
        let (durations, edges) = (floats(self.durations), floats(self.edges));
        let (mut row, mut pair) = (0, 0);
        let mut graph = |&size: &usize| {
            let (spans, pairs) = (row..row + size, pair..pair + pair_count(size));
            (row, pair) = (spans.end, pairs.end);
            DecodedGraph {
                services: services[spans.clone()].to_vec(),
                operations: operations[spans.clone()].to_vec(),
                durations: durations[spans].to_vec(),
                edges: edges[pairs].to_vec(),
            }
        };
        layout.sizes.iter().map(&mut graph).collect()
    }
}
