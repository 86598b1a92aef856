//! Our generator: a tree is drawn token by token from a learnt prior, and every trace it gives is valid.

mod diagnostics;
mod kinds;
mod privacy;

use std::collections::BTreeMap;
use std::path::Path;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use tracesmith_codec::{Codec, CodecConfig, Tokens};
use tracesmith_model::mixture::{Condition, LEAST_A_COMPONENT, Mixture, Point};
use tracesmith_model::train::{EpochRecord, Objective, Run, Trained, initialise, loss_of_each, train};
use tracesmith_model::tree_hvae::{TreeHvae, TreeHvaeConfig, TreeRules, TreeSample, TreeSampling, TreeSizes, TreeTrainConfig};
use tracesmith_model::{Device, Module, Noise, checkpoint};
use tracesmith_trace::{Class, Corpus, Label, SizeMode, Trace, derive_seed, rng, split};

use crate::profile::{Abilities, Plan};
use crate::store::{Description, Stored, WEIGHTS_FILE, write_description};
use crate::vae::check_ranges;
use crate::{CorpusProfile, Fit, FitError, FittedGenerator, Generator, Reconstruction, Request, SampleError, StoreError, map_parallel};

pub use diagnostics::Diagnostics;
use kinds::Kinds;
use privacy::Promise;

/// Our hierarchical VAE over trees: codec, network, training and sampling.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct TreeHvaeGenerator {
    /// How traces become tokens and quantiles.
    pub codec: CodecConfig,
    /// The network and its loss.
    pub model: TreeHvaeConfig,
    /// Its training.
    pub train: TreeTrainConfig,
    /// How traces are drawn.
    pub sampling: TreeSampling,
}

/// Traces a chunk of generation, which has a random stream of its own.
const CHUNK: usize = 512;
/// Spans a batch of encoding: bounds memory for corpora of large traces.
const ENCODED_SPANS: usize = 1 << 14;
/// Draws of `z_G` a trace for the refit of the prior.
const POSTERIOR_DRAWS: usize = 3;
/// Largest depth: the network has a table of depths.
const DEEPEST: usize = 255;

const KIND: &str = "tree-hvae";

const ABILITIES: Abilities = Abilities { attributes: &["label", "root", "size"], own_sizes: true };

/// What the generator needs beside its weights.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredTreeHvae {
    pub network: TreeHvaeConfig,
    pub sampling: TreeSampling,
    pub profile: CorpusProfile,
    pub codec: Codec,
    /// The refitted prior; without it, the one that was trained along is drawn from.
    pub prior: Option<Mixture>,
    /// Sizes of the training traces by the label of their root.
    pub roots: Vec<(u32, Vec<usize>)>,
    pub history: Vec<EpochRecord>,
    pub diagnostics: Diagnostics,
    /// Of a training with privacy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privacy: Option<Promise>,
}

/// A fitted `tree-hvae`.
pub(crate) struct FittedTreeHvae {
    pub stored: StoredTreeHvae,
    pub model: TreeHvae,
    pub device: Device,
}

impl StoredTreeHvae {
    /// Whether the parts of a model file belong together.
    pub fn check(&self) -> Result<(), String> {
        let (codec, profile) = (&self.codec, &self.profile);
        let known = |&(service, operation): &(u32, u32)| {
            (service as usize) < profile.services.len() && (operation as usize) < profile.operations.len()
        };
        let latent = self.network.graph_latent.max(1);
        let fits = codec.labels().iter().all(known)
            && codec.max_spans() >= profile.max_spans()
            && profile.period_ns.0 <= profile.period_ns.1
            && self.prior.as_ref().is_none_or(|prior| prior.fits(latent, Class::COUNT))
            && self.roots.iter().all(|(root, sizes)| (*root as usize) < codec.labels().len() && !sizes.is_empty());
        if fits { check_network(&self.network).map_err(|error| error.to_string()) } else { Err("its parts contradict each other".into()) }
    }
}

pub(crate) fn check_sampling(sampling: &TreeSampling) -> Result<(), FitError> {
    check_ranges(&[
        ("sampling.temperature", sampling.temperature, 0.0, f64::MAX),
        ("sampling.min_p", sampling.min_p, 0.0, 1.0),
        ("sampling.rare_shapes", sampling.rare_shapes, 0.0, 1.0),
    ])
}

