//! The flat VAE baseline: one latent a trace.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracesmith_model::flat_vae::{FlatVae, FlatVaeConfig};
use tracesmith_model::hvae::Decoded;
use tracesmith_model::train::TrainConfig;
use tracesmith_model::{Device, Graph, GraphBatch, Latents, Noise, Sizes};
use tracesmith_trace::Corpus;

use crate::error::{FitError, StoreError};
use crate::fitted::FittedGenerator;
use crate::generator::{Capabilities, Fit, Generator};
use crate::ranges::check_ranges;
use crate::store::StoredModel;
use crate::vae::network::{Network, Vae};
use crate::vae::structure::SamplingConfig;
use crate::vae::{LARGEST_BY_DEFAULT, abilities, fit, load};

/// The flat VAE baseline: network, training and sampling.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, default)]
pub struct FlatVaeGenerator {
    /// The network and its loss.
    pub model: FlatVaeConfig,
    /// Its training.
    pub train: TrainConfig,
    /// How traces are drawn.
    pub sampling: SamplingConfig,
}

impl Generator for FlatVaeGenerator {
    const KIND: &'static str = <FlatVae as Vae>::KIND;
    const SUMMARY: &'static str = "the flat VAE, a baseline: one latent a trace and a decoder over pairs of spans";

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            asked: abilities(false),
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
        load::<FlatVaeConfig>(model)
    }

    fn epochs(&self, _traces: usize) -> usize {
        self.train.epochs
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
}
