//! The negative evidence lower bound.

use burn::module::list_param_ids;
use burn::tensor::activation::{log_softmax, softplus};
use burn::tensor::{Device, Int, Tensor};
use tracesmith_trace::Class;

use super::batch::TreeBatch;
use super::encoder::Gaussian;
use super::network::TreeHvae;
use super::sample::TreeSample;
use super::size_bucket;
use super::structure::size_feature;
use super::targets::QuantileTargets;
use crate::Noise;
use crate::train::{Losses, Objective, Progress, Window};

impl Objective for TreeHvae {
    const TERMS: &'static [&'static str] = &["depth", "label", "outcome", "head", "tail", "kl_graph", "kl_span", "auxiliary"];
    // Memory is linear in spans, so evaluation batches are as large as training batches.
    const EVALUATION_CELLS: usize = usize::MAX;
    const GRADIENTS_PER_SAMPLE: bool = true;
    type Sample = TreeSample;
    type Batch = (TreeBatch, QuantileTargets);

    fn size(sample: &TreeSample) -> usize {
        sample.len()
    }

    fn collate(&self, samples: &[&TreeSample], device: &Device) -> Self::Batch {
        let inputs = TreeBatch::new(samples, &self.sizes, device);
        let targets = QuantileTargets::new(samples, &inputs, self.config.bins, self.config.smoothing);
        (inputs, targets)
    }

    fn settings(&self) -> String {
        format!("{:?} {:?}", self.config, self.sizes)
    }

    fn window(&self, epochs: usize) -> Window {
        Window { parameters: list_param_ids(&self.timing).into_iter().collect(), epochs: self.config.timing_epochs(epochs) }
    }

    /// All terms in nats a trace. In training the total is what is minimised, a span: free bits and the auxiliary loss count. In
    /// evaluation it is the negative evidence lower bound a span, from one draw of the latents with a fixed stream.
    fn losses(&self, (batch, targets): &Self::Batch, noise: Option<&mut Noise>, progress: Progress) -> Losses {
        let config = &self.config;
        let training = noise.is_some();
        let mut fixed = Noise::new(0, "evaluation");
        let noise = noise.unwrap_or(&mut fixed);
        let device = batch.sizes.device();
        let (rows, traces) = (batch.rows() as f64, batch.len() as f64);

        // A timing decoder that has not learnt yet has nothing to teach the encoder.
        let timed = !training || progress.done >= config.timing_epochs(progress.epochs).start as f64;

        // What the loss does not need is not computed: autodiff would keep it for ever.
        let span_latent = timed && config.span_latent > 0;
        let states = (config.graph_latent > 0 || span_latent).then(|| self.encoder.states(batch));
        let graph_posterior = states.as_ref().filter(|_| config.graph_latent > 0).map(|states| self.encoder.graph(states, batch));
        let graph = draw(graph_posterior.as_ref(), batch.len(), noise, &device);
        let span_posterior = states.as_ref().filter(|_| span_latent).map(|states| self.encoder.spans(states, &graph, batch));
        let spans = draw(span_posterior.as_ref(), batch.rows(), noise, &device);
        // One model serves free and given sizes: every other trace knows its size.
        let given = if training { coin(noise, batch.len(), &device) } else { Tensor::zeros([batch.len(), 1], &device) };
        let size = Tensor::cat(vec![size_feature(batch.sizes.clone()) * given.clone(), given.clone()], 1);

        let structure = self.structure.forward(batch, graph.clone(), given, training.then_some(&mut *noise));
        let times = timed.then(|| self.timing.forward(batch, graph.clone(), spans.clone(), training.then_some(&mut *noise)));
        let depth = nll(structure.next, &batch.next).sum();
        let label = nll(structure.labels, &batch.labels).sum();
        let outcome = nll(structure.outcomes, &batch.outcomes).sum();
        let nothing = || Tensor::zeros([1], &device);
        let (mut head, mut tail, mut kl_span) = (nothing(), nothing(), nothing());
        if let Some(times) = times {
            if self.sizes.has_starts {
                head = spread_nll(self.timing.head_logits(times.clone(), spans.clone()), &targets.heads);
            }
            if let Some(posterior) = span_posterior {
                kl_span = posterior.kl(config.learned_priors.then(|| self.timing.latent(times.clone())).as_ref()).sum();
            }
            tail = spread_nll(self.timing.tail_logits(times, spans, batch.scores.clone().narrow(1, 0, 1)), &targets.tails);
        }
        let (kl_graph, prior_fit) =
            graph_posterior.map_or_else(|| (nothing(), nothing()), |posterior| self.kl_graph(&posterior, &graph, batch, size));
        let auxiliary = self.auxiliary_loss(graph, batch).sum();

        let reconstruction = depth.clone() + label.clone() + outcome.clone() + head.clone() + tail.clone();
        let total = if training {
            let weight = if config.warm_up > 0.0 { (progress.share() / config.warm_up).min(1.0) } else { 1.0 };
            let free_graph = kl_graph.clone().clamp_min(config.graph_free_bits * traces);
            let free_span = kl_span.clone().clamp_min(config.span_free_bits * rows);
            reconstruction + (free_graph + free_span) * weight + auxiliary.clone() * config.auxiliary + prior_fit
        } else {
            reconstruction + kl_graph.clone() + kl_span.clone()
        };
        let terms = [depth, label, outcome, head, tail, kl_graph, kl_span, auxiliary];
        Losses { total: total / rows, terms: terms.into_iter().map(|term| term / traces).collect() }
    }
}

