//! The paper's hierarchical VAE.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracesmith_model::hvae::{Decoded, Hvae, HvaeConfig};
use tracesmith_model::train::TrainConfig;
use tracesmith_model::{Device, Graph, GraphBatch, Latents, Noise, Sizes};
use tracesmith_trace::{Corpus, Label};

use crate::error::{FitError, StoreError};
use crate::fitted::FittedGenerator;
use crate::generator::{Capabilities, Fit, Generator};
use crate::ranges::check_ranges;
use crate::store::StoredModel;
use crate::vae::network::{Network, Vae};
use crate::vae::structure::SamplingConfig;
use crate::vae::{LARGEST_BY_DEFAULT, abilities, fit, load};

/// The paper's hierarchical VAE: network, training and sampling.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, default)]
pub struct HvaeGenerator {
    /// The network and its loss.
    pub model: HvaeConfig,
    /// Its training.
    pub train: TrainConfig,
    /// How traces are drawn.
    pub sampling: SamplingConfig,
}

impl Generator for HvaeGenerator {
    const KIND: &'static str = <Hvae as Vae>::KIND;
    const SUMMARY: &'static str = "the paper's hierarchical VAE, sampled from N(0, I); its raw output is often a forest, of which files get the projection onto trees";

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            asked: abilities(self.model.conditional),
            reconstructs: true,
            likelihood: true,
            latents: false,
            largest_trace: Some(LARGEST_BY_DEFAULT),
        }
    }

    fn fit(&self, corpus: &Corpus, how: Fit<'_>) -> Result<Box<dyn FittedGenerator>, FitError> {
        fit(&self.model, &self.train, &self.sampling, corpus, how)
    }

    fn load(model: StoredModel) -> Result<Box<dyn FittedGenerator>, StoreError> {
        load::<HvaeConfig>(model)
    }

    fn epochs(&self, _traces: usize) -> usize {
        self.train.epochs
    }

    fn suited_to(&self, corpus: &Corpus) -> Self {
        let conditional = corpus.labels().contains(&Label::Normal) && corpus.labels().iter().any(Label::is_abnormal);
        Self { model: HvaeConfig { conditional, ..self.model.clone() }, ..self.clone() }
    }

    fn reconstruction_note(&self) -> Option<&'static str> {
        self.model.skip.then_some("skip=encoder")
    }
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
}
