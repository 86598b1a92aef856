//! Decoder of the tree, its labels and its outcomes.

use burn::module::Module;
use burn::nn::{Embedding, Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor};

use super::batch::{TreeBatch, table};
use super::encoder::{CLASS_WIDTH, OUTCOME_WIDTH};
use super::{TreeHvaeConfig, TreeSizes};
use crate::Noise;
use crate::host::tensor;
use crate::layers::{ConditionEncoder, Direction, Mlp, PackedGru, look_up, small_embedding};

/// Reads the spans drawn so far in preorder and predicts what follows: the depth of the next span or the end, then its label, then its
/// outcome. A depth is at most one more than the one before, so that every sequence of depths is a tree.
#[derive(Module, Debug)]
pub(crate) struct StructureDecoder {
    labels: Embedding,
    /// Labels of parents and siblings, with one vector for "none".
    around: Embedding,
    depths: Embedding,
    outcomes: Embedding,
    class: ConditionEncoder,
    condition: Linear,
    start: Linear,
    unit: PackedGru,
    depth: Mlp,
    label: Mlp,
    outcome: Mlp,
    max_depth: usize,
    dropout: f64,
}

/// One span as the decoder reads it, a row each.
pub(crate) struct SpanInputs {
    pub labels: Tensor<1, Int>,
    pub parent_labels: Tensor<1, Int>,
    pub depths: Tensor<1, Int>,
    pub outcomes: Tensor<1, Int>,
    /// Remaining spans and 1 where the size is given, else zeros, `[n, 2]`.
    pub remaining: Tensor<2>,
}

/// Logits of a batch in training, one row a span.
pub(crate) struct StructureLogits {
    /// `[R, D + 1]`: 0 is the end, other tokens are depths. Illegal tokens are masked.
    pub next: Tensor<2>,
    /// `[R, P]`.
    pub labels: Tensor<2>,
    /// `[R, O]`.
    pub outcomes: Tensor<2>,
}

impl StructureDecoder {
    pub fn new(config: &TreeHvaeConfig, sizes: &TreeSizes, device: &Device) -> Self {
        let (label, depth, width) = (config.label_width, config.depth_width, config.structure_width);
        let condition = config.graph_latent.max(1) + CLASS_WIDTH + 2;
        Self {
            labels: small_embedding(sizes.labels, label, device),
            around: small_embedding(sizes.labels + 1, label, device),
            depths: small_embedding(sizes.max_depth + 1, depth, device),
            outcomes: small_embedding(sizes.outcomes, OUTCOME_WIDTH, device),
            class: ConditionEncoder::new(CLASS_WIDTH, 0.1, device),
            condition: LinearConfig::new(condition, width).init(device),
            start: LinearConfig::new(condition, width).init(device),
            unit: PackedGru::new(2 * label + depth + OUTCOME_WIDTH + 2 + width, width, device),
            depth: Mlp::new(2 * width, 64, sizes.max_depth + 1, device),
            label: Mlp::new(2 * width + 2 * label + depth, 96, sizes.labels, device),
            outcome: Mlp::new(2 * width + label, 48, sizes.outcomes, device),
            max_depth: sizes.max_depth,
            dropout: config.dropout,
        }
    }

    /// `z_G`, class and size (ln(1 + n) / 4 and 1, or zeros where it is free) side by side.
    pub fn conditions(&self, graph: Tensor<2>, classes: &Tensor<1, Int>, size: Tensor<2>) -> Tensor<2> {
        Tensor::cat(vec![graph, self.class.forward(classes), size], 1)
    }

    /// What is added to every input, `[B, H]`.
    pub fn context(&self, conditions: Tensor<2>) -> Tensor<2> {
        self.condition.forward(conditions)
    }

    /// State before the first span, `[B, H]`.
    pub fn start(&self, conditions: Tensor<2>) -> Tensor<2> {
        self.start.forward(conditions).tanh()
    }

    /// Input of the unit for spans, given the context of each one's trace.
    pub fn inputs(&self, spans: &SpanInputs, context: Tensor<2>) -> Tensor<2> {
        let parts = vec![
            look_up(&self.labels, &spans.labels),
            look_up(&self.around, &spans.parent_labels),
            look_up(&self.depths, &spans.depths),
            look_up(&self.outcomes, &spans.outcomes),
            spans.remaining.clone(),
            context,
        ];
        Tensor::cat(parts, 1)
    }

