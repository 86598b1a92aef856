//! What every fitted generator remembers of its training corpus: names, sizes, labels and the time it covers. No trace.

use std::collections::BTreeSet;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use tracesmith_trace::conditions::{Value, attribute};
use tracesmith_trace::{Class, Corpus, CorpusBuilder, Label, SizeMode, Vocabulary, nearest_names};

use crate::error::SampleError;
use crate::rare_shapes::ShapeCounts;
use crate::request::Request;

/// Roots, or other values, that a message names.
const LISTED: usize = 20;

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
pub struct Plan {
    /// Number of spans.
    pub size: usize,
    /// Its label.
    pub label: Label,
}

/// What a generator can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Abilities {
    /// Names of the attributes that what it draws depends on.
    pub attributes: &'static [&'static str],
    /// Whether it has sizes of its own.
    pub own_sizes: bool,
}

impl Abilities {
    /// Whether what it draws depends on this attribute.
    pub fn know(self, attribute: &str) -> bool {
        self.attributes.contains(&attribute)
    }
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
        [Class::Normal, Class::Abnormal].iter().all(|&wanted| self.labels.iter().any(|(label, _)| label.class() == wanted))
    }

    /// A builder for a synthetic corpus with the same names; `has_starts` says whether the generator makes start offsets.
    pub fn builder(&self, has_starts: bool) -> CorpusBuilder {
        CorpusBuilder::new(format!("{}-synthetic", self.name), self.services.clone(), self.operations.clone(), has_starts)
    }

    /// Size and label of every trace of a request. Where the model chooses sizes itself, those of the plans mean nothing.
    ///
    /// # Errors
    /// [`SampleError`] if a generator of `kind` with these abilities cannot give such traces.
    pub fn plan(&self, request: &Request, kind: &'static str, abilities: Abilities) -> Result<Vec<Plan>, SampleError> {
        let labels = self.labels_asked_for(request, kind, abilities)?;
        let pool: Vec<(&Label, usize)> =
            labels.into_iter().flat_map(|(label, sizes)| sizes.iter().map(move |&size| (label, size))).collect();
        if pool.is_empty() {
            return Err(SampleError::NoSuchLabel(request.conditions.class().map_or("labelled", Class::name)));
        }
        let (smallest, largest) = pool.iter().fold((usize::MAX, 0), |(low, high), &(_, size)| (low.min(size), high.max(size)));
        match request.conditions.size() {
            SizeMode::Fixed(asked) if asked == 0 || asked > self.max_spans() => {
                return Err(SampleError::Size { asked, limit: self.max_spans() });
            }
            SizeMode::Model if !abilities.own_sizes => return Err(SampleError::NoOwnSizes(kind)),
            _ => {}
        }
        let mut rng = tracesmith_trace::rng(request.seed, "plan");
        let (mode, labelled) = (request.conditions.size(), abilities.know("label"));
        let mut draw = |i: usize| {
            let (label, drawn) = pool[rng.random_range(0..pool.len())];
            let copied = pool[i % pool.len()];
            let (label, size) = match mode {
                SizeMode::Fixed(size) => (label, size),
                SizeMode::Copied => copied,
                SizeMode::Range => (label, rng.random_range(smallest..=largest)),
                SizeMode::Empirical | SizeMode::Model => (label, drawn),
            };
            Plan { size, label: if labelled { label.clone() } else { Label::Unknown } }
        };
        Ok((0..request.count).map(&mut draw).collect())
    }

    /// The labels of the training traces that meet the conditions of a request, with their sizes.
    ///
    /// A generator that knows classes alone draws a trace of a class without regard to its fault, so that a condition on the fault is met only
    /// if the whole class meets it.
    fn labels_asked_for(
        &self,
        request: &Request,
        kind: &'static str,
        abilities: Abilities,
    ) -> Result<Vec<&(Label, Vec<usize>)>, SampleError> {
        let (mut asked, mut beyond_classes) = (Vec::new(), false);
        for (name, value) in request.conditions.iter() {
            match attribute(name).map(|attribute| attribute.value) {
                Ok(Value::Label(of)) if abilities.know("label") => {
                    beyond_classes |= !abilities.know(name);
                    asked.push((name, value, of));
                }
                _ if abilities.know(name) => {}
                _ if name == "label" => {
                    return Err(SampleError::NotConditional(kind, request.conditions.class().map_or("labelled", Class::name)));
                }
                _ => return Err(SampleError::CannotAsk { kind, attribute: name, known: abilities.attributes.join(", ") }),
            }
        }
        for &(name, value, of) in asked.iter().filter(|(name, ..)| *name != "label") {
            self.check_value(name, value, of)?;
        }
        let is_met = |label: &Label| asked.iter().all(|(_, value, of)| of(label) == Some(value));
        let (met, others): (Vec<_>, Vec<_>) = self.labels.iter().partition(|(label, _)| is_met(label));
        let class = |label: &Label| met.iter().find(|(other, _)| other.class() == label.class()).map(|(met, _)| met.class().name());
        match others.iter().find_map(|(label, _)| class(label)).filter(|_| beyond_classes) {
            None => Ok(met),
            Some(class) => {
                let others: BTreeSet<String> = others
                    .iter()
                    .filter_map(|(label, _)| label.fault())
                    .map(|fault| format!("{} at {}", fault.kind, fault.service))
                    .collect();
                let others = others.into_iter().take(LISTED).collect::<Vec<_>>().join(", ");
                let asked = asked.iter().map(|(name, value, _)| format!("{name}={value}")).collect::<Vec<_>>().join(",");
                Err(SampleError::OneAmongOthers { kind, asked, class, others })
            }
        }
    }

    /// Whether a training trace has this value of an attribute that its label tells.
    fn check_value(&self, attribute: &'static str, asked: &str, of: fn(&Label) -> Option<&str>) -> Result<(), SampleError> {
        let known: BTreeSet<&str> = self.labels.iter().filter_map(|(label, _)| of(label)).collect();
        if known.contains(asked) {
            return Ok(());
        }
        let nearest = nearest_names(asked, known, LISTED);
        let known =
            if nearest.is_empty() { "none has any".to_owned() } else { format!("there are, the nearest first: {}", nearest.join(", ")) };
        Err(SampleError::NoSuchValue { attribute, asked: asked.to_owned(), known })
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
            let known: Vec<String> = known.into_iter().take(LISTED).collect();
            return Err(SampleError::NoSuchRoot { asked: asked.to_owned(), known: known.join(", ") });
        }
        Ok(named)
    }

    /// Id and start, in nanoseconds since the Unix epoch, of a synthetic trace.
    pub fn identity(&self, rng: &mut ChaCha8Rng) -> (String, i64) {
        let id = format!("{:016x}", rng.random::<u64>());
        (id, rng.random_range(self.period_ns.0..=self.period_ns.1))
    }
}
