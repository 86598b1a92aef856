//! Drawing latents and gaps of spans, once the trees are known.

use burn::tensor::Tensor;
use tracesmith_codec::{Codec, Tokens};

use super::choice::Picker;
use super::structure::Structure;
use crate::host::{floats, ids, tensor};
use crate::tree_hvae::network::TreeHvae;
use crate::tree_hvae::timing::past_width;
use crate::tree_hvae::{TreeBatch, TreeSample};

/// What is drawn of every span, row by row of a batch, and a last row of zeros for spans that do not exist.
struct Drawn {
    latent: usize,
    /// Latent and the two scores of every row.
    known: Vec<f32>,
    heads: Vec<f32>,
    tails: Vec<f32>,
}

impl Drawn {
    fn new(rows: usize, latent: usize) -> Self {
        Self { latent, known: vec![0.0; (rows + 1) * (latent + 2)], heads: vec![0.5; rows], tails: vec![0.5; rows] }
    }

    fn of(&self, row: Option<usize>) -> &[f32] {
        let width = self.latent + 2;
        let row = row.unwrap_or(self.heads.len());
        &self.known[row * width..(row + 1) * width]
    }

    fn set(&mut self, row: usize, latent: &[f32], head: f32, tail: f32, scores: [f32; 2]) {
        let width = self.latent + 2;
        self.known[row * width..row * width + self.latent].copy_from_slice(latent);
        self.known[row * width + self.latent..(row + 1) * width].copy_from_slice(&scores);
        (self.heads[row], self.tails[row]) = (head, tail);
    }
}

impl TreeHvae {
    /// Adds times to trees. Latents of spans are drawn from their prior, or given as `spans`, a list a trace.
    pub(super) fn draw_times(
        &self,
        graph: Tensor<2>,
        structures: Vec<Structure>,
        classes: &[usize],
        spans: Option<&[Vec<Vec<f32>>]>,
        picker: &mut Picker<'_>,
    ) -> Vec<Tokens> {
        let device = graph.device();
        let blank = |(structure, &class): (Structure, &usize)| TreeSample::of_class(structure.untimed(), class);
        let mut samples: Vec<TreeSample> = structures.into_iter().zip(classes).map(blank).collect();
        let batch = TreeBatch::new(&samples.iter().collect::<Vec<_>>(), &self.sizes, &device);
        let graph = graph.select(0, ids(batch.order.iter().copied(), &device));
        let still = self.timing.still(&batch, graph);
        let latent = self.config.span_latent.max(1);
        let mut drawn = Drawn::new(batch.rows(), latent);
        let mut state = Tensor::zeros([batch.len(), self.timing.width()], &device);
        for step in 0..batch.packing.steps() {
            let (first, alive) = (batch.packing.row(0, step), batch.packing.alive(step));
            let past: Vec<f32> = (0..alive).flat_map(|trace| past(&batch, &samples, &drawn, trace, step)).collect();
            let past = tensor(past, [alive, past_width(latent)], &device);
            state = self.timing.step(still.clone().narrow(0, first, alive), past, state.narrow(0, 0, alive));
            let latents = match spans {
                Some(spans) => (0..alive).flat_map(|trace| spans[batch.order[trace]][step].iter().copied()).collect(),
                None => self.draw_span_latents(state.clone(), picker),
            };
            let z = tensor(latents.clone(), [alive, latent], &device);
            let heads = self.draw_heads(state.clone(), z.clone(), picker);
            let head_scores: Vec<f32> = heads.iter().map(|&u| if self.sizes.has_starts { Codec::score(u) } else { 0.0 }).collect();
            let scores = tensor(head_scores.clone(), [alive, 1], &device);
            let logits = floats(self.timing.tail_logits(state.clone(), z, scores));
            for (trace, row) in logits.chunks(self.config.bins).enumerate() {
                let tail = picker.quantile(row);
                let z = &latents[trace * latent..(trace + 1) * latent];
                drawn.set(first + trace, z, heads[trace], tail, [head_scores[trace], Codec::score(tail)]);
            }
        }
        for (trace, &i) in batch.order.iter().enumerate() {
            let tokens = &mut samples[i].tokens;
            for step in 0..tokens.len() {
                let row = batch.packing.row(trace, step);
                (tokens.heads[step], tokens.tails[step]) = (drawn.heads[row], drawn.tails[row]);
            }
        }
        samples.into_iter().map(|sample| sample.tokens).collect()
    }

    fn draw_span_latents(&self, state: Tensor<2>, picker: &mut Picker<'_>) -> Vec<f32> {
        let (rows, units) = (state.dims()[0], self.config.span_latent);
        if units == 0 {
            return vec![0.0; rows];
        }
        let noise = picker.normal(rows * units);
        if !self.config.learned_priors {
            return noise;
        }
        let prior = self.timing.latent(state);
        let noise = tensor(noise, [rows, units], &prior.mean.device());
        floats(prior.mean + (prior.log_variance * 0.5).exp() * noise)
    }

    /// Quantiles of head gaps; a source without starts has none.
    fn draw_heads(&self, state: Tensor<2>, latents: Tensor<2>, picker: &mut Picker<'_>) -> Vec<f32> {
        if !self.sizes.has_starts {
            return vec![0.5; state.dims()[0]];
        }
        let logits = floats(self.timing.head_logits(state, latents));
        logits.chunks(self.config.bins).map(|row| picker.quantile(row)).collect()
    }
}

/// The past of a span in the order of [`past_width`].
fn past(batch: &TreeBatch, samples: &[TreeSample], drawn: &Drawn, trace: usize, step: usize) -> Vec<f32> {
    let relations = &samples[batch.order[trace]].relations;
    let row = |span: Option<usize>| span.map(|span| batch.packing.row(trace, span));
    let namesake = relations.namesakes[step];
    let mut past = Vec::with_capacity(past_width(drawn.latent));
    for span in [step.checked_sub(1), relations.parents[step], relations.siblings[step]] {
        past.extend_from_slice(drawn.of(row(span)));
    }
    past.extend_from_slice(&drawn.of(row(namesake))[drawn.latent..]);
    past.push(f32::from(u8::from(namesake.is_some())));
    past
}

impl Structure {
    fn untimed(self) -> Tokens {
        let n = self.depths.len();
        Tokens {
            depths: self.depths,
            labels: self.labels,
            outcomes: self.outcomes,
            heads: vec![0.5; n],
            tails: vec![0.5; n],
            durations_us: vec![0.0; n],
        }
    }
}