    /// State after one more span of every trace.
    pub fn step(&self, inputs: Tensor<2>, state: Tensor<2>) -> Tensor<2> {
        self.unit.step(inputs, state)
    }

    /// Logits of the token after a span, unmasked, from the state after it and after its parent.
    pub fn next_logits(&self, state: Tensor<2>, parent_state: Tensor<2>) -> Tensor<2> {
        self.depth.forward(Tensor::cat(vec![state, parent_state], 1))
    }

    /// Logits of the label of a span, from the state before it, the state after its parent, and where it stands.
    pub fn label_logits(
        &self,
        state: Tensor<2>,
        parent_state: Tensor<2>,
        parent_labels: &Tensor<1, Int>,
        sibling_labels: &Tensor<1, Int>,
        depths: &Tensor<1, Int>,
    ) -> Tensor<2> {
        let around = [look_up(&self.around, parent_labels), look_up(&self.around, sibling_labels), look_up(&self.depths, depths)];
        self.label.forward(Tensor::cat([vec![state, parent_state], around.to_vec()].concat(), 1))
    }

    /// Logits of the outcome of a span with a known label.
    pub fn outcome_logits(&self, state: Tensor<2>, parent_state: Tensor<2>, labels: &Tensor<1, Int>) -> Tensor<2> {
        self.outcome.forward(Tensor::cat(vec![state, parent_state, look_up(&self.labels, labels)], 1))
    }

    /// Logits of a whole batch with the true past. `given: [B, 1]` is 1 for traces whose size is known.
    pub fn forward(&self, batch: &TreeBatch, graph: Tensor<2>, given: Tensor<2>, noise: Option<&mut Noise>) -> StructureLogits {
        let size = Tensor::cat(vec![size_feature(batch.sizes.clone()) * given.clone(), given.clone()], 1);
        let conditions = self.conditions(graph, &batch.classes, size);
        let start = self.start(conditions.clone());
        let given = batch.spread(given);
        let spans = SpanInputs {
            labels: batch.labels.clone(),
            parent_labels: batch.parent_labels.clone(),
            depths: batch.depths.clone(),
            outcomes: batch.outcomes.clone(),
            remaining: Tensor::cat(vec![remaining_feature(batch.remaining.clone()) * given.clone(), given], 1),
        };
        let x = self.inputs(&spans, batch.spread(self.context(conditions)));
        let states = self.unit.forward(x, start.clone(), &batch.packing, Direction::Forward);
        let states = match noise {
            Some(noise) => noise.dropout(states, self.dropout),
            None => states,
        };
        let table = table(states.clone(), Some(start), batch.len());
        let (before, parent) = (table.clone().select(0, batch.before.clone()), table.select(0, batch.parents.clone()));
        let next = self.next_logits(states, parent.clone()) + self.illegal(&batch.depths);
        let labels = self.label_logits(before.clone(), parent.clone(), &batch.parent_labels, &batch.sibling_labels, &batch.depths);
        StructureLogits { next, labels, outcomes: self.outcome_logits(before, parent, &batch.labels) }
    }

    /// −10⁹ for every token that must not follow a span of a depth, else 0: `[n]` → `[n, D + 1]`.
    fn illegal(&self, depths: &Tensor<1, Int>) -> Tensor<2> {
        let tokens = self.max_depth + 1;
        let mask: Vec<f32> = (0..tokens * tokens).map(|cell| if cell % tokens > cell / tokens + 1 { -1e9 } else { 0.0 }).collect();
        let mask: Tensor<2> = tensor(mask, [tokens, tokens], &depths.device());
        mask.select(0, depths.clone())
    }
}

/// A trace size as an input.
pub(crate) fn size_feature(spans: Tensor<2>) -> Tensor<2> {
    (spans + 1.0).log() * 0.25
}

/// A number of remaining spans as an input: linear for few, logarithmic for many.
pub(crate) fn remaining_feature(spans: Tensor<2>) -> Tensor<2> {
    (spans + 1.0).log()
}
