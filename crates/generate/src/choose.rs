//! Traces under conditions that a generator cannot be asked for: some of those that it draws meet them.

use std::collections::BTreeSet;

use tracesmith_trace::conditions::{Value, attribute};
use tracesmith_trace::{Conditions, Corpus, derive_seed};

use crate::error::SampleError;
use crate::fitted::FittedGenerator;
use crate::request::Request;

/// How often as many traces as are needed are drawn.
const ROUNDS: u64 = 50;
/// Traces of a round at least, so that few missing ones do not take many rounds.
const SMALLEST_ROUND: usize = 64;
/// Values that a message names.
const LISTED: usize = 10;

/// Traces that were drawn for a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// The traces.
    pub corpus: Corpus,
    /// How they were found, where the generator could not be asked for them.
    pub notes: Vec<String>,
}

/// Draws what a request asks for. A condition on the spans of a trace, such as its root, that the generator cannot be asked for is met by
/// choosing among traces without it; what spans do not show, such as a fault, cannot be chosen.
///
/// # Errors
/// [`SampleError`] if the generator cannot give such traces, or hardly does.
pub fn draw(model: &dyn FittedGenerator, request: &Request) -> Result<Drawn, SampleError> {
    match model.sample(request) {
        Ok(corpus) => Ok(Drawn { corpus, notes: Vec::new() }),
        Err(SampleError::CannotAsk { attribute: name, .. }) if shows_in_spans(name) => choose(model, request, name),
        Err(error) => Err(error),
    }
}

fn shows_in_spans(name: &str) -> bool {
    attribute(name).is_ok_and(|attribute| matches!(attribute.value, Value::Spans(_)))
}

/// Draws without the condition on one attribute until enough traces meet it.
fn choose(model: &dyn FittedGenerator, request: &Request, name: &'static str) -> Result<Drawn, SampleError> {
    let asked = request.conditions.get(name).unwrap_or_default();
    let mut wanted = Conditions::default();
    wanted.add(name, asked).map_err(|error| SampleError::Condition(error.to_string()))?;
    let free = request.conditions.clone().without(name);
    let count = request.count.max(SMALLEST_ROUND);
    let (mut chosen, mut found, mut known): (Vec<Corpus>, usize, BTreeSet<String>) = Default::default();
    for round in 0..ROUNDS {
        let seed = derive_seed(request.seed, &format!("round/{round}"));
        let Drawn { corpus, mut notes } = draw(model, &Request { count, seed, conditions: free.clone(), threads: request.threads })?;
        let mut met = wanted.met_by(&corpus);
        met.truncate(request.count - found);
        found += met.len();
        chosen.push(corpus.select(&met));
        if found == request.count {
            let drawn = (round as usize + 1) * count;
            notes.push(format!("{} cannot be asked for a {name}: {drawn} traces drawn for {found} with {wanted}", model.kind()));
            return Ok(Drawn { corpus: Corpus::concat(&chosen.iter().collect::<Vec<_>>()), notes });
        }
        if let Ok(attribute) = attribute(name) {
            known.extend(attribute.values(&corpus).into_iter().flatten());
        }
    }
    Err(SampleError::TooRare {
        kind: model.kind(),
        asked: wanted.to_string(),
        count: request.count,
        found,
        drawn: ROUNDS as usize * count,
        known: known.into_iter().take(LISTED).collect::<Vec<_>>().join(", "),
    })
}