fn check_network(network: &TreeHvaeConfig) -> Result<(), FitError> {
    check_ranges(&[
        ("model.components", network.components as f64, 1.0, 4096.0),
        ("model.bins", network.bins as f64, 1.0, 4096.0),
        ("model.label_width", network.label_width as f64, 1.0, 4096.0),
        ("model.depth_width", network.depth_width as f64, 1.0, 4096.0),
        ("model.encoder_width", network.encoder_width as f64, 1.0, 4096.0),
        ("model.structure_width", network.structure_width as f64, 1.0, 4096.0),
        ("model.timing_width", network.timing_width as f64, 1.0, 4096.0),
        ("model.lookahead_width", network.lookahead_width as f64, 1.0, 4096.0),
        ("model.graph_latent", network.graph_latent as f64, 0.0, 4096.0),
        ("model.span_latent", network.span_latent as f64, 0.0, 4096.0),
        ("model.graph_free_bits", network.graph_free_bits, 0.0, f64::MAX),
        ("model.span_free_bits", network.span_free_bits, 0.0, f64::MAX),
        ("model.auxiliary", network.auxiliary, 0.0, f64::MAX),
        ("model.warm_up", network.warm_up, 0.0, 1.0),
        ("model.timing_passes", network.timing_passes as f64, 0.0, f64::MAX),
        ("model.timing_steps", network.timing_steps as f64, 0.0, f64::MAX),
        ("model.smoothing", network.smoothing, 0.0, f64::MAX),
        ("model.dropout", network.dropout, 0.0, 0.95),
    ])
}

impl Generator for TreeHvaeGenerator {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn fit(&self, corpus: &Corpus, fit: Fit<'_>) -> Result<Box<dyn FittedGenerator>, FitError> {
        check_sampling(&self.sampling)?;
        check_network(&self.model)?;
        if corpus.is_empty() {
            return Err(FitError::Empty);
        }
        let codec = Codec::fit(corpus, &self.codec)?;
        if codec.max_depth() > DEEPEST {
            return Err(FitError::TooDeep { depth: codec.max_depth(), limit: DEEPEST });
        }
        let sizes = TreeSizes::of(&codec);
        let mut samples = encode(&codec, corpus, fit.seed)?;
        // Targets that depend on other traces would let one trace reach into the gradients of others.
        if self.train.privacy.is_none() {
            TreeSample::count_slots(&mut samples);
        }
        let parts = split(samples.len(), self.train.validation, derive_seed(fit.seed, "validation"));
        let pick = |positions: &[usize]| positions.iter().map(|&i| samples[i].clone()).collect::<Vec<_>>();
        let (training, validation) = (pick(&parts.train), pick(&parts.held_out));
        let network = self.network(samples.len(), training.len());
        let weights = derive_seed(fit.seed, "weights");
        let model = initialise(weights, &fit.device.clone().autodiff(), |device| network.init(&sizes, device));
        let observe = fit.observe;
        let mut forward = |record: &EpochRecord| observe(TreeHvae::TERMS, record);
        let run = Run { seed: derive_seed(fit.seed, "train"), device: fit.device, resume: fit.resume, observe: &mut forward };
        let recipe = self.train.recipe(training.len());
        let Trained { model, history, privacy } = train(model, &training, &validation, &recipe, run)?;

        let refit = network.refit_prior && network.learned_priors && network.graph_latent > 0;
        let prior = refit.then(|| {
            let points = posterior_points(&model, &samples, &mut Noise::new(fit.seed, "prior/posterior"), fit.device);
            Mixture::fit(&points, network.components, Class::COUNT, &mut rng(fit.seed, "prior/em"))
        });
        let diagnostics = Diagnostics::of(&model, &network, &samples, fit.device);
        diagnostics.warn(&network);
        let stored = StoredTreeHvae {
            network,
            sampling: self.sampling.clone(),
            profile: CorpusProfile::of(corpus),
            codec,
            prior,
            roots: roots(&samples),
            history,
            diagnostics,
            privacy: privacy.map(Promise::from),
        };
        Ok(Box::new(FittedTreeHvae { stored, model, device: fit.device.clone() }))
    }
}

