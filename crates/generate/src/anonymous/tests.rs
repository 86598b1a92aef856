use tracesmith_model::Device;
use tracesmith_trace::{CorpusBuilder, TraceRef, Vocabulary};

use super::*;
use crate::generator::{Fit, Generator};
use crate::markov_tree::MarkovTree;
use crate::rare_shapes::{NovelShapes, RareShapes, ShapeCounts};

/// 40 traces of one shape, 2 of another.
fn corpus() -> Corpus {
    let mut builder = CorpusBuilder::new("test", Vocabulary::new(["s"]), Vocabulary::new(["common", "rare"]), false);
    for i in 0..42u32 {
        let span = Span { operation: u32::from(i >= 40), duration_us: 10.0, ..Span::default() };
        builder.push(Trace { id: i.to_string(), spans: vec![span], ..Trace::default() }).unwrap();
    }
    builder.finish()
}

/// Has all skills, and gives training traces away with each.
struct Parrot(Corpus, CorpusProfile);

impl Sample for Parrot {
    fn sample(&self, _request: &Request) -> Result<Corpus, SampleError> {
        Ok(self.0.clone())
    }
}

impl Reconstruct for Parrot {
    fn reconstruct(&self, corpus: &Corpus) -> Result<Vec<Option<Reconstruction>>, EncodeError> {
        let same = |trace: TraceRef<'_>| Reconstruction {
            services: trace.services.to_vec(),
            operations: trace.operations.to_vec(),
            durations_us: trace.durations_us.to_vec(),
            edges: Vec::new(),
        };
        Ok(corpus.traces().map(|trace| Some(same(trace))).collect())
    }
}

impl Likelihood for Parrot {
    fn trace_losses(&self, corpus: &Corpus) -> Result<Vec<f64>, EncodeError> {
        Ok(vec![0.0; corpus.len()])
    }
}

impl Latents for Parrot {
    fn latents(&self, corpus: &Corpus) -> Result<Vec<Vec<f64>>, EncodeError> {
        Ok(vec![vec![0.0]; corpus.len()])
    }

    fn interpolate(&self, _corpus: &Corpus, _steps: usize, _seed: u64) -> Result<Corpus, EncodeError> {
        Ok(self.0.clone())
    }
}

impl FittedGenerator for Parrot {
    fn kind(&self) -> &'static str {
        "parrot"
    }

    fn profile(&self) -> &CorpusProfile {
        &self.1
    }

    fn skills(&self) -> Skills<'_> {
        Skills { reconstruct: Some(self), likelihood: Some(self), latents: Some(self) }
    }

    fn training(&self) -> Training<'_> {
        Training::default()
    }

    fn save(&self, _folder: &Path) -> Result<(), StoreError> {
        Ok(())
    }
}

fn is_rare(trace: TraceRef<'_>) -> bool {
    trace.operations[0] == 1
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

#[test]
fn nothing_that_releases_traces_slips_past_the_rule() {
    let training = corpus();
    for rare in [RareShapes::Merge, RareShapes::Suppress] {
        let parrot = Parrot(training.clone(), CorpusProfile::of(&training));
        let anonymous = Anonymous::new(Box::new(parrot), KAnonymity { k: 5, rare, novel: NovelShapes::Pass });
        let Skills { reconstruct, likelihood, latents } = anonymous.skills();
        let drawn = anonymous.sample(&Request::new(42, 0)).unwrap();
        assert!(!drawn.is_empty() && !drawn.traces().any(is_rare));
        let path = latents.unwrap().interpolate(&training, 42, 0).unwrap();
        assert!(path.len() == 40 && !path.traces().any(is_rare));
        let reconstructions = reconstruct.unwrap().reconstruct(&training).unwrap();
        let released = training.traces().zip(&reconstructions).filter(|(_, found)| found.is_some());
        assert_eq!(released.filter(|(trace, _)| !is_rare(*trace)).count(), 40);
        assert_eq!(reconstructions.iter().flatten().count(), 40);
        assert_eq!(likelihood.unwrap().trace_losses(&training).unwrap().len(), 42);
    }
}
