//! What the two VAEs that decode a batch at once have in common: fitting, drawing from a prior, reconstructing, storing.

mod aggregate;
pub(crate) mod network;
pub(crate) mod structure;

use std::path::Path;

use serde::{Deserialize, Serialize};
use tracesmith_model::batch::plan_by_size;
use tracesmith_model::train::{EpochRecord, Objective, Run, TrainConfig, Trained, initialise, loss_of_each, train};
use tracesmith_model::{Device, DurationScale, Graph, GraphBatch, Module, Noise, Sizes, checkpoint};
use tracesmith_trace::{Corpus, Trace, derive_seed, split};

use crate::error::{EncodeError, FitError, SampleError, StoreError};
use crate::fitted::{FittedGenerator, Likelihood, Reconstruct, Reconstruction, Sample, Skills, Training};
use crate::generator::Fit;
use crate::parallel::map_parallel;
use crate::profile::{Abilities, CorpusProfile, Plan};
use crate::request::Request;
use crate::store::{self, StoredModel, weights_file};
use aggregate::AggregatePrior;
use network::{CELLS, CHUNK, Network, Vae};
use structure::{Prior, SamplingConfig, arg_max, edges_above};

/// Spans of the largest trace that the quadratic decoders take: a batch of pairs of more would not fit into memory.
const LARGEST: usize = 512;

/// Spans of the largest trace that they are fitted on unless the user says otherwise.
pub(crate) const LARGEST_BY_DEFAULT: usize = 64;

/// What a VAE needs beside its weights.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct StoredVae<N> {
    network: N,
    sampling: SamplingConfig,
    profile: CorpusProfile,
    sizes: Sizes,
    scale: DurationScale,
    /// For [`Prior::Aggregate`]; models of earlier versions have none.
    #[serde(default)]
    aggregate: Option<AggregatePrior>,
    history: Vec<EpochRecord>,
}

/// A fitted VAE.
struct FittedVae<N: Network> {
    stored: StoredVae<N>,
    model: N::Model,
    device: Device,
}

/// What traces can be asked for; those of a network with `conditional` labels for a label.
pub(crate) fn abilities(conditional: bool) -> Abilities {
    Abilities { attributes: if conditional { &["label", "size"] } else { &["size"] }, own_sizes: false }
}

/// Fits `network` on `corpus`.
pub(crate) fn fit<N: Network>(
    network: &N,
    config: &TrainConfig,
    sampling: &SamplingConfig,
    corpus: &Corpus,
    how: Fit<'_>,
) -> Result<Box<dyn FittedGenerator>, FitError> {
    sampling.check()?;
    network.check()?;
    let (profile, sizes) = (CorpusProfile::of(corpus), Sizes::of(corpus));
    match sizes.max_spans {
        _ if corpus.is_empty() => return Err(FitError::Empty),
        spans if spans > LARGEST => return Err(FitError::TooLarge { kind: N::Model::KIND, spans, limit: LARGEST }),
        _ if network.conditional() && !profile.has_both_labels() => return Err(FitError::NoLabels),
        _ => {}
    }
    let scale = DurationScale::fit(corpus);
    let graphs = Graph::all(corpus, &scale);
    let parts = split(graphs.len(), config.validation, derive_seed(how.seed, "validation"));
    let pick = |positions: &[usize]| positions.iter().map(|&i| graphs[i].clone()).collect::<Vec<_>>();
    let (training, validation) = (pick(&parts.train), pick(&parts.held_out));
    let model = initialise(derive_seed(how.seed, "weights"), &how.device.clone().autodiff(), |device| network.build(&sizes, device));
    let model = network.prepare(model, &training, &sizes);
    let observe = how.observe;
    let mut forward = |record: &EpochRecord| observe(N::Model::TERMS, record);
    let run = Run { seed: derive_seed(how.seed, "train"), device: how.device, resume: how.resume, observe: &mut forward };
    let Trained { model, history, .. } = train(model, &training, &validation, &config.into(), run)?;
    let aggregate = Some(AggregatePrior::fit(&model, &training, network.conditional(), how.seed, how.device));
    let stored = StoredVae { network: network.clone(), sampling: sampling.clone(), profile, sizes, scale, aggregate, history };
    Ok(Box::new(FittedVae { stored, model, device: how.device.clone() }))
}

/// Restores a VAE from its folder.
pub(crate) fn load<N: Network>(mut model: StoredModel) -> Result<Box<dyn FittedGenerator>, StoreError> {
    let stored: StoredVae<N> = model.content()?;
    let StoredVae { profile, sizes, .. } = &stored;
    let fits =
        sizes.services == profile.services.len() && sizes.operations == profile.operations.len() && sizes.max_spans >= profile.max_spans();
    if !fits || profile.period_ns.0 > profile.period_ns.1 {
        return Err(model.invalid("its vocabulary, sizes and period contradict each other"));
    }
    stored.network.check().and_then(|()| stored.sampling.check()).map_err(|error| model.invalid(error))?;
    if stored.sampling.prior == Prior::Aggregate && stored.aggregate.is_none() {
        let message = "it was fitted without mixtures of the aggregate posterior: fit it again, or draw from the standard prior";
        return Err(model.invalid(message));
    }
    let device = model.device().clone();
    // Under the lock of `initialise`: weights drawn here would disturb those of a fit on another thread.
    let blank = initialise(0, &device, |device| stored.network.build(&stored.sizes, device));
    if stored.aggregate.as_ref().is_some_and(|prior| !prior.fits(&blank)) {
        return Err(model.invalid("its mixtures do not fit its latents"));
    }
    let network = checkpoint::load(blank, &weights_file(model.folder()))?;
    Ok(Box::new(FittedVae { stored, model: network, device }))
}

