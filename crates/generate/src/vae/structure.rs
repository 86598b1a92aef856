//! From decoded logits to a trace.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracesmith_model::DurationScale;
use tracesmith_model::hvae::DecodedGraph;
use tracesmith_trace::{Edge, Span, in_preorder};

use crate::error::FitError;

/// Which pairs of spans become edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(rename_all = "lowercase")]
pub enum EdgeRule {
    /// Those whose probability is above `edge_threshold`.
    #[default]
    Threshold,
    /// Each is drawn with its probability.
    Sample,
}

/// What is made of the edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(rename_all = "lowercase")]
pub enum Structure {
    /// As the paper's decoder gives them: acyclic, but maybe a forest or a span with several parents.
    #[default]
    Raw,
    /// Projected onto a single-root tree: every span but the first gets its most likely earlier parent.
    Tree,
}

impl Structure {
    /// Its name among the settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Tree => "tree",
        }
    }
}

/// Where the latents of a generated trace come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(rename_all = "lowercase")]
pub enum Prior {
    /// N(0, I), the paper's.
    #[default]
    Standard,
    /// Mixtures of Gaussians fitted to the posterior of the training traces.
    Aggregate,
}

impl Prior {
    /// Its name among the settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Aggregate => "aggregate",
        }
    }
}

/// How traces are drawn from the decoder of a VAE.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SamplingConfig {
    /// Where latents come from.
    pub prior: Prior,
    /// Temperature of the service and operation distributions; 0 takes the most likely class.
    pub temperature: f64,
    /// Which pairs become edges.
    pub edges: EdgeRule,
    /// Probability above which a pair is an edge.
    pub edge_threshold: f64,
    /// Standard deviation of a shift of the threshold, one draw a trace.
    pub threshold_jitter: f64,
    /// Share of the edges that are dropped again.
    pub edge_dropout: f64,
    /// Standard deviation of noise on the standardised log-durations.
    pub duration_noise: f64,
    /// Raw edges, or their projection onto a tree.
    pub structure: Structure,
    /// Probability above which a pair counts as an edge in the reconstruction of RQ1.
    pub reconstruction_threshold: f64,
}

impl Default for SamplingConfig {
    fn default() -> Self {
        Self {
            prior: Prior::Standard,
            temperature: 1.0,
            edges: EdgeRule::Threshold,
            edge_threshold: 0.9,
            threshold_jitter: 0.0,
            edge_dropout: 0.0,
            duration_noise: 0.05,
            structure: Structure::Raw,
            reconstruction_threshold: 0.9,
        }
    }
}

impl SamplingConfig {
    /// Checks every setting.
    ///
    /// # Errors
    /// [`FitError::BadSetting`] names the first one out of range.
    pub fn check(&self) -> Result<(), FitError> {
        let settings = [
            ("sampling.temperature", self.temperature, f64::MAX),
            ("sampling.edge_threshold", self.edge_threshold, 1.0),
            ("sampling.threshold_jitter", self.threshold_jitter, 1.0),
            ("sampling.edge_dropout", self.edge_dropout, 1.0),
            ("sampling.duration_noise", self.duration_noise, f64::MAX),
            ("sampling.reconstruction_threshold", self.reconstruction_threshold, 1.0),
        ];
        for (key, value, largest) in settings {
            if !(0.0..=largest).contains(&value) {
                let expected = if largest == 1.0 { "a number from 0 to 1" } else { "a number, 0 or more" };
                return Err(FitError::BadSetting { key, value, expected });
            }
        }
        Ok(())
    }

    /// Spans and edges of one decoded graph.
    pub(crate) fn draw(&self, graph: &DecodedGraph, scale: &DurationScale, rng: &mut ChaCha8Rng) -> (Vec<Span>, Vec<Edge>) {
        let span = |i: usize, rng: &mut ChaCha8Rng| {
            let service = categorical(&graph.services[i], self.temperature, rng);
            let operation = categorical(&graph.operations[i], self.temperature, rng);
            let noise: f64 = StandardNormal.sample(rng);
            let duration_us = scale.decode(graph.durations[i] + (noise * self.duration_noise) as f32);
            Span { service, operation, duration_us, ..Span::default() }
        };
        let spans: Vec<Span> = (0..graph.services.len()).map(|i| span(i, rng)).collect();
        match self.structure {
            Structure::Raw => (spans, self.raw_edges(graph, rng)),
            Structure::Tree => in_preorder(&spans, &most_likely_parents(graph), false),
        }
    }