impl TreeHvae {
    /// KL divergence of `z_G` summed over the batch, from one draw; and the negative log-density of the draw with no gradient to the
    /// encoder: where free bits clamp the divergence, it alone still teaches the prior.
    fn kl_graph(&self, posterior: &Gaussian, z: &Tensor<2>, batch: &TreeBatch, size: Tensor<2>) -> (Tensor<1>, Tensor<1>) {
        if !self.config.learned_priors {
            return (posterior.kl(None).sum(), Tensor::zeros([1], &z.device()));
        }
        let prior = self.prior.log_density(z.clone(), &batch.classes, size.clone());
        let fit = self.prior.log_density(z.clone().detach(), &batch.classes, size);
        ((posterior.log_density(z) - prior).sum(), -fit.sum())
    }

    /// How badly label counts (Poisson), size, root and class are read from `z_G` alone, a trace: `[B, 1]`.
    fn auxiliary_loss(&self, graph: Tensor<2>, batch: &TreeBatch) -> Tensor<2> {
        let labels = self.sizes.labels;
        let buckets = size_bucket(self.sizes.max_spans) + 1;
        let read = self.auxiliary.forward(graph);
        let rates = read.clone().narrow(1, 0, labels);
        // softplus keeps the rate finite where exp would overflow early in training.
        let rates = softplus(rates, 1.0) + 1e-4;
        let counts = (rates.clone() - batch.label_counts.clone() * rates.log()).sum_dim(1);
        counts
            + nll(read.clone().narrow(1, labels, buckets), &batch.buckets)
            + nll(read.clone().narrow(1, labels + buckets, labels), &batch.root_labels)
            + nll(read.narrow(1, 2 * labels + buckets, Class::COUNT), &batch.classes)
    }
}

/// A draw, or a column of zeros for a latent that is left out.
fn draw(posterior: Option<&Gaussian>, rows: usize, noise: &mut Noise, device: &Device) -> Tensor<2> {
    posterior.map_or_else(|| Tensor::zeros([rows, 1], device), |posterior| posterior.draw(noise))
}

/// Negative log-likelihood of every row's target, `[n, 1]`.
fn nll(logits: Tensor<2>, targets: &Tensor<1, Int>) -> Tensor<2> {
    -log_softmax(logits, 1).gather(1, targets.clone().unsqueeze_dim(1))
}

/// Negative log-likelihood of targets that are spread over the classes, summed over rows.
fn spread_nll(logits: Tensor<2>, targets: &Tensor<2>) -> Tensor<1> {
    -(log_softmax(logits, 1) * targets.clone()).sum()
}

/// 0 or 1 with even chances, `[rows, 1]`.
fn coin(noise: &mut Noise, rows: usize, device: &Device) -> Tensor<2> {
    noise.normal(rows, 1, device).greater_elem(0.0).float()
}
