//! Generators as a configuration file names them.

use serde::{Deserialize, Serialize};
use tracesmith_model::flat_vae::FlatVaeConfig;
use tracesmith_model::hvae::HvaeConfig;
use tracesmith_model::train::TrainConfig;
use tracesmith_model::tree_hvae::TreeSampling;
use tracesmith_trace::Corpus;

use crate::tree_hvae::TreeHvaeGenerator;
use crate::{Fit, FitError, FittedGenerator, Generator, MarkovTree, RandomSampling, SamplingConfig};

/// The paper's hierarchical VAE: network, training and sampling.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct HvaeGenerator {
    /// The network and its loss.
    pub model: HvaeConfig,
    /// Its training.
    pub train: TrainConfig,
    /// How traces are drawn.
    pub sampling: SamplingConfig,
}

/// The flat VAE baseline: network, training and sampling.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct FlatVaeGenerator {
    /// The network and its loss.
    pub model: FlatVaeConfig,
    /// Its training.
    pub train: TrainConfig,
    /// How traces are drawn.
    pub sampling: SamplingConfig,
}

/// Any generator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum GeneratorConfig {
    /// See [`RandomSampling`].
    RandomSampling(RandomSampling),
    /// See [`MarkovTree`].
    MarkovTree(MarkovTree),
    /// See [`FlatVaeGenerator`].
    FlatVae(FlatVaeGenerator),
    /// See [`HvaeGenerator`].
    Hvae(HvaeGenerator),
    /// See [`TreeHvaeGenerator`].
    TreeHvae(TreeHvaeGenerator),
}

/// How a kind of generator draws traces.
#[derive(Debug, Clone, PartialEq)]
pub enum Sampling {
    /// A VAE with a decoder over pairs of spans.
    Pairs(SamplingConfig),
    /// `tree-hvae`.
    Tree(TreeSampling),
}

/// Every kind of generator with its default configuration.
pub fn default_generators() -> Vec<(&'static str, GeneratorConfig)> {
    let all = [
        GeneratorConfig::RandomSampling(RandomSampling::default()),
        GeneratorConfig::MarkovTree(MarkovTree::default()),
        GeneratorConfig::FlatVae(FlatVaeGenerator::default()),
        GeneratorConfig::Hvae(HvaeGenerator::default()),
        GeneratorConfig::TreeHvae(TreeHvaeGenerator::default()),
    ];
    all.into_iter().map(|config| (config.kind(), config)).collect()
}

impl GeneratorConfig {
    /// How traces are drawn, for generators that can be told.
    pub fn sampling(&self) -> Option<Sampling> {
        match self {
            Self::RandomSampling(_) | Self::MarkovTree(_) => None,
            Self::FlatVae(generator) => Some(Sampling::Pairs(generator.sampling.clone())),
            Self::Hvae(generator) => Some(Sampling::Pairs(generator.sampling.clone())),
            Self::TreeHvae(generator) => Some(Sampling::Tree(generator.sampling.clone())),
        }
    }

    /// The part that fitting depends on: configurations that differ in sampling alone share one fitted generator.
    pub fn fitting(&self) -> Self {
        let mut config = self.clone();
        match &mut config {
            Self::RandomSampling(_) | Self::MarkovTree(_) => {}
            Self::FlatVae(generator) => generator.sampling = SamplingConfig::default(),
            Self::Hvae(generator) => generator.sampling = SamplingConfig::default(),
            Self::TreeHvae(generator) => generator.sampling = TreeSampling::default(),
        }
        config
    }

    /// Epochs of training on `traces` traces; 0 for a generator that is not trained.
    pub fn epochs(&self, traces: usize) -> usize {
        match self {
            Self::RandomSampling(_) | Self::MarkovTree(_) => 0,
            Self::FlatVae(generator) => generator.train.epochs,
            Self::Hvae(generator) => generator.train.epochs,
            Self::TreeHvae(generator) => generator.train.epochs(traces - (traces as f64 * generator.train.validation).round() as usize),
        }
    }

    fn generator(&self) -> &dyn Generator {
        match self {
            Self::RandomSampling(generator) => generator,
            Self::MarkovTree(generator) => generator,
            Self::FlatVae(generator) => generator,
            Self::Hvae(generator) => generator,
            Self::TreeHvae(generator) => generator,
        }
    }
}

impl Generator for GeneratorConfig {
    fn kind(&self) -> &'static str {
        self.generator().kind()
    }

    fn fit(&self, corpus: &Corpus, fit: Fit<'_>) -> Result<Box<dyn FittedGenerator>, FitError> {
        self.generator().fit(corpus, fit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_survives_json_and_names_its_kind() {
        for (kind, config) in default_generators() {
            let json = serde_json::to_string(&config).unwrap();
            assert!(json.contains(&format!("\"kind\":\"{kind}\"")), "{json}");
            assert_eq!(serde_json::from_str::<GeneratorConfig>(&json).unwrap(), config);
        }
    }

    #[test]
    fn unknown_keys_are_refused() {
        let error = serde_json::from_str::<GeneratorConfig>(r#"{"kind":"hvae","model":{"latnt":3}}"#).unwrap_err();
        assert!(error.to_string().contains("latnt"), "{error}");
    }
}
