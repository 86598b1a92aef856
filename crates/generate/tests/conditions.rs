//! What generators can be asked for, and what they say to the rest.

#![allow(clippy::unwrap_used)]

use tracesmith_generate::{Fit, FittedGenerator, FlatVaeGenerator, Generator, MarkovTree, RandomSampling, Request, SampleError, draw};
use tracesmith_model::Device;
use tracesmith_model::flat_vae::FlatVaeConfig;
use tracesmith_model::train::TrainConfig;
use tracesmith_trace::{Class, Conditions, Corpus, CorpusBuilder, Edge, Fault, Label, Span, Trace, Vocabulary};

/// Chains of 1 to 4 spans that begin with one of three operations, under these labels in turn.
fn corpus(labels: &[Label]) -> Corpus {
    let mut builder = CorpusBuilder::new("test", Vocabulary::new(["web"]), Vocabulary::new(["get", "put", "save"]), false);
    for i in 0..48u32 {
        let span = |depth| Span { operation: (i + depth) % 3, duration_us: f64::from(10 + i), ..Span::default() };
        let size = 1 + i / 12;
        let edges = (1..size).map(|child| Edge { child, parent: child - 1 }).collect();
        let label = labels[i as usize % labels.len()].clone();
        builder.push(Trace { id: i.to_string(), label, spans: (0..size).map(span).collect(), edges, ..Trace::default() }).unwrap();
    }
    builder.finish()
}

fn fault(kind: &str, service: &str) -> Label {
    Label::Abnormal(Fault { service: service.into(), kind: kind.into() })
}

fn two_faults() -> Corpus {
    corpus(&[Label::Normal, fault("cpu_load", "web"), fault("packet_loss", "db")])
}

fn fit(generator: &impl Generator, corpus: &Corpus) -> Box<dyn FittedGenerator> {
    generator.fit(corpus, Fit { seed: 0, device: &Device::flex(), resume: None, observe: &mut |_, _| {} }).unwrap()
}

fn flat_vae(corpus: &Corpus) -> Box<dyn FittedGenerator> {
    let model = FlatVaeConfig { latent: 2, hidden: 4, span_width: 4, ..FlatVaeConfig::default() };
    let train = TrainConfig { epochs: 1, validation: 0.0, ..TrainConfig::default() };
    fit(&FlatVaeGenerator { model, train, ..FlatVaeGenerator::default() }, corpus)
}

fn request(conditions: &str) -> Request {
    Request::new(30, 1).under(conditions.parse().unwrap())
}

fn refusal(model: &dyn FittedGenerator, conditions: &str) -> String {
    draw(model, &request(conditions)).unwrap_err().to_string()
}

#[test]
fn a_generator_of_classes_answers_for_a_fault_only_where_the_class_is_that_fault() {
    let several = fit(&MarkovTree::default(), &two_faults());
    let said = refusal(several.as_ref(), "fault=cpu_load");
    for part in ["fault=cpu_load is not all of its abnormal", "packet_loss at db", "Ask for label=abnormal", "fit --where fault=cpu_load"] {
        assert!(said.contains(part), "{said}");
    }
    assert!(refusal(several.as_ref(), "service=db").contains("cpu_load at web"));
    let one = fit(&MarkovTree::default(), &corpus(&[Label::Normal, fault("cpu_load", "web")]));
    for conditions in ["fault=cpu_load", "service=web", "fault=cpu_load,service=web,label=abnormal"] {
        let conditions = request(conditions);
        let drawn = draw(one.as_ref(), &conditions).unwrap().corpus;
        assert_eq!(conditions.conditions.met_by(&drawn).len(), 30);
        assert_eq!(drawn, one.sample(&Request::new(30, 1).with_class(Class::Abnormal)).unwrap());
    }
}

#[test]
fn values_that_training_does_not_have_are_answered_with_the_nearest() {
    let model = fit(&RandomSampling::default(), &two_faults());
    assert!(
        refusal(model.as_ref(), "fault=cpu_laod").contains("no training trace has fault=cpu_laod; there are, the nearest first: cpu_load")
    );
    assert!(refusal(model.as_ref(), "fault=cpu_load,service=db").contains("no abnormal trace"));
    assert!(refusal(model.as_ref(), "fault=cpu_load,label=normal").contains("no normal trace"));
    let normal = fit(&RandomSampling::default(), &corpus(&[Label::Normal]));
    assert!(refusal(normal.as_ref(), "fault=cpu_load").contains("none has any"));
}

#[test]
fn what_a_generator_does_not_know_is_refused_with_what_it_knows() {
    let model = fit(&RandomSampling::default(), &two_faults());
    assert_eq!(refusal(model.as_ref(), "load=high"), "random-sampling cannot be asked for a load; it can be asked for label, size");
    let flat = flat_vae(&two_faults());
    assert!(refusal(flat.as_ref(), "label=normal").contains("fitted without labels"));
    assert_eq!(refusal(flat.as_ref(), "fault=cpu_load"), "flat-vae cannot be asked for a fault; it can be asked for size");
}

#[test]
fn what_spans_show_is_chosen_from_any_generator() {
    let flat = flat_vae(&two_faults());
    for model in [flat, fit(&RandomSampling::default(), &two_faults())] {
        let asked = request("root=put,size=2");
        let drawn = draw(model.as_ref(), &asked).unwrap();
        assert_eq!((drawn.corpus.len(), asked.conditions.met_by(&drawn.corpus).len()), (30, 30));
        assert!(drawn.notes[0].contains("cannot be asked for a root"), "{:?}", drawn.notes);
        assert_eq!(draw(model.as_ref(), &asked).unwrap(), drawn);
        let Err(SampleError::TooRare { found: 0, known, .. }) = draw(model.as_ref(), &request("root=buy")) else { panic!("no such root") };
        assert!(known.contains("web/get"), "{known}");
    }
    let markov = fit(&MarkovTree::default(), &two_faults());
    assert!(draw(markov.as_ref(), &request("root=put")).unwrap().notes.is_empty());
    assert_eq!(draw(markov.as_ref(), &Request::new(5, 2)).unwrap().corpus, markov.sample(&Request::new(5, 2)).unwrap());
    assert!(Conditions::default().is_empty());
}
