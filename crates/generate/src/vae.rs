//! What the two VAEs have in common: fitting, drawing from a prior, reconstructing.

use std::path::Path;

use tracesmith_model::batch::plan_by_size;
use tracesmith_model::flat_vae::{FlatVae, FlatVaeConfig};
use tracesmith_model::hvae::{Decoded, Hvae, HvaeConfig};
use tracesmith_model::train::{EpochRecord, Objective, Run, TrainConfig, Trained, initialise, loss_of_each, train};
use tracesmith_model::{Device, DurationScale, Graph, GraphBatch, Latents, Module, Noise, Sizes, checkpoint};
use tracesmith_trace::{Corpus, Trace, derive_seed, split};

use crate::aggregate::AggregatePrior;
use crate::profile::{Abilities, Plan};
use crate::store::{Description, Stored, StoredVae, WEIGHTS_FILE, write_description};
use crate::structure::{arg_max, edges_above};
use crate::{
    CorpusProfile, Fit, FitError, FittedGenerator, FlatVaeGenerator, Generator, HvaeGenerator, Prior, Reconstruction, Request, SampleError,
    SamplingConfig, StoreError, map_parallel,
};

/// Spans of the largest trace that the quadratic decoders take: a batch of pairs of more would not fit into memory.
const LARGEST: usize = 512;

/// Traces a chunk of generation: a chunk has a random stream of its own, so that chunks can be made anywhere in any order.
pub(crate) const CHUNK: usize = 256;

/// Cells `B·N²` of a decoded batch.
pub(crate) const CELLS: usize = 1 << 16;

/// A VAE that decodes a batch at once.
pub(crate) trait Vae: Objective<Sample = Graph, Batch = GraphBatch> + Sync {
    const KIND: &'static str;
    /// Whether every span has a latent of its own.
    const SPAN_LATENTS: bool;
    fn latent(&self) -> usize;
    fn draw_posterior(&self, batch: &GraphBatch, noise: &mut Noise) -> Latents;
    fn decode_latents(&self, layout: &GraphBatch, latents: &Latents) -> Decoded;
    /// Decodes latents from N(0, I).
    fn decode_prior(&self, layout: &GraphBatch, noise: &mut Noise) -> Decoded;
    fn reconstruct(&self, batch: &GraphBatch) -> Decoded;
}

impl Vae for Hvae {
    const KIND: &'static str = "hvae";
    const SPAN_LATENTS: bool = true;

    fn latent(&self) -> usize {
        Hvae::latent(self)
    }

    fn draw_posterior(&self, batch: &GraphBatch, noise: &mut Noise) -> Latents {
        Hvae::draw_posterior(self, batch, noise)
    }

    fn decode_latents(&self, layout: &GraphBatch, latents: &Latents) -> Decoded {
        Hvae::decode_latents(self, layout, latents)
    }

    fn decode_prior(&self, layout: &GraphBatch, noise: &mut Noise) -> Decoded {
        let device = layout.device();
        let z_graph = noise.normal(layout.graphs, self.latent(), &device);
        let z_node = noise.normal(layout.sizes.iter().sum(), self.latent(), &device);
        self.decode(layout, z_graph, z_node)
    }

    fn reconstruct(&self, batch: &GraphBatch) -> Decoded {
        Hvae::reconstruct(self, batch)
    }
}

impl Vae for FlatVae {
    const KIND: &'static str = "flat-vae";
    const SPAN_LATENTS: bool = false;

    fn latent(&self) -> usize {
        FlatVae::latent(self)
    }

    fn draw_posterior(&self, batch: &GraphBatch, noise: &mut Noise) -> Latents {
        FlatVae::draw_posterior(self, batch, noise)
    }

    fn decode_latents(&self, layout: &GraphBatch, latents: &Latents) -> Decoded {
        FlatVae::decode_latents(self, layout, latents)
    }

    fn decode_prior(&self, layout: &GraphBatch, noise: &mut Noise) -> Decoded {
        let z = noise.normal(layout.graphs, self.latent(), &layout.device());
        self.decode(layout, z)
    }