impl TreeHvaeGenerator {
    /// The network for `traces` traces, of which `training` are not kept for validation: a component of the prior must not stand for a
    /// single trace, and times need their steps.
    /// With privacy the prior stays as it was trained, since a refit would look at the traces once more, without noise.
    fn network(&self, traces: usize, training: usize) -> TreeHvaeConfig {
        let components = self.model.components.min(traces / LEAST_A_COMPONENT).max(1);
        let timing_passes = self.model.timing_passes.max(self.train.passes(self.model.timing_steps, training));
        let refit_prior = self.model.refit_prior && self.train.privacy.is_none();
        TreeHvaeConfig { components, timing_passes, refit_prior, ..self.model.clone() }
    }
}

fn encode(codec: &Codec, corpus: &Corpus, seed: u64) -> Result<Vec<TreeSample>, FitError> {
    let mut ties = rng(seed, "codec/ties");
    corpus.traces().map(|trace| Ok(TreeSample::new(codec.encode(trace, &mut ties)?, trace.label))).collect()
}

fn roots(samples: &[TreeSample]) -> Vec<(u32, Vec<usize>)> {
    let mut roots: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    samples.iter().for_each(|sample| roots.entry(sample.tokens.labels[0]).or_default().push(sample.len()));
    roots.into_iter().collect()
}

/// Batches of samples of bounded size, in order.
fn batches(samples: &[TreeSample]) -> Vec<Vec<&TreeSample>> {
    let mut batches: Vec<Vec<&TreeSample>> = Vec::new();
    let mut spans = 0;
    for sample in samples {
        spans += sample.len();
        match batches.last_mut() {
            Some(last) if spans <= ENCODED_SPANS => last.push(sample),
            _ => {
                batches.push(vec![sample]);
                spans = sample.len();
            }
        }
    }
    batches
}

fn posterior_points(model: &TreeHvae, samples: &[TreeSample], noise: &mut Noise, device: &Device) -> Vec<Point> {
    batches(samples).iter().flat_map(|batch| model.posterior_points(batch, POSTERIOR_DRAWS, noise, device)).collect()
}

impl FittedTreeHvae {
    /// The root and the size of every training trace; only of those whose root has this operation, written `operation` or
    /// `service/operation`, if one is asked for.
    fn traces_from(&self, asked: Option<&str>) -> Result<Vec<(u32, usize)>, SampleError> {
        let StoredTreeHvae { profile, codec, roots, .. } = &self.stored;
        let roots = match asked {
            Some(asked) => profile.roots_named(asked, roots.iter().map(|root| (root, codec.labels()[root.0 as usize])))?,
            None => roots.iter().collect(),
        };
        Ok(roots.into_iter().flat_map(|(root, sizes)| sizes.iter().map(|&size| (*root, size))).collect())
    }

    /// What the latent of every trace of a request shall stand for, and its label.
    fn plan(&self, request: &Request) -> Result<Vec<(Condition, Label)>, SampleError> {
        let plans = self.stored.profile.plan(request, KIND, ABILITIES)?;
        let StoredTreeHvae { profile, sampling, prior, .. } = &self.stored;
        let (asked, rare) = (request.conditions.root(), sampling.rare_shapes > 0.0);
        let traces = (asked.is_some() || rare).then(|| self.traces_from(asked)).transpose()?;
        // Without a root that is asked for, the latent decides on it.
        let pool = traces.as_ref().filter(|_| asked.is_some());
        let kinds = |traces: &Vec<(u32, usize)>| Kinds::new(traces, sampling.rare_shapes, prior.as_ref(), &profile.labels);
        let kinds = traces.as_ref().filter(|_| rare).map(kinds);
        let mode = request.conditions.size();
        let mut rng = rng(request.seed, "roots");
        let condition = |plan: Plan| {
            let (root, drawn) = match pool {
                Some(pool) => {
                    let (root, size) = pool[rng.random_range(0..pool.len())];
                    (Some(root), size)
                }
                None => (None, plan.size),
            };
            let (class, label) = (plan.label.class().index(), plan.label);
            let (asked_size, size) = match mode {
                SizeMode::Model => (None, None),
                SizeMode::Empirical => (None, Some(drawn)),
                SizeMode::Fixed(_) | SizeMode::Copied | SizeMode::Range => (Some(plan.size), Some(plan.size)),
            };
            let rare = kinds.as_ref().and_then(|kinds| kinds.draw(class, asked_size, &mut rng));
            (rare.unwrap_or(Condition { class, size, root }), label)
        };
        Ok(plans.into_iter().map(condition).collect())
    }

