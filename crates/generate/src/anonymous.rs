//! A generator that releases no rare shape.

use std::path::Path;

use tracesmith_trace::{Corpus, Edge, Signature, Span, Trace, derive_seed};

use crate::error::{EncodeError, SampleError, StoreError};
use crate::fitted::{FittedGenerator, Latents, Likelihood, Reconstruct, Reconstruction, Sample, Skills, Training};
use crate::profile::CorpusProfile;
use crate::rare_shapes::{Anonymised, Decision, KAnonymity};
use crate::request::Request;

/// A fitted generator whose traces keep a rule of k-anonymity: those that it draws, those between two others, and reconstructions.
///
/// Where no other trace can take the place of one with a rare shape, between two others and in reconstructions, it is left out.
pub struct Anonymous {
    inner: Box<dyn FittedGenerator>,
    rule: KAnonymity,
}

impl Anonymous {
    /// Puts `inner` under `rule`.
    pub fn new(inner: Box<dyn FittedGenerator>, rule: KAnonymity) -> Self {
        Self { inner, rule }
    }

    fn draw(&self, request: &Request) -> Result<Anonymised, SampleError> {
        let generated = self.inner.sample(request)?;
        self.rule.anonymise(&self.profile().shapes, &generated, |count, round| {
            let seed = derive_seed(request.seed, &format!("k-anonymity/{round}"));
            self.inner.sample(&Request { count, seed, ..request.clone() })
        })
    }

    fn releases(&self, shape: &Signature) -> bool {
        self.rule.decide(self.profile().shapes.seen(shape.hash())) == Decision::Keep
    }

    /// Whether a reconstruction may be released; one that is no trace may not.
    fn releases_reconstruction(&self, reconstruction: &Reconstruction) -> bool {
        let names = reconstruction.services.iter().zip(&reconstruction.operations);
        let spans = names.map(|(&service, &operation)| Span { service, operation, ..Span::default() }).collect();
        let edge = |&(parent, child): &(usize, usize)| Edge { parent: parent as u32, child: child as u32 };
        let trace = Trace { spans, edges: reconstruction.edges.iter().map(edge).collect(), ..Trace::default() };
        let mut builder = self.profile().builder(false);
        builder.push(trace).is_ok() && self.releases(&Signature::of(builder.finish().trace(0)))
    }

    fn lacks(&self, what: &'static str) -> EncodeError {
        EncodeError::Lacks { kind: self.kind(), what }
    }
}

impl Sample for Anonymous {
    fn sample(&self, request: &Request) -> Result<Corpus, SampleError> {
        let Anonymised { corpus, suppressed, replaced } = self.draw(request)?;
        if suppressed + replaced > 0 {
            let KAnonymity { k, .. } = self.rule;
            tracing::warn!("shapes of fewer than {k} training traces: {replaced} traces replaced, {suppressed} left out");
        }
        Ok(corpus)
    }
}

impl Reconstruct for Anonymous {
    fn reconstruct(&self, corpus: &Corpus) -> Result<Vec<Option<Reconstruction>>, EncodeError> {
        let inner = self.inner.skills().reconstruct.ok_or_else(|| self.lacks("encoder of traces"))?;
        let reconstructions = inner.reconstruct(corpus)?;
        Ok(reconstructions.into_iter().map(|found| found.filter(|found| self.releases_reconstruction(found))).collect())
    }
}

/// What is said of traces that the caller has releases none.
impl Likelihood for Anonymous {
    fn trace_losses(&self, corpus: &Corpus) -> Result<Vec<f64>, EncodeError> {
        self.inner.skills().likelihood.ok_or_else(|| self.lacks("likelihood of a trace"))?.trace_losses(corpus)
    }
}

impl Latents for Anonymous {
    fn latents(&self, corpus: &Corpus) -> Result<Vec<Vec<f64>>, EncodeError> {
        self.inner.skills().latents.ok_or_else(|| self.lacks("latent of a trace"))?.latents(corpus)
    }

    fn interpolate(&self, corpus: &Corpus, steps: usize, seed: u64) -> Result<Corpus, EncodeError> {
        let path = self.inner.skills().latents.ok_or_else(|| self.lacks("latent of a trace"))?.interpolate(corpus, steps, seed)?;
        let released = path.filter(|trace| self.releases(&Signature::of(trace)));
        if released.len() < path.len() {
            let (k, left_out) = (self.rule.k, path.len() - released.len());
            tracing::warn!("shapes of fewer than {k} training traces: {left_out} of {} steps left out", path.len());
        }
        Ok(released)
    }
}

impl FittedGenerator for Anonymous {
    fn kind(&self) -> &'static str {
        self.inner.kind()
    }

    fn profile(&self) -> &CorpusProfile {
        self.inner.profile()
    }

    fn skills(&self) -> Skills<'_> {
        // Every field by name: one that is new has to be put under the rule here before anything compiles.
        let Skills { reconstruct, likelihood, latents } = self.inner.skills();
        Skills {
            reconstruct: reconstruct.map(|_| self as &dyn Reconstruct),
            likelihood: likelihood.map(|_| self as &dyn Likelihood),
            latents: latents.map(|_| self as &dyn Latents),
        }
    }

    fn training(&self) -> Training<'_> {
        self.inner.training()
    }

    fn save(&self, folder: &Path) -> Result<(), StoreError> {
        self.inner.save(folder)
    }
}

#[cfg(test)]
mod tests;