    fn raw_edges(&self, graph: &DecodedGraph, rng: &mut ChaCha8Rng) -> Vec<Edge> {
        let shift: f64 = StandardNormal.sample(rng);
        let threshold = self.edge_threshold + shift * self.threshold_jitter;
        let mut edges = Vec::new();
        for (from, to) in pairs(graph) {
            let probability = sigmoid(graph.edge(from, to));
            let chosen = match self.edges {
                EdgeRule::Threshold => probability > threshold,
                EdgeRule::Sample => rng.random::<f64>() < probability,
            };
            if chosen && (self.edge_dropout == 0.0 || rng.random::<f64>() >= self.edge_dropout) {
                edges.push(Edge { parent: from as u32, child: to as u32 });
            }
        }
        edges
    }
}

/// All pairs of spans, the earlier one first.
fn pairs(graph: &DecodedGraph) -> impl Iterator<Item = (usize, usize)> {
    let size = graph.durations.len();
    (0..size).flat_map(move |from| (from + 1..size).map(move |to| (from, to)))
}

/// Pairs whose probability is above `threshold`.
pub(crate) fn edges_above(graph: &DecodedGraph, threshold: f64) -> Vec<(usize, usize)> {
    pairs(graph).filter(|&(from, to)| sigmoid(graph.edge(from, to)) > threshold).collect()
}

/// Position of the largest logit.
pub(crate) fn arg_max(logits: &[f32]) -> u32 {
    let best = logits.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0)));
    best.map_or(0, |(i, _)| i as u32)
}

fn sigmoid(logit: f32) -> f64 {
    1.0 / (1.0 + (-f64::from(logit)).exp())
}

/// A draw from softmax(logits / temperature).
fn categorical(logits: &[f32], temperature: f64, rng: &mut ChaCha8Rng) -> u32 {
    let top = arg_max(logits);
    if temperature == 0.0 {
        return top;
    }
    let largest = f64::from(logits[top as usize]);
    let weights: Vec<f64> = logits.iter().map(|&logit| ((f64::from(logit) - largest) / temperature).exp()).collect();
    let mut point = rng.random::<f64>() * weights.iter().sum::<f64>();
    for (i, weight) in weights.iter().enumerate() {
        point -= weight;
        if point < 0.0 {
            return i as u32;
        }
    }
    top
}

fn most_likely_parents(graph: &DecodedGraph) -> Vec<Option<usize>> {
    let best = |to: usize| (0..to).max_by(|&a, &b| graph.edge(a, to).total_cmp(&graph.edge(b, to)).then(b.cmp(&a)));
    (0..graph.durations.len()).map(best).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tracesmith_trace::{CorpusBuilder, Trace, ValidityCounts, Vocabulary};

    fn graph(n: usize, logits: &[f32]) -> DecodedGraph {
        let rows = |columns: usize| (0..n).map(|i| (0..columns).map(|j| logits[(i * 7 + j) % logits.len()]).collect()).collect();
        DecodedGraph {
            services: rows(2),
            operations: rows(3),
            durations: vec![0.0; n],
            edges: (0..n * n).map(|i| logits[i * 3 % logits.len()]).collect(),
        }
    }

    proptest! {
        #[test]
        fn projected_traces_are_single_root_trees_and_raw_ones_are_acyclic(
            n in 1usize..12,
            logits in proptest::collection::vec(-8f32..8.0, 5..60),
            seed: u64,
        ) {
            for structure in [Structure::Raw, Structure::Tree] {
                let config = SamplingConfig { structure, edges: EdgeRule::Sample, ..SamplingConfig::default() };
                let scale = DurationScale { mean: 5.0, sd: 1.0 };
                let (spans, edges) = config.draw(&graph(n, &logits), &scale, &mut tracesmith_trace::rng(seed, "test"));
                let names = |count: usize| Vocabulary::new((0..count).map(|i| i.to_string()));
                let mut builder = CorpusBuilder::new("test", names(2), names(3), false);
                let trace = Trace { spans, edges, ..Trace::default() };
                prop_assert!(builder.push(trace).is_ok());
                let counts = ValidityCounts::of(&builder.finish());
                prop_assert!(structure == Structure::Raw || counts.trees == 1);
            }
        }
    }

    #[test]
    fn temperature_zero_takes_the_most_likely_class_and_one_follows_the_softmax() {
        let mut rng = tracesmith_trace::rng(0, "test");
        let logits = [0.0, 3f32.ln()];
        assert!((0..50).all(|_| categorical(&logits, 0.0, &mut rng) == 1));
        let ones = (0..4000).filter(|_| categorical(&logits, 1.0, &mut rng) == 1).count() as f64 / 4000.0;
        assert!((ones - 0.75).abs() < 0.03, "{ones}");
    }

    #[test]
    fn a_setting_out_of_range_is_named() {
        let error = SamplingConfig { edge_threshold: 1.5, ..SamplingConfig::default() }.check().unwrap_err();
        assert_eq!(error.to_string(), "sampling.edge_threshold = 1.5: a number from 0 to 1");
    }
}
