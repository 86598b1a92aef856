//! Running the decoders step by step on whole batches.

mod choice;
mod structure;
mod times;

use burn::tensor::Device;
use rand_chacha::ChaCha8Rng;
use tracesmith_codec::Tokens;

pub use choice::TreeSampling;

use super::TreeBatch;
use super::encoder::Gaussian;
use super::network::TreeHvae;
use super::sample::TreeSample;
use crate::Noise;
use crate::host;
use crate::mixture::{Condition, Point};
use choice::Picker;
pub use structure::TreeRules;

/// Posterior means of one trace.
#[derive(Debug, Clone, PartialEq)]
pub struct TreeLatents {
    /// `z_G`.
    pub graph: Vec<f32>,
    /// `z_v` of every span.
    pub spans: Vec<Vec<f32>>,
}

impl TreeHvae {
    /// Draws a trace for every condition from `z_G` given (see [`crate::mixture::Mixture::draw`]). Sizes that are asked for are met exactly, and
    /// so are roots.
    pub fn sample(
        &self,
        graph: &[Vec<f32>],
        conditions: &[Condition],
        rules: TreeRules<'_>,
        sampling: &TreeSampling,
        rng: &mut ChaCha8Rng,
        device: &Device,
    ) -> Vec<Tokens> {
        let graph = host::of_rows(graph, self.config.graph_latent.max(1), device);
        let mut picker = Picker::Draw { sampling, rng };
        let structures = self.draw_structures(graph.clone(), conditions, rules, &mut picker);
        let classes: Vec<usize> = conditions.iter().map(|condition| condition.class).collect();
        self.draw_times(graph, structures, &classes, None, &mut picker)
    }

    /// The most likely trace of the size of every sample, given the means of its latents and nothing else.
    pub fn reconstruct(&self, samples: &[&TreeSample], rules: TreeRules<'_>, device: &Device) -> Vec<Tokens> {
        let latents = self.posterior_means(samples, device);
        let graph: Vec<Vec<f32>> = latents.iter().map(|latents| latents.graph.clone()).collect();
        let graph = host::of_rows(&graph, self.config.graph_latent.max(1), device);
        let condition = |sample: &&TreeSample| Condition { class: sample.class, size: Some(sample.len()), root: None };
        let conditions: Vec<Condition> = samples.iter().map(condition).collect();
        let mut picker = Picker::MostLikely;
        let structures = self.draw_structures(graph.clone(), &conditions, rules, &mut picker);
        let classes: Vec<usize> = samples.iter().map(|sample| sample.class).collect();
        let spans: Vec<Vec<Vec<f32>>> = latents.into_iter().map(|latents| latents.spans).collect();
        self.draw_times(graph, structures, &classes, Some(&spans), &mut picker)
    }

    /// Means of the latents of every sample; zeros for a latent that is left out.
    pub fn posterior_means(&self, samples: &[&TreeSample], device: &Device) -> Vec<TreeLatents> {
        let batch = TreeBatch::new(samples, &self.sizes, device);
        let states = self.encoder.states(&batch);
        let means = |posterior: Gaussian, units: usize| if units > 0 { posterior.mean } else { posterior.mean.zeros_like() };
        let graph = means(self.encoder.graph(&states, &batch), self.config.graph_latent);
        let spans = means(self.encoder.spans(&states, &graph, &batch), self.config.span_latent);
        let (graph, spans) = (host::rows(graph), host::rows(spans));
        let mut latents = vec![TreeLatents { graph: Vec::new(), spans: Vec::new() }; samples.len()];
        for (trace, &i) in batch.order.iter().enumerate() {
            let spans = (0..samples[i].len()).map(|step| spans[batch.packing.row(trace, step)].clone()).collect();
            latents[i] = TreeLatents { graph: graph[trace].clone(), spans };
        }
        latents
    }

    /// `draws` draws of `z_G` from the posterior of every sample.
    pub fn posterior_points(&self, samples: &[&TreeSample], draws: usize, noise: &mut Noise, device: &Device) -> Vec<Point> {
        let batch = TreeBatch::new(samples, &self.sizes, device);
        let posterior = self.encoder.graph(&self.encoder.states(&batch), &batch);
        let mut points = Vec::with_capacity(samples.len() * draws);
        for _ in 0..draws {
            for (z, &i) in host::rows(posterior.draw(noise)).iter().zip(&batch.order) {
                let z = z.iter().map(|&x| f64::from(x)).collect();
                points.push(Point { z, class: samples[i].class, size: samples[i].len(), root: samples[i].tokens.labels[0] });
            }
        }
        points
    }

    /// Draws of `z_G` from the prior that was trained along, or from N(0, I) where priors are not learnt.
    pub fn draw_trained_prior(&self, conditions: &[Condition], noise: &mut Noise, rng: &mut ChaCha8Rng, device: &Device) -> Vec<Vec<f32>> {
        let units = self.config.graph_latent.max(1);
        let standard = noise.normal(conditions.len(), units, device);
        if self.config.graph_latent == 0 {
            return vec![vec![0.0; units]; conditions.len()];
        }
        if !self.config.learned_priors {
            return host::rows(standard);
        }
        let classes: Vec<usize> = conditions.iter().map(|condition| condition.class).collect();
        let size = structure::size_columns(conditions, device);
        let weights = host::rows(self.prior.log_weights(&host::ids(classes, device), size).exp());
        let components: Vec<usize> = weights.iter().map(|row| choice::draw(row, rng)).collect();
        let (means, deviations) = self.prior.components();
        let components = host::ids(components, device);
        host::rows(means.select(0, components.clone()) + deviations.select(0, components) * standard)
    }
}