    fn reconstruct(&self, batch: &GraphBatch) -> Decoded {
        FlatVae::reconstruct(self, batch)
    }
}

/// What a network configuration must tell the shared code.
pub(crate) trait Network: Clone + Send + Sync {
    type Model: Vae;
    fn build(&self, sizes: &Sizes, device: &Device) -> Self::Model;
    fn prepare(&self, model: Self::Model, graphs: &[Graph], sizes: &Sizes) -> Self::Model;
    fn conditional(&self) -> bool;
    fn check(&self) -> Result<(), FitError>;
    fn stored(vae: StoredVae<Self>) -> Stored;
}

impl Network for HvaeConfig {
    type Model = Hvae;

    fn build(&self, sizes: &Sizes, device: &Device) -> Hvae {
        self.init(sizes, device)
    }

    fn prepare(&self, model: Hvae, graphs: &[Graph], sizes: &Sizes) -> Hvae {
        model.with_class_weights(graphs, sizes)
    }

    fn conditional(&self) -> bool {
        self.conditional
    }

    fn check(&self) -> Result<(), FitError> {
        let settings = [
            ("model.latent", self.latent as f64, 1.0, 4096.0),
            ("model.hidden", self.hidden as f64, 1.0, 4096.0),
            ("model.edge_weight", self.edge_weight, 0.0, f64::MAX),
            ("model.negative_weight", self.negative_weight, 0.0, f64::MAX),
            ("model.positive_cap", self.positive_cap, 0.0, f64::MAX),
            ("model.operation_weight", self.operation_weight, 0.0, f64::MAX),
            ("model.beta", self.beta, 0.0, f64::MAX),
            ("model.node_kl", self.node_kl, 0.0, f64::MAX),
            ("model.warm_up", self.warm_up, 0.0, 1.0),
            ("model.class_weight_cap", self.class_weight_cap, 0.0, f64::MAX),
            ("model.encoder_dropout", self.encoder_dropout, 0.0, 0.95),
            ("model.head_dropout", self.head_dropout, 0.0, 0.95),
        ];
        check_ranges(&settings)
    }

    fn stored(vae: StoredVae<Self>) -> Stored {
        Stored::Hvae(vae)
    }
}

impl Network for FlatVaeConfig {
    type Model = FlatVae;

    fn build(&self, sizes: &Sizes, device: &Device) -> FlatVae {
        self.init(sizes, device)
    }

    fn prepare(&self, model: FlatVae, _graphs: &[Graph], _sizes: &Sizes) -> FlatVae {
        model
    }

    fn conditional(&self) -> bool {
        false
    }

    fn check(&self) -> Result<(), FitError> {
        let settings = [
            ("model.latent", self.latent as f64, 1.0, 4096.0),
            ("model.hidden", self.hidden as f64, 1.0, 4096.0),
            ("model.span_width", self.span_width as f64, 1.0, 4096.0),
            ("model.edge_weight", self.edge_weight, 0.0, f64::MAX),
            ("model.beta", self.beta, 0.0, f64::MAX),
            ("model.warm_up", self.warm_up, 0.0, 1.0),
        ];
        check_ranges(&settings)
    }

    fn stored(vae: StoredVae<Self>) -> Stored {
        Stored::FlatVae(vae)
    }
}

