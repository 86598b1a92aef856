//! A fitted `tree-hvae`: drawing, reconstructing, weighing and interpolating traces.

use std::path::Path;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use tracesmith_codec::Tokens;
use tracesmith_model::mixture::Condition;
use tracesmith_model::train::{Objective, loss_of_each};
use tracesmith_model::tree_hvae::{TreeHvae, TreeRules, TreeSample};
use tracesmith_model::{Device, Module, Noise, checkpoint};
use tracesmith_trace::{Corpus, Label, SizeMode, Trace, rng};

use super::encoding::{batches, encode};
use super::kinds::Kinds;
use super::stored::{ABILITIES, KIND, StoredTreeHvae};
use crate::error::{EncodeError, SampleError, StoreError};
use crate::fitted::{FittedGenerator, Latents, Likelihood, Reconstruct, Reconstruction, Sample, Skills, Training};
use crate::parallel::map_parallel;
use crate::profile::{CorpusProfile, Plan};
use crate::request::Request;
use crate::store::{self, weights_file};

/// Traces a chunk of generation, which has a random stream of its own.
const CHUNK: usize = 512;

/// A fitted `tree-hvae`.
pub(super) struct FittedTreeHvae {
    pub(super) stored: StoredTreeHvae,
    pub(super) model: TreeHvae,
    pub(super) device: Device,
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

impl Sample for FittedTreeHvae {
    fn sample(&self, request: &Request) -> Result<Corpus, SampleError> {
        let plans = self.plan(request)?;
        let chunks: Vec<&[(Condition, Label)]> = plans.chunks(CHUNK).collect();
        let traces = map_parallel(chunks.len(), request.threads, |number| self.chunk(chunks[number], number, request));
        Ok(self.corpus(traces.into_iter().flatten()))
    }
}

impl Reconstruct for FittedTreeHvae {
    fn reconstruct(&self, corpus: &Corpus) -> Result<Vec<Option<Reconstruction>>, EncodeError> {
        let codec = &self.stored.codec;
        let samples = encode(codec, corpus, 0)?;
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
        Ok(tokens.iter().map(|tokens| Some(reconstruction(tokens))).collect())
    }
}

impl Likelihood for FittedTreeHvae {
    fn trace_losses(&self, corpus: &Corpus) -> Result<Vec<f64>, EncodeError> {
        let samples = encode(&self.stored.codec, corpus, 0)?;
        Ok(loss_of_each(&self.model, &samples, &self.device))
    }
}

impl Latents for FittedTreeHvae {
    fn latents(&self, corpus: &Corpus) -> Result<Vec<Vec<f64>>, EncodeError> {
        let samples = encode(&self.stored.codec, corpus, 0)?;
        Ok(self.graph_means(&samples).into_iter().map(|mean| mean.into_iter().map(f64::from).collect()).collect())
    }

    fn interpolate(&self, corpus: &Corpus, steps: usize, seed: u64) -> Result<Corpus, EncodeError> {
        let samples = encode(&self.stored.codec, corpus, 0)?;
        let means = self.graph_means(&samples);
        let (from, to) = means.first().zip(means.last()).ok_or(EncodeError::Empty)?;
        let (class, label) = (samples[0].class, corpus.trace(0).label.clone());
        let at = |step: usize| {
            let share = step as f32 / (steps - 1).max(1) as f32;
            from.iter().zip(to).map(|(a, b)| a + share * (b - a)).collect()
        };
        let graph: Vec<Vec<f32>> = (0..steps).map(at).collect();
        let plans = vec![(Condition { class, size: None, root: None }, label); steps];
        Ok(self.corpus(self.decode(&graph, &plans, true, &mut rng(seed, "interpolate"))))
    }
}

impl FittedGenerator for FittedTreeHvae {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn profile(&self) -> &CorpusProfile {
        &self.stored.profile
    }

    fn skills(&self) -> Skills<'_> {
        let latents: Option<&dyn Latents> = if self.stored.network.graph_latent > 0 { Some(self) } else { None };
        Skills { reconstruct: Some(self), likelihood: Some(self), latents }
    }

    fn training(&self) -> Training<'_> {
        Training { terms: TreeHvae::TERMS, history: &self.stored.history, parameters: self.model.num_params(), notes: self.stored.notes() }
    }

    fn save(&self, folder: &Path) -> Result<(), StoreError> {
        checkpoint::save(&self.model, &weights_file(folder))?;
        store::save(folder, KIND, &self.stored)
    }
}
