//! What every fitted generator remembers of its training corpus: names, sizes, labels and the time it covers. No trace.

use std::collections::BTreeSet;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use tracesmith_model::graph::condition;
use tracesmith_trace::{Corpus, CorpusBuilder, Label, Vocabulary};

use crate::{LabelRequest, Request, SampleError, ShapeCounts, SizeMode};

/// Roots that a message names.
const LISTED_ROOTS: usize = 20;

/// Vocabularies, sizes and labels of the training corpus.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CorpusProfile {
    /// Name of the data set.
    pub name: String,
    /// Names of the services.
    pub services: Vocabulary,
    /// Names of the operations.
    pub operations: Vocabulary,
    /// Labels with the number of spans of each of their traces, in training order.
    pub labels: Vec<(Label, Vec<usize>)>,
    /// How many training traces have each shape, as hashes.
    pub shapes: ShapeCounts,
    /// Earliest and latest start of a trace, in nanoseconds since the Unix epoch.
    pub period_ns: (i64, i64),
}

/// Size and label of a trace to be generated.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    pub size: usize,
    pub label: Label,
}

/// What a generator can be asked for.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Abilities {
    /// Traces of one label.
    pub labels: bool,
    /// Sizes of its own.
    pub sizes: bool,
    /// Traces with one root operation.
    pub roots: bool,
}

impl CorpusProfile {
    /// Profile of `corpus`, which must not be empty.
    pub fn of(corpus: &Corpus) -> Self {
        let mut labels: Vec<(Label, Vec<usize>)> = Vec::new();
        let mut period_ns = (i64::MAX, i64::MIN);
        for trace in corpus.traces() {
            match labels.iter_mut().find(|(label, _)| label == trace.label) {
                Some((_, sizes)) => sizes.push(trace.span_count()),
                None => labels.push((trace.label.clone(), vec![trace.span_count()])),
            }
            period_ns = (period_ns.0.min(trace.start_ns), period_ns.1.max(trace.start_ns));
        }
        Self {
            name: corpus.name().to_owned(),
            services: corpus.services().clone(),
            operations: corpus.operations().clone(),
            labels,
            shapes: ShapeCounts::of(corpus),
            period_ns,
        }
    }

    /// Spans of the largest training trace.
    pub fn max_spans(&self) -> usize {
        self.labels.iter().flat_map(|(_, sizes)| sizes).copied().max().unwrap_or(1)
    }

    /// Whether the training corpus had both normal and abnormal traces.
    pub fn has_both_labels(&self) -> bool {
        [1, 2].iter().all(|&wanted| self.labels.iter().any(|(label, _)| condition(label) == wanted))
    }

    /// A builder for a synthetic corpus with the same names; `has_starts` says whether the generator makes start offsets.
    pub(crate) fn builder(&self, has_starts: bool) -> CorpusBuilder {
        CorpusBuilder::new(format!("{}-synthetic", self.name), self.services.clone(), self.operations.clone(), has_starts)
    }

    /// Size and label of every trace of a request. Where the model chooses sizes itself, those of the plans mean nothing.
    pub(crate) fn plan(&self, request: &Request, kind: &'static str, abilities: Abilities) -> Result<Vec<Plan>, SampleError> {
        if let (Some(label), false) = (request.label, abilities.labels) {
            return Err(SampleError::NotConditional(kind, label.name()));
        }
        if request.root.is_some() && !abilities.roots {
            return Err(SampleError::NoRoots(kind));
        }
        let wanted = |label: &Label| match request.label {
            None => true,
            Some(LabelRequest::Normal) => *label == Label::Normal,
            Some(LabelRequest::Abnormal) => label.is_abnormal(),
        };
        let pool: Vec<(&Label, usize)> = self
            .labels
            .iter()
            .filter(|(label, _)| wanted(label))
            .flat_map(|(label, sizes)| sizes.iter().map(move |&size| (label, size)))
            .collect();
        if pool.is_empty() {
            return Err(SampleError::NoSuchLabel(request.label.map_or("labelled", LabelRequest::name)));
        }
        let (smallest, largest) = pool.iter().fold((usize::MAX, 0), |(low, high), &(_, size)| (low.min(size), high.max(size)));
        match request.size {
            SizeMode::Fixed(asked) if asked == 0 || asked > self.max_spans() => {
                return Err(SampleError::Size { asked, limit: self.max_spans() });
            }
            SizeMode::Model if !abilities.sizes => return Err(SampleError::NoOwnSizes(kind)),
            _ => {}
        }
        let mut rng = tracesmith_trace::rng(request.seed, "plan");
        let mut draw = |i: usize| {
            let (label, drawn) = pool[rng.random_range(0..pool.len())];
            let copied = pool[i % pool.len()];
            let (label, size) = match request.size {
                SizeMode::Fixed(size) => (label, size),
                SizeMode::Copied => copied,
                SizeMode::Range => (label, rng.random_range(smallest..=largest)),
                SizeMode::Empirical | SizeMode::Model => (label, drawn),
            };
            Plan { size, label: if abilities.labels { label.clone() } else { Label::Unknown } }
        };
        Ok((0..request.count).map(&mut draw).collect())
    }

    /// Those of `roots`, which come with their service and operation, that are `asked` for as `operation` or `service/operation`.
    pub(crate) fn roots_named<R>(&self, asked: &str, roots: impl Iterator<Item = (R, (u32, u32))>) -> Result<Vec<R>, SampleError> {
        let (mut named, mut known) = (Vec::new(), BTreeSet::new());
        for (root, (service, operation)) in roots {
            let operation = self.operations.name(operation);
            let full = format!("{}/{operation}", self.services.name(service));
            if operation == asked || full == asked {
                named.push(root);
            }
            known.insert(full);
        }
        if named.is_empty() {
            let known: Vec<String> = known.into_iter().take(LISTED_ROOTS).collect();
            return Err(SampleError::NoSuchRoot { asked: asked.to_owned(), known: known.join(", ") });
        }
        Ok(named)
    }

    /// Id and start of a synthetic trace.
    pub(crate) fn identity(&self, rng: &mut ChaCha8Rng) -> (String, i64) {
        let id = format!("{:016x}", rng.random::<u64>());
        (id, rng.random_range(self.period_ns.0..=self.period_ns.1))
    }
}
