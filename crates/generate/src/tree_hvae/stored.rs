//! A fitted `tree-hvae` without its weights, and the checks that its parts are sound.

use serde::{Deserialize, Serialize};
use tracesmith_codec::Codec;
use tracesmith_model::mixture::Mixture;
use tracesmith_model::train::EpochRecord;
use tracesmith_model::tree_hvae::{TreeHvaeConfig, TreeSampling};
use tracesmith_trace::Class;

use super::diagnostics::Diagnostics;
use super::privacy::Promise;
use crate::error::FitError;
use crate::profile::{Abilities, CorpusProfile};
use crate::ranges::check_ranges;

/// Name of the kind.
pub(super) const KIND: &str = "tree-hvae";

/// What its traces can be asked for.
pub(super) const ABILITIES: Abilities = Abilities { attributes: &["label", "root", "size"], own_sizes: true };

/// What the generator needs beside its weights.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredTreeHvae {
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

impl StoredTreeHvae {
    /// What there is to know beside the losses, in words.
    pub(super) fn notes(&self) -> Vec<String> {
        let StoredTreeHvae { diagnostics, network, prior, privacy, .. } = self;
        let components = prior.as_ref().map(|prior| format!("prior refitted to {} Gaussians", prior.len()));
        let units =
            [(diagnostics.active_graph_units, network.graph_latent, "trace"), (diagnostics.active_span_units, network.span_latent, "span")];
        let units = units.into_iter().filter(|&(_, latent, _)| latent > 0);
        let units = units.map(|(active, latent, of)| format!("active latent units of a {of}: {active} of {latent}"));
        let promise = privacy.iter().flat_map(Promise::notes);
        units.chain(components).chain(promise).collect()
    }

    /// Whether the parts of a model file belong together.
    pub(super) fn check(&self) -> Result<(), String> {
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

pub(super) fn check_sampling(sampling: &TreeSampling) -> Result<(), FitError> {
    check_ranges(&[
        ("sampling.temperature", sampling.temperature, 0.0, f64::MAX),
        ("sampling.min_p", sampling.min_p, 0.0, 1.0),
        ("sampling.rare_shapes", sampling.rare_shapes, 0.0, 1.0),
    ])
}

pub(super) fn check_network(network: &TreeHvaeConfig) -> Result<(), FitError> {
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