    /// A chunk of a request, from streams that only the seed and the number of the chunk decide.
    fn chunk(&self, plans: &[(Condition, Label)], number: usize, request: &Request) -> Vec<Trace> {
        let seed = request.seed;
        let mut draws = rng(seed, &format!("draws/{number}"));
        let conditions: Vec<Condition> = plans.iter().map(|(condition, _)| *condition).collect();
        let graph = match &self.stored.prior {
            Some(prior) => conditions.iter().map(|condition| prior.draw(condition, &mut draws)).collect(),
            None => {
                let mut noise = Noise::new(seed, &format!("latents/{number}"));
                self.model.draw_trained_prior(&conditions, &mut noise, &mut draws, &self.device)
            }
        };
        self.decode(&graph, plans, request.conditions.size() == SizeMode::Model, &mut draws)
    }

    fn decode(&self, graph: &[Vec<f32>], plans: &[(Condition, Label)], own_sizes: bool, draws: &mut ChaCha8Rng) -> Vec<Trace> {
        let force_root = self.stored.sampling.force_root;
        let decoded = |&Condition { class, size, root }: &Condition| Condition {
            class,
            size: size.filter(|_| !own_sizes),
            root: root.filter(|_| force_root),
        };
        let conditions: Vec<Condition> = plans.iter().map(|(condition, _)| decoded(condition)).collect();
        // A free size ends somewhere, even if the network does not.
        let grammar = self.stored.sampling.known_calls.then(|| self.stored.codec.grammar());
        let rules = TreeRules { limit: 2 * self.stored.codec.max_spans(), grammar };
        let tokens = self.model.sample(graph, &conditions, rules, &self.stored.sampling, draws, &self.device);
        let trace = |(tokens, (_, label)): (&Tokens, &(Condition, Label))| {
            let (spans, edges) = self.stored.codec.decode(tokens);
            let (id, start_ns) = self.stored.profile.identity(draws);
            Trace { id, start_ns, label: label.clone(), spans, edges }
        };
        tokens.iter().zip(plans).map(trace).collect()
    }

    fn graph_means(&self, samples: &[TreeSample]) -> Vec<Vec<f32>> {
        let means = |batch: &Vec<&TreeSample>| self.model.posterior_means(batch, &self.device);
        batches(samples).iter().flat_map(means).map(|latents| latents.graph).collect()
    }

    fn corpus(&self, traces: impl IntoIterator<Item = Trace>) -> Corpus {
        let mut builder = self.stored.profile.builder(self.stored.codec.has_starts());
        for trace in traces {
            builder.push(trace).expect("ids of the profile, finite times, edges of a tree in preorder");
        }
        builder.finish()
    }
}

impl FittedGenerator for FittedTreeHvae {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn profile(&self) -> &CorpusProfile {
        &self.stored.profile
    }

    fn sample(&self, request: &Request) -> Result<Corpus, SampleError> {
        let plans = self.plan(request)?;
        let chunks: Vec<&[(Condition, Label)]> = plans.chunks(CHUNK).collect();
        let traces = map_parallel(chunks.len(), request.threads, |number| self.chunk(chunks[number], number, request));
        Ok(self.corpus(traces.into_iter().flatten()))
    }

