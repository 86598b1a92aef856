//! What a generator that is trained with differential privacy does and says.

#![allow(clippy::unwrap_used)]

use std::fs;

use rand::RngExt;
use tracesmith_generate::{Fit, FitError, FittedGenerator, GeneratorConfig, MODEL_FILE, Request, TreeHvaeGenerator, load};
use tracesmith_model::Device;
use tracesmith_model::train::PrivacyConfig;
use tracesmith_trace::{Corpus, CorpusBuilder, Edge, Label, Span, Trace, Vocabulary};

/// 40 chains of 2 to 4 spans.
fn corpus() -> Corpus {
    let mut rng = tracesmith_trace::rng(0, "corpus");
    let mut builder = CorpusBuilder::new("shop", Vocabulary::new(["cart", "frontend"]), Vocabulary::new(["get", "put"]), false);
    for i in 0..40 {
        let size = 2 + i % 3;
        let mut span = |i: u32| Span { service: i % 2, operation: i % 2, duration_us: rng.random_range(10.0..1000.0), ..Span::default() };
        let spans = (0..size).map(&mut span).collect();
        let edges = (1..size).map(|child| Edge { parent: child - 1, child }).collect();
        builder.push(Trace { id: format!("real-{i}"), start_ns: i64::from(i), label: Label::Normal, spans, edges }).unwrap();
    }
    builder.finish()
}

fn generator(privacy: Option<PrivacyConfig>) -> GeneratorConfig {
    let mut generator = TreeHvaeGenerator::default();
    (generator.train.steps, generator.train.batch, generator.train.privacy) = (10, 8, privacy);
    (generator.model.encoder_width, generator.model.structure_width, generator.model.timing_width) = (8, 8, 8);
    GeneratorConfig::new(generator)
}

fn fit(generator: &GeneratorConfig, seed: u64) -> Result<Box<dyn FittedGenerator>, FitError> {
    generator.fit(&corpus(), Fit { seed, device: &Device::flex(), resume: None, observe: &mut |_, _| () })
}

#[test]
fn a_private_generator_tells_its_promise_and_keeps_it_in_its_folder() {
    let private = generator(Some(PrivacyConfig { epsilon: Some(5.0), ..PrivacyConfig::default() }));
    let fitted = fit(&private, 1).unwrap();
    let notes = fitted.training().notes.join("; ");
    for part in ["epsilon = 5.0000", "delta = 2.50e-3", "noise multiplier", "10 steps", "sampling rate 0.2000", "quantile tables"] {
        assert!(notes.contains(part), "{part}: {notes}");
    }
    assert!(!notes.contains("refitted"), "{notes}");

    let folder = tempfile::tempdir().unwrap();
    fitted.save(folder.path()).unwrap();
    let description: serde_json::Value = serde_json::from_slice(&fs::read(folder.path().join(MODEL_FILE)).unwrap()).unwrap();
    let privacy = &description["generator"]["privacy"];
    assert!(privacy["training"]["epsilon"].as_f64().is_some_and(|epsilon| epsilon > 4.99 && epsilon <= 5.0), "{privacy}");
    assert_eq!(privacy["training"]["steps"], 10);
    assert!(privacy["covers"].as_str().is_some_and(|covers| covers.contains("the weights")), "{privacy}");
    let loaded = load(folder.path(), &Device::flex(), |_| ()).unwrap();
    assert_eq!(loaded.training().notes, fitted.training().notes);
    let request = Request::new(20, 3);
    assert_eq!(loaded.sample(&request).unwrap(), fitted.sample(&request).unwrap());
    let again = fit(&private, 1).unwrap();
    assert_eq!(again.sample(&request).unwrap(), fitted.sample(&request).unwrap());
}

#[test]
fn a_generator_without_privacy_says_nothing_of_it() {
    let fitted = fit(&generator(None), 1).unwrap();
    let notes = fitted.training().notes.join("; ");
    assert!(!notes.contains("epsilon") && notes.contains("refitted"), "{notes}");
    let folder = tempfile::tempdir().unwrap();
    fitted.save(folder.path()).unwrap();
    assert!(!fs::read_to_string(folder.path().join(MODEL_FILE)).unwrap().contains("epsilon"));
}

#[test]
fn other_generators_can_be_asked_for_privacy_and_refuse_it() {
    for kind in ["hvae", "flat-vae"] {
        let json = format!(r#"{{"kind":"{kind}","train":{{"epochs":1,"validation":0.0,"privacy":{{"epsilon":3.0}}}}}}"#);
        let config: GeneratorConfig = serde_json::from_str(&json).unwrap();
        let error = fit(&config, 1).map(|_| ()).unwrap_err();
        assert!(error.to_string().contains("normalises over the traces of a batch"), "{error}");
    }
}