pub(crate) fn check_ranges(settings: &[(&'static str, f64, f64, f64)]) -> Result<(), FitError> {
    match settings.iter().find(|(_, value, low, high)| !(low..=high).contains(&value)) {
        None => Ok(()),
        Some(&(key, value, low, _)) => {
            let expected = if low == 1.0 { "a whole number from 1 to 4096" } else { "out of range; see the documentation of the key" };
            Err(FitError::BadSetting { key, value, expected })
        }
    }
}

/// A fitted VAE.
pub(crate) struct FittedVae<N: Network> {
    pub stored: StoredVae<N>,
    pub model: N::Model,
    pub device: Device,
}

impl Generator for HvaeGenerator {
    fn kind(&self) -> &'static str {
        Hvae::KIND
    }

    fn fit(&self, corpus: &Corpus, fit: Fit<'_>) -> Result<Box<dyn FittedGenerator>, FitError> {
        fit_vae(&self.model, &self.train, &self.sampling, corpus, fit)
    }
}

impl Generator for FlatVaeGenerator {
    fn kind(&self) -> &'static str {
        FlatVae::KIND
    }

    fn fit(&self, corpus: &Corpus, fit: Fit<'_>) -> Result<Box<dyn FittedGenerator>, FitError> {
        fit_vae(&self.model, &self.train, &self.sampling, corpus, fit)
    }
}

fn fit_vae<N: Network + 'static>(
    network: &N,
    config: &TrainConfig,
    sampling: &SamplingConfig,
    corpus: &Corpus,
    fit: Fit<'_>,
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
    let parts = split(graphs.len(), config.validation, derive_seed(fit.seed, "validation"));
    let pick = |positions: &[usize]| positions.iter().map(|&i| graphs[i].clone()).collect::<Vec<_>>();
    let (training, validation) = (pick(&parts.train), pick(&parts.held_out));
    let model = initialise(derive_seed(fit.seed, "weights"), &fit.device.clone().autodiff(), |device| network.build(&sizes, device));
    let model = network.prepare(model, &training, &sizes);
    let observe = fit.observe;
    let mut forward = |record: &EpochRecord| observe(N::Model::TERMS, record);
    let run = Run { seed: derive_seed(fit.seed, "train"), device: fit.device, resume: fit.resume, observe: &mut forward };
    let Trained { model, history, .. } = train(model, &training, &validation, &config.into(), run)?;
    let aggregate = Some(AggregatePrior::fit(&model, &training, network.conditional(), fit.seed, fit.device));
    let stored = StoredVae { network: network.clone(), sampling: sampling.clone(), profile, sizes, scale, aggregate, history };
    Ok(Box::new(FittedVae { stored, model, device: fit.device.clone() }))
}

impl<N: Network + 'static> FittedVae<N> {
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

impl<N: Network + 'static> FittedGenerator for FittedVae<N> {
    fn kind(&self) -> &'static str {
        N::Model::KIND
    }

    fn profile(&self) -> &CorpusProfile {
        &self.stored.profile
    }

    fn sample(&self, request: &Request) -> Result<Corpus, SampleError> {
        let profile = &self.stored.profile;
        let attributes: &[&str] = if self.stored.network.conditional() { &["label", "size"] } else { &["size"] };
        let abilities = Abilities { attributes, own_sizes: false };
        let plans = profile.plan(request, self.kind(), abilities)?;
        let chunks: Vec<&[Plan]> = plans.chunks(CHUNK).collect();
        let traces = map_parallel(chunks.len(), request.threads, |number| self.chunk(chunks[number], number, request.seed));
        let mut builder = profile.builder(false);
        for trace in traces.into_iter().flatten() {
            builder.push(trace).expect("ids of the profile, edges from earlier to later spans");
        }
        Ok(builder.finish())
    }

    fn reconstruct(&self, corpus: &Corpus) -> Option<Vec<Reconstruction>> {
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
        reconstructions.into_iter().collect()
    }

    fn trace_losses(&self, corpus: &Corpus) -> Option<Vec<f64>> {
        Some(loss_of_each(&self.model, &Graph::all(corpus, &self.stored.scale), &self.device))
    }

    fn history(&self) -> Option<(&'static [&'static str], &[EpochRecord])> {
        Some((N::Model::TERMS, &self.stored.history))
    }

    fn parameters(&self) -> usize {
        self.model.num_params()
    }

    fn save(&self, folder: &Path) -> Result<(), StoreError> {
        checkpoint::save(&self.model, &folder.join(WEIGHTS_FILE))?;
        write_description(folder, &Description::new(N::stored(self.stored.clone())))
    }
}
