//! Decoder of the gaps, once the tree is known.

use burn::module::Module;
use burn::nn::{Embedding, Linear, LinearConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};

use super::batch::{TreeBatch, table};
use super::encoder::{CLASS_WIDTH, Gaussian, OUTCOME_WIDTH};
use super::{TreeHvaeConfig, TreeSizes};
use crate::Noise;
use crate::layers::{ConditionEncoder, Direction, Mlp, PackedGru, look_up, small_embedding};

/// Units of the projection of `z_G` and the class.
const CONTEXT_WIDTH: usize = 64;

/// Reads the spans in preorder with the quantiles drawn so far and predicts, per span, its latent, its head gap and its tail gap. A unit
/// that runs backwards tells it what is still to come.
#[derive(Module, Debug)]
pub(crate) struct TimingDecoder {
    labels: Embedding,
    around: Embedding,
    depths: Embedding,
    outcomes: Embedding,
    class: ConditionEncoder,
    context: Linear,
    lookahead: PackedGru,
    unit: PackedGru,
    latent: Mlp,
    head: Mlp,
    tail: Mlp,
    dropout: f64,
}

impl TimingDecoder {
    pub fn new(config: &TreeHvaeConfig, sizes: &TreeSizes, device: &Device) -> Self {
        let (label, depth, width, latent) = (config.label_width, config.depth_width, config.timing_width, config.span_latent.max(1));
        let tree = 3 * label + depth + OUTCOME_WIDTH + 1;
        let still = tree + config.lookahead_width + CONTEXT_WIDTH;
        Self {
            labels: small_embedding(sizes.labels, label, device),
            around: small_embedding(sizes.labels + 1, label, device),
            depths: small_embedding(sizes.max_depth + 1, depth, device),
            outcomes: small_embedding(sizes.outcomes, OUTCOME_WIDTH, device),
            class: ConditionEncoder::new(CLASS_WIDTH, 0.1, device),
            context: LinearConfig::new(config.graph_latent.max(1) + CLASS_WIDTH, CONTEXT_WIDTH).init(device),
            lookahead: PackedGru::new(tree, config.lookahead_width, device),
            unit: PackedGru::new(still + past_width(latent), width, device),
            latent: Mlp::new(width, 64, 2 * latent, device),
            head: Mlp::new(width + latent, 64, config.bins, device),
            tail: Mlp::new(width + latent + 1, 64, config.bins, device),
            dropout: config.dropout,
        }
    }

    /// What is known of every span before any time is drawn: `[R, F]`.
    pub fn still(&self, batch: &TreeBatch, graph: Tensor<2>) -> Tensor<2> {
        let tree = Tensor::cat(
            vec![
                look_up(&self.labels, &batch.labels),
                look_up(&self.around, &batch.parent_labels),
                look_up(&self.around, &batch.sibling_labels),
                look_up(&self.depths, &batch.depths),
                look_up(&self.outcomes, &batch.outcomes),
                batch.leaves.clone(),
            ],
            1,
        );
        let start = Tensor::zeros([batch.len(), self.lookahead.width()], &tree.device());
        let ahead = self.lookahead.forward(tree.clone(), start, &batch.packing, Direction::Backward);
        let context = relu(self.context.forward(Tensor::cat(vec![graph, self.class.forward(&batch.classes)], 1)));
        Tensor::cat(vec![tree, ahead, batch.spread(context)], 1)
    }

    /// Width of the state.
    pub fn width(&self) -> usize {
        self.unit.width()
    }

    /// State after one more span of every trace, from `still` and `past` of that span (see [`past_width`]).
    pub fn step(&self, still: Tensor<2>, past: Tensor<2>, state: Tensor<2>) -> Tensor<2> {
        self.unit.step(Tensor::cat(vec![still, past], 1), state)
    }

    /// Prior of `z_v` from the state of its span.
    pub fn latent(&self, state: Tensor<2>) -> Gaussian {
        Gaussian::split(self.latent.forward(state))
    }

    /// Logits of the head gap from state and `z_v`.
    pub fn head_logits(&self, state: Tensor<2>, latent: Tensor<2>) -> Tensor<2> {
        self.head.forward(Tensor::cat(vec![state, latent], 1))
    }

    /// Logits of the tail gap from state, `z_v` and the score of the head, `[n, 1]`.
    pub fn tail_logits(&self, state: Tensor<2>, latent: Tensor<2>, head_score: Tensor<2>) -> Tensor<2> {
        self.tail.forward(Tensor::cat(vec![state, latent, head_score], 1))
    }

    /// States of a whole batch with the true past, `[R, H]`.
    pub fn forward(&self, batch: &TreeBatch, graph: Tensor<2>, spans: Tensor<2>, noise: Option<&mut Noise>) -> Tensor<2> {
        let (device, latent) = (spans.device(), spans.dims()[1]);
        let known = table(Tensor::cat(vec![spans, batch.scores.clone()], 1), None, batch.len());
        let there = Tensor::cat(vec![Tensor::ones([batch.rows(), 1], &device), Tensor::zeros([batch.len() + 1, 1], &device)], 0);
        let known_scores = known.clone().narrow(1, latent, 2);
        let past = vec![
            known.clone().select(0, batch.previous.clone()),
            known.clone().select(0, batch.parents.clone()),
            known.select(0, batch.siblings.clone()),
            known_scores.select(0, batch.namesakes.clone()),
            there.select(0, batch.namesakes.clone()),
        ];
        let x = Tensor::cat([vec![self.still(batch, graph)], past].concat(), 1);
        let start = Tensor::zeros([batch.len(), self.unit.width()], &device);
        let states = self.unit.forward(x, start, &batch.packing, Direction::Forward);
        match noise {
            Some(noise) => noise.dropout(states, self.dropout),
            None => states,
        }
    }
}

/// Columns of the past of a span: latent and scores of the previous span, the parent and the previous sibling, then the scores of the last
/// span with the same label and 1 if there is one.
pub(crate) fn past_width(latent: usize) -> usize {
    3 * (latent + 2) + 2 + 1
}