    fn reconstruct(&self, corpus: &Corpus) -> Option<Vec<Reconstruction>> {
        let codec = &self.stored.codec;
        let samples = encode(codec, corpus, 0).ok()?;
        let rules = TreeRules { limit: codec.max_spans(), grammar: Some(codec.grammar()) };
        let reconstruct = |batch: &Vec<&TreeSample>| self.model.reconstruct(batch, rules, &self.device);
        let tokens = batches(&samples).iter().flat_map(reconstruct).collect::<Vec<_>>();
        let reconstruction = |tokens: &Tokens| {
            let names: Vec<(u32, u32)> = tokens.labels.iter().map(|&label| codec.labels()[label as usize]).collect();
            let edge = |(child, parent): (usize, &Option<usize>)| parent.map(|parent| (parent, child));
            Reconstruction {
                services: names.iter().map(|&(service, _)| service).collect(),
                operations: names.iter().map(|&(_, operation)| operation).collect(),
                durations_us: codec.spans(tokens).iter().map(|span| span.duration_us).collect(),
                edges: tokens.parents().iter().enumerate().filter_map(edge).collect(),
            }
        };
        Some(tokens.iter().map(reconstruction).collect())
    }

    fn notes(&self) -> Vec<String> {
        let StoredTreeHvae { diagnostics, network, prior, privacy, .. } = &self.stored;
        let components = prior.as_ref().map(|prior| format!("prior refitted to {} Gaussians", prior.len()));
        let units =
            [(diagnostics.active_graph_units, network.graph_latent, "trace"), (diagnostics.active_span_units, network.span_latent, "span")];
        let units = units.into_iter().filter(|&(_, latent, _)| latent > 0);
        let units = units.map(|(active, latent, of)| format!("active latent units of a {of}: {active} of {latent}"));
        let promise = privacy.iter().flat_map(Promise::notes);
        units.chain(components).chain(promise).collect()
    }

    fn latents(&self, corpus: &Corpus) -> Option<Vec<Vec<f64>>> {
        let samples = encode(&self.stored.codec, corpus, 0).ok().filter(|_| self.stored.network.graph_latent > 0)?;
        Some(self.graph_means(&samples).into_iter().map(|mean| mean.into_iter().map(f64::from).collect()).collect())
    }

    fn trace_losses(&self, corpus: &Corpus) -> Option<Vec<f64>> {
        let samples = encode(&self.stored.codec, corpus, 0).ok()?;
        Some(loss_of_each(&self.model, &samples, &self.device))
    }

    fn interpolate(&self, corpus: &Corpus, steps: usize, seed: u64) -> Option<Corpus> {
        let samples = encode(&self.stored.codec, corpus, 0).ok().filter(|_| self.stored.network.graph_latent > 0)?;
        let means = self.graph_means(&samples);
        let (from, to) = (means.first()?, means.last()?);
        let (class, label) = (samples[0].class, corpus.trace(0).label.clone());
        let at = |step: usize| {
            let share = step as f32 / (steps - 1).max(1) as f32;
            from.iter().zip(to).map(|(a, b)| a + share * (b - a)).collect()
        };
        let graph: Vec<Vec<f32>> = (0..steps).map(at).collect();
        let plans = vec![(Condition { class, size: None, root: None }, label); steps];
        Some(self.corpus(self.decode(&graph, &plans, true, &mut rng(seed, "interpolate"))))
    }

    fn history(&self) -> Option<(&'static [&'static str], &[EpochRecord])> {
        Some((TreeHvae::TERMS, &self.stored.history))
    }

    fn parameters(&self) -> usize {
        self.model.num_params()
    }

    fn save(&self, folder: &Path) -> Result<(), StoreError> {
        checkpoint::save(&self.model, &folder.join(WEIGHTS_FILE))?;
        write_description(folder, &Description::new(Stored::TreeHvae(Box::new(self.stored.clone()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_traces_get_few_components_and_many_passes_for_the_times() {
        let generator = TreeHvaeGenerator::default();
        let sizes = |traces, training| {
            let TreeHvaeConfig { components, timing_passes, .. } = generator.network(traces, training);
            (components, timing_passes)
        };
        let TreeHvaeConfig { components, timing_passes, timing_steps, .. } = generator.model;
        assert_eq!(sizes(100_000, 100_000), (components, timing_passes));
        // Of 80 traces, three batches are a pass; of 60, two.
        assert_eq!((generator.train.batch, sizes(80, 80)), (32, (80 / LEAST_A_COMPONENT, timing_steps.div_ceil(3))));
        assert_eq!(sizes(80, 60), (80 / LEAST_A_COMPONENT, timing_steps.div_ceil(2)));
        assert_eq!(sizes(1, 1).0, 1);
    }
}
