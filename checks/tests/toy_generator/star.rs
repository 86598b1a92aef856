//! A generator of stars: every span but the first is called by the first.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracesmith_generate::{
    Abilities, Capabilities, CorpusProfile, Fit, FitError, FittedGenerator, Generator, Request, Sample, SampleError, Skills, StoreError,
    StoredModel, Training, save,
};
use tracesmith_trace::{Corpus, Edge, Span, Trace, rng};

/// Stars whose spans all last as long.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Star {
    /// Duration of every span in µs.
    pub duration_us: f64,
}

const ABILITIES: Abilities = Abilities { attributes: &["size"], own_sizes: false };

#[derive(Serialize, Deserialize)]
struct Fitted {
    settings: Star,
    profile: CorpusProfile,
}

impl Generator for Star {
    const KIND: &'static str = "star";
    const SUMMARY: &'static str = "a toy: every span but the first is called by the first";

    fn capabilities(&self) -> Capabilities {
        Capabilities { asked: ABILITIES, ..Capabilities::default() }
    }

    fn fit(&self, corpus: &Corpus, _how: Fit<'_>) -> Result<Box<dyn FittedGenerator>, FitError> {
        Ok(Box::new(Fitted { settings: self.clone(), profile: CorpusProfile::of(corpus) }))
    }

    fn load(mut model: StoredModel) -> Result<Box<dyn FittedGenerator>, StoreError> {
        Ok(Box::new(model.content::<Fitted>()?))
    }
}

impl Sample for Fitted {
    fn sample(&self, request: &Request) -> Result<Corpus, SampleError> {
        let (mut builder, mut rng) = (self.profile.builder(false), rng(request.seed, "star"));
        for plan in self.profile.plan(request, self.kind(), ABILITIES)? {
            let (id, start_ns) = self.profile.identity(&mut rng);
            let spans = vec![Span { duration_us: self.settings.duration_us, ..Span::default() }; plan.size];
            let edges = (1..plan.size as u32).map(|child| Edge { parent: 0, child }).collect();
            builder.push(Trace { id, start_ns, label: plan.label, spans, edges }).expect("a star is a tree");
        }
        Ok(builder.finish())
    }
}

impl FittedGenerator for Fitted {
    fn kind(&self) -> &'static str {
        Star::KIND
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
        save(folder, self.kind(), self)
    }
}
