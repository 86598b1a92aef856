//! A condition from outside: one constant, one line that registers it, and every verb knows it.

use tracesmith_generate::{Fit, Generator, MarkovTree, RandomSampling, Request, draw};
use tracesmith_ingest::simulate::{SimulationConfig, System, simulate};
use tracesmith_model::Device;
use tracesmith_trace::conditions::{TraceAttribute, Value, register};
use tracesmith_trace::{Conditions, Corpus, TraceRef};

/// The toy: how many spans of the trace have no call below them.
static LEAVES: TraceAttribute = TraceAttribute::new("leaves", "number of spans that call nobody", Value::Spans(leaves));

fn leaves(_: &Corpus, trace: TraceRef<'_>) -> Vec<String> {
    let parents: Vec<usize> = trace.parents().into_iter().flatten().collect();
    let leaves = (0..trace.span_count()).filter(|span| !parents.contains(span)).count();
    vec![leaves.to_string()]
}

#[test]
fn every_verb_and_every_generator_takes_it() {
    register(&LEAVES).expect("the name is free");

    for verb in ["generate", "stream", "fit"] {
        let mut command = tracesmith_cli::command();
        let help = command.find_subcommand_mut(verb).expect("a verb").render_long_help().to_string();
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(help.contains("leaves: number of spans that call nobody"), "{verb}: {help}");
    }

    let asked: Conditions = "leaves=3".parse().expect("a condition like any other");
    let typo = "leafs=3".parse::<Conditions>().unwrap_err().to_string();
    assert!(typo.contains("did you mean `leaves`?"), "{typo}");

    let real = simulate(&SimulationConfig::new(System::TrainTicket, 120, 1)).corpus;
    let real = real.filter(|trace| trace.span_count() <= 12);
    let with_three = LEAVES.values(&real).into_iter().flatten().filter(|value| value == "3").count();
    assert_eq!(asked.select(&real).expect("some have three").len(), with_three);
    is_steered(&RandomSampling::default(), &real, &asked);
    is_steered(&MarkovTree::default(), &real, &asked);
}

/// A generator that has never heard of the toy gives such traces alone if it is asked for them, and others among them if it is not.
fn is_steered(generator: &impl Generator, real: &Corpus, asked: &Conditions) {
    let fit = Fit { seed: 1, device: &Device::flex(), resume: None, observe: &mut |_, _| {} };
    let model = generator.fit(real, fit).expect("a fit");
    let drawn = draw(model.as_ref(), &Request::new(20, 3).under(asked.clone())).expect("some traces have three leaves");
    assert_eq!((drawn.corpus.len(), asked.met_by(&drawn.corpus).len()), (20, 20), "{}", model.kind());
    let free = model.sample(&Request::new(20, 3)).expect("traces of any kind");
    assert!(asked.met_by(&free).len() < 20, "{}", model.kind());
}
