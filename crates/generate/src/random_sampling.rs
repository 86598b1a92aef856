//! The baseline without a model: every span is drawn on its own.

use std::path::Path;

use rand::RngExt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracesmith_trace::{Class, Corpus, Span, Trace, in_preorder};

use crate::error::{FitError, SampleError, StoreError};
use crate::fitted::{FittedGenerator, Sample, Skills, Training};
use crate::generator::{Capabilities, Fit, Generator};
use crate::profile::{Abilities, CorpusProfile};
use crate::request::Request;
use crate::store::{self, StoredModel};

/// From which distribution services and operations are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LabelDraw {
    /// All names alike: what the low semantic fidelity of the paper's baseline implies.
    #[default]
    Uniform,
    /// As often as in the training data, service and operation independently.
    Marginal,
}

/// Services and operations drawn independently, durations drawn from those of the training spans, and every span but the first below a
/// random earlier one (a random recursive tree).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RandomSampling {
    /// How names are drawn.
    pub names: LabelDraw,
}

/// The tables of a fitted [`RandomSampling`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Fitted {
    config: RandomSampling,
    profile: CorpusProfile,
    /// Durations in µs of the training spans, by class of their trace.
    durations_us: Vec<Vec<f64>>,
    services: Vec<u32>,
    operations: Vec<u32>,
}

/// What its traces can be asked for.
const ABILITIES: Abilities = Abilities { attributes: &["label", "size"], own_sizes: false };

impl Generator for RandomSampling {
    const KIND: &'static str = "random-sampling";
    const SUMMARY: &'static str = "every span drawn on its own, a baseline";

    fn capabilities(&self) -> Capabilities {
        Capabilities { asked: ABILITIES, ..Capabilities::default() }
    }

    fn fit(&self, corpus: &Corpus, _fit: Fit<'_>) -> Result<Box<dyn FittedGenerator>, FitError> {
        if corpus.is_empty() {
            return Err(FitError::Empty);
        }
        let mut durations_us = vec![Vec::new(); Class::COUNT];
        for trace in corpus.traces() {
            durations_us[trace.label.class().index()].extend_from_slice(trace.durations_us);
        }
        let pool = |ids: &[u32], names: usize| match self.names {
            LabelDraw::Uniform => (0..names as u32).collect(),
            LabelDraw::Marginal => ids.to_vec(),
        };
        Ok(Box::new(Fitted {
            config: self.clone(),
            profile: CorpusProfile::of(corpus),
            durations_us,
            services: pool(corpus.span_services(), corpus.services().len()),
            operations: pool(corpus.span_operations(), corpus.operations().len()),
        }))
    }

    fn load(mut model: StoredModel) -> Result<Box<dyn FittedGenerator>, StoreError> {
        Ok(Box::new(model.content::<Fitted>()?))
    }
}

impl Sample for Fitted {
    fn sample(&self, request: &Request) -> Result<Corpus, SampleError> {
        let mut builder = self.profile.builder(false);
        let mut rng = tracesmith_trace::rng(request.seed, "random-sampling");
        for plan in self.profile.plan(request, self.kind(), ABILITIES)? {
            let durations = &self.durations_us[plan.label.class().index()];
            let spans: Vec<Span> = (0..plan.size)
                .map(|_| Span {
                    service: self.services[rng.random_range(0..self.services.len())],
                    operation: self.operations[rng.random_range(0..self.operations.len())],
                    start_us: 0.0,
                    duration_us: durations[rng.random_range(0..durations.len())],
                    ..Span::default()
                })
                .collect();
            let parents: Vec<Option<usize>> = (0..plan.size).map(|i| (i > 0).then(|| rng.random_range(0..i))).collect();
            let (spans, edges) = in_preorder(&spans, &parents, false);
            let (id, start_ns) = self.profile.identity(&mut rng);
            builder.push(Trace { id, start_ns, label: plan.label, spans, edges }).expect("ids of the profile, edges of a tree");
        }
        Ok(builder.finish())
    }
}

impl FittedGenerator for Fitted {
    fn kind(&self) -> &'static str {
        RandomSampling::KIND
    }

    fn profile(&self) -> &CorpusProfile {
        &self.profile
    }

    fn skills(&self) -> Skills<'_> {
        Skills::default()
    }

    fn training(&self) -> Training<'_> {
        Training::default()
    }

    fn save(&self, folder: &Path) -> Result<(), StoreError> {
        store::save(folder, self.kind(), self)
    }
}