impl<N: Network> FittedVae<N> {
    /// A chunk of a request, from a stream that only the seed and the number of the chunk decide.
    fn chunk(&self, plans: &[Plan], number: usize, seed: u64) -> Vec<Trace> {
        let mut noise = Noise::new(seed, &format!("latents/{number}"));
        let mut latents = tracesmith_trace::rng(seed, &format!("latents/{number}"));
        let mut rng = tracesmith_trace::rng(seed, &format!("draws/{number}"));
        let sizes: Vec<usize> = plans.iter().map(|plan| plan.size).collect();
        let mut traces = vec![Trace::default(); plans.len()];
        for positions in plan_by_size(&sizes, CHUNK, CELLS) {
            let blanks: Vec<Graph> = positions.iter().map(|&i| blank(&plans[i])).collect();
            let layout = GraphBatch::new(&blanks.iter().collect::<Vec<_>>(), &self.device);
            let decoded = match &self.stored.aggregate {
                Some(prior) if self.stored.sampling.prior == Prior::Aggregate => {
                    self.model.decode_latents(&layout, &prior.draw(&blanks, &mut latents))
                }
                _ => self.model.decode_prior(&layout, &mut noise),
            };
            let decoded = decoded.into_graphs(&layout);
            for (&i, graph) in positions.iter().zip(&decoded) {
                let (spans, edges) = self.stored.sampling.draw(graph, &self.stored.scale, &mut rng);
                let (id, start_ns) = self.stored.profile.identity(&mut rng);
                traces[i] = Trace { id, start_ns, label: plans[i].label.clone(), spans, edges };
            }
        }
        traces
    }
}

/// A graph of which only the size and the class mean anything.
fn blank(plan: &Plan) -> Graph {
    let n = plan.size;
    Graph { services: vec![0; n], operations: vec![0; n], durations: vec![0.0; n], edges: Vec::new(), class: plan.label.class().index() }
}

impl<N: Network> Sample for FittedVae<N> {
    fn sample(&self, request: &Request) -> Result<Corpus, SampleError> {
        let profile = &self.stored.profile;
        let plans = profile.plan(request, self.kind(), abilities(self.stored.network.conditional()))?;
        let chunks: Vec<&[Plan]> = plans.chunks(CHUNK).collect();
        let traces = map_parallel(chunks.len(), request.threads, |number| self.chunk(chunks[number], number, request.seed));
        let mut builder = profile.builder(false);
        for trace in traces.into_iter().flatten() {
            builder.push(trace).expect("ids of the profile, edges from earlier to later spans");
        }
        Ok(builder.finish())
    }
}

impl<N: Network> Reconstruct for FittedVae<N> {
    fn reconstruct(&self, corpus: &Corpus) -> Result<Vec<Option<Reconstruction>>, EncodeError> {
        let graphs = Graph::all(corpus, &self.stored.scale);
        let sizes: Vec<usize> = graphs.iter().map(Graph::len).collect();
        let mut reconstructions = vec![None; graphs.len()];
        for positions in plan_by_size(&sizes, CHUNK, CELLS) {
            let batch = GraphBatch::new(&positions.iter().map(|&i| &graphs[i]).collect::<Vec<_>>(), &self.device);
            let decoded = self.model.reconstruct(&batch).into_graphs(&batch);
            for (i, graph) in positions.into_iter().zip(decoded) {
                reconstructions[i] = Some(Reconstruction {
                    services: graph.services.iter().map(|logits| arg_max(logits)).collect(),
                    operations: graph.operations.iter().map(|logits| arg_max(logits)).collect(),
                    durations_us: graph.durations.iter().map(|&d| self.stored.scale.decode(d)).collect(),
                    edges: edges_above(&graph, self.stored.sampling.reconstruction_threshold),
                });
            }
        }
        Ok(reconstructions)
    }
}

impl<N: Network> Likelihood for FittedVae<N> {
    fn trace_losses(&self, corpus: &Corpus) -> Result<Vec<f64>, EncodeError> {
        Ok(loss_of_each(&self.model, &Graph::all(corpus, &self.stored.scale), &self.device))
    }
}

impl<N: Network> FittedGenerator for FittedVae<N> {
    fn kind(&self) -> &'static str {
        N::Model::KIND
    }

    fn profile(&self) -> &CorpusProfile {
        &self.stored.profile
    }

    fn skills(&self) -> Skills<'_> {
        Skills { reconstruct: Some(self), likelihood: Some(self), latents: None }
    }

    fn training(&self) -> Training<'_> {
        let parameters = self.model.num_params();
        Training { terms: N::Model::TERMS, history: &self.stored.history, parameters, notes: Vec::new() }
    }

    fn save(&self, folder: &Path) -> Result<(), StoreError> {
        checkpoint::save(&self.model, &weights_file(folder))?;
        store::save(folder, self.kind(), &self.stored)
    }
}
