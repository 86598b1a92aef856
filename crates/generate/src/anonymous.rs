//! A generator that releases no rare shape.

use std::path::Path;

use tracesmith_model::train::EpochRecord;
use tracesmith_trace::{Corpus, derive_seed};

use crate::rare_shapes::{Anonymised, KAnonymity};
use crate::{CorpusProfile, FittedGenerator, Reconstruction, Request, SampleError, StoreError};

/// A fitted generator whose traces keep a rule of k-anonymity. What it reconstructs or interpolates is not looked at.
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
}

impl FittedGenerator for Anonymous {
    fn kind(&self) -> &'static str {
        self.inner.kind()
    }

    fn profile(&self) -> &CorpusProfile {
        self.inner.profile()
    }

    fn sample(&self, request: &Request) -> Result<Corpus, SampleError> {
        let Anonymised { corpus, suppressed, replaced } = self.draw(request)?;
        if suppressed + replaced > 0 {
            let KAnonymity { k, .. } = self.rule;
            tracing::warn!("shapes of fewer than {k} training traces: {replaced} traces replaced, {suppressed} left out");
        }
        Ok(corpus)
    }

    fn reconstruct(&self, corpus: &Corpus) -> Option<Vec<Reconstruction>> {
        self.inner.reconstruct(corpus)
    }

    fn notes(&self) -> Vec<String> {
        self.inner.notes()
    }

    fn latents(&self, corpus: &Corpus) -> Option<Vec<Vec<f64>>> {
        self.inner.latents(corpus)
    }

    fn trace_losses(&self, corpus: &Corpus) -> Option<Vec<f64>> {
        self.inner.trace_losses(corpus)
    }

    fn interpolate(&self, corpus: &Corpus, steps: usize, seed: u64) -> Option<Corpus> {
        self.inner.interpolate(corpus, steps, seed)
    }

    fn history(&self) -> Option<(&'static [&'static str], &[EpochRecord])> {
        self.inner.history()
    }

    fn parameters(&self) -> usize {
        self.inner.parameters()
    }

    fn save(&self, folder: &Path) -> Result<(), StoreError> {
        self.inner.save(folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rare_shapes::{NovelShapes, RareShapes, ShapeCounts};
    use crate::{Fit, Generator, MarkovTree};
    use tracesmith_model::Device;
    use tracesmith_trace::{CorpusBuilder, Signature, Span, Trace, Vocabulary};

    /// 40 traces of one shape, 2 of another.
    fn corpus() -> Corpus {
        let mut builder = CorpusBuilder::new("test", Vocabulary::new(["s"]), Vocabulary::new(["common", "rare"]), false);
        for i in 0..42u32 {
            let span = Span { operation: u32::from(i >= 40), duration_us: 10.0, ..Span::default() };
            builder.push(Trace { id: i.to_string(), spans: vec![span], ..Trace::default() }).unwrap();
        }
        builder.finish()
    }

    #[test]
    fn rare_shapes_are_replaced_or_left_out_and_the_rest_stays() {
        let training = corpus();
        let fit = Fit { seed: 0, device: &Device::flex(), resume: None, observe: &mut |_, _| {} };
        let counts = ShapeCounts::of(&training);
        let fitted = MarkovTree::default().fit(&training, fit).unwrap();
        let plain = fitted.sample(&Request::new(500, 1)).unwrap();
        let rare = |corpus: &Corpus| corpus.traces().filter(|&trace| counts.seen(Signature::of(trace).hash()) < 5).count();
        let rare_before = rare(&plain);
        assert!(rare_before > 0);
        let folder = tempfile::tempdir().unwrap();
        fitted.save(folder.path()).unwrap();
        for (rule, left) in [(RareShapes::Merge, 500), (RareShapes::Suppress, 500 - rare_before)] {
            let inner = crate::load(folder.path(), &Device::flex(), |_| {}).unwrap();
            let anonymous = Anonymous::new(inner, KAnonymity { k: 5, rare: rule, novel: NovelShapes::Pass });
            let released = anonymous.sample(&Request::new(500, 1)).unwrap();
            assert_eq!((released.len(), rare(&released)), (left, 0));
        }
    }
}
