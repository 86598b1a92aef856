//! Many traces as a structure of arrays.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{AttributeSets, Edge, Label, Span, SpanKind, Status, Trace, TraceRef, UnknownName, Vocabulary};

/// Traces of one system, real or synthetic, with the vocabularies of their names.
///
/// A corpus cannot hold a cycle: in every trace an edge goes from an earlier span to a later one. It can hold a forest or a span with
/// several parents, because the paper's decoder produces such graphs; [`crate::ValidityCounts`] tells how many there are.
/// Trees are stored in depth-first preorder (see [`crate::preorder`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Portable", into = "Portable")]
pub struct Corpus {
    name: String,
    services: Vocabulary,
    operations: Vocabulary,
    attribute_sets: AttributeSets,
    has_starts: bool,
    ids: Vec<String>,
    start_ns: Vec<i64>,
    labels: Vec<Label>,
    span_offsets: Vec<usize>,
    service: Vec<u32>,
    operation: Vec<u32>,
    start_us: Vec<f64>,
    duration_us: Vec<f64>,
    status: Vec<Status>,
    kind: Vec<SpanKind>,
    /// Empty as long as no span has attributes.
    attributes: Vec<u32>,
    edge_offsets: Vec<usize>,
    edges: Vec<Edge>,
}

/// Why a trace cannot enter a corpus.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum InvalidTrace {
    /// There is no span.
    #[error("trace {id}: it has no span")]
    Empty {
        /// The trace.
        id: String,
    },
    /// A service, operation or attribute id is not of the corpus.
    #[error("trace {id}: {what} id {value} is outside the vocabulary of {size}")]
    UnknownId {
        /// The trace.
        id: String,
        /// `service`, `operation` or `attributes`.
        what: &'static str,
        /// The id.
        value: u32,
        /// Size of the vocabulary.
        size: usize,
    },
    /// A time is negative or not finite.
    #[error("trace {id}, span {span}: the {what} {value} is not a time in µs")]
    BadTime {
        /// The trace.
        id: String,
        /// Position of the span.
        span: usize,
        /// `start` or `duration`.
        what: &'static str,
        /// The value.
        value: f64,
    },
    /// An edge does not go from an earlier span to a later one, or stands twice.
    #[error("trace {id}: edge {parent} → {child} among {spans} spans is a duplicate or does not go from an earlier to a later span")]
    BadEdge {
        /// The trace.
        id: String,
        /// Position of the parent.
        parent: u32,
        /// Position of the child.
        child: u32,
        /// Number of spans.
        spans: usize,
    },
}

/// Checks traces one by one and collects them into a [`Corpus`].
#[derive(Debug, Clone)]
pub struct CorpusBuilder(Corpus);

impl CorpusBuilder {
    /// An empty corpus. `has_starts` says whether `start_us` carries measured start offsets (Eadro's CSV does not).
    pub fn new(name: impl Into<String>, services: Vocabulary, operations: Vocabulary, has_starts: bool) -> Self {
        Self(Corpus {
            name: name.into(),
            services,
            operations,
            attribute_sets: AttributeSets::default(),
            has_starts,
            ids: Vec::new(),
            start_ns: Vec::new(),
            labels: Vec::new(),
            span_offsets: vec![0],
            service: Vec::new(),
            operation: Vec::new(),
            start_us: Vec::new(),
            duration_us: Vec::new(),
            status: Vec::new(),
            kind: Vec::new(),
            attributes: Vec::new(),
            edge_offsets: vec![0],
            edges: Vec::new(),
        })
    }

    /// The same builder for spans whose attributes are ids of `sets`. Traces that were added before keep their ids.
    pub fn with_attribute_sets(mut self, sets: AttributeSets) -> Self {
        self.0.attribute_sets = sets;
        self
    }

    /// Adds a trace.
    ///
    /// # Errors
    /// [`InvalidTrace`]; the corpus is unchanged then.
    pub fn push(&mut self, trace: Trace) -> Result<(), InvalidTrace> {
        let corpus = &mut self.0;
        let Trace { id, start_ns, label, spans, mut edges } = trace;
        if spans.is_empty() {
            return Err(InvalidTrace::Empty { id });
        }
        for (position, span) in spans.iter().enumerate() {
            corpus.check_span(&id, position, span)?;
        }
        edges.sort_unstable();
        for (i, &edge) in edges.iter().enumerate() {
            let twice = i > 0 && edges[i - 1] == edge;
            if twice || edge.parent >= edge.child || edge.child as usize >= spans.len() {
                return Err(InvalidTrace::BadEdge { id, parent: edge.parent, child: edge.child, spans: spans.len() });
            }
        }
        corpus.ids.push(id);
        corpus.start_ns.push(start_ns);
        corpus.labels.push(label);
        corpus.push_attributes(&spans);
        for span in &spans {
            corpus.service.push(span.service);
            corpus.operation.push(span.operation);
            corpus.start_us.push(span.start_us);
            corpus.duration_us.push(span.duration_us);
            corpus.status.push(span.status);
            corpus.kind.push(span.kind);
        }
        corpus.span_offsets.push(corpus.service.len());
        corpus.edges.extend_from_slice(&edges);
        corpus.edge_offsets.push(corpus.edges.len());
        Ok(())
    }

    /// The corpus of all traces added.
    pub fn finish(self) -> Corpus {
        self.0
    }
}

impl Corpus {
    /// Name of the data set.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same traces under another name.
    pub fn renamed(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Names of the services.
    pub fn services(&self) -> &Vocabulary {
        &self.services
    }

    /// Names of the operations.
    pub fn operations(&self) -> &Vocabulary {
        &self.operations
    }

    /// The distinct attributes of its spans.
    pub fn attribute_sets(&self) -> &AttributeSets {
        &self.attribute_sets
    }

    /// Whether spans have measured start offsets.
    pub fn has_starts(&self) -> bool {
        self.has_starts
    }

    /// Number of traces.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no trace.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Number of spans of all traces.
    pub fn span_count(&self) -> usize {
        self.service.len()
    }

    /// Number of edges of all traces.
    pub fn edge_count(&self) -> usize {
        self.edges.len()
    }

    /// Service id of every span, trace after trace.
    pub fn span_services(&self) -> &[u32] {
        &self.service
    }

    /// Operation id of every span, trace after trace.
    pub fn span_operations(&self) -> &[u32] {
        &self.operation
    }

    /// Duration of every span in µs, trace after trace.
    pub fn span_durations_us(&self) -> &[f64] {
        &self.duration_us
    }

    /// Label of every trace.
    pub fn labels(&self) -> &[Label] {
        &self.labels
    }

    /// The trace at `position`.
    ///
    /// # Panics
    /// If there is no such trace.
    pub fn trace(&self, position: usize) -> TraceRef<'_> {
        let spans = self.span_offsets[position]..self.span_offsets[position + 1];
        let edges = self.edge_offsets[position]..self.edge_offsets[position + 1];
        TraceRef {
            id: &self.ids[position],
            start_ns: self.start_ns[position],
            label: &self.labels[position],
            services: &self.service[spans.clone()],
            operations: &self.operation[spans.clone()],
            starts_us: &self.start_us[spans.clone()],
            durations_us: &self.duration_us[spans.clone()],
            statuses: &self.status[spans.clone()],
            kinds: &self.kind[spans.clone()],
            attributes: if self.attributes.is_empty() { &[] } else { &self.attributes[spans] },
            edges: &self.edges[edges],
        }
    }

    /// All traces in order.
    pub fn traces(&self) -> impl ExactSizeIterator<Item = TraceRef<'_>> {
        (0..self.len()).map(|position| self.trace(position))
    }

    /// The traces at `positions`, in that order, with the same vocabularies.
    ///
    /// # Panics
    /// If a position is not of this corpus.
    pub fn select(&self, positions: &[usize]) -> Self {
        let mut builder = self.empty_like();
        for &position in positions {
            builder.push_checked(self.trace(position).to_owned());
        }
        builder.finish()
    }

    /// The traces that `keep` holds for.
    pub fn filter(&self, mut keep: impl FnMut(TraceRef<'_>) -> bool) -> Self {
        let positions: Vec<usize> = (0..self.len()).filter(|&position| keep(self.trace(position))).collect();
        self.select(&positions)
    }

    /// A builder with the name and the vocabularies of this corpus and no trace.
    pub fn empty_like(&self) -> CorpusBuilder {
        CorpusBuilder::new(self.name.clone(), self.services.clone(), self.operations.clone(), self.has_starts)
            .with_attribute_sets(self.attribute_sets.clone())
    }

    /// The same traces with the ids of other vocabularies.
    ///
    /// # Errors
    /// [`UnknownName`] if one of this corpus's names is not in them.
    pub fn with_vocabularies(&self, services: &Vocabulary, operations: &Vocabulary) -> Result<Self, UnknownName> {
        let ids = |from: &Vocabulary, to: &Vocabulary| from.names().iter().map(|name| to.require(name)).collect::<Result<Vec<_>, _>>();
        let (service_ids, operation_ids) = (ids(&self.services, services)?, ids(&self.operations, operations)?);
        let mut corpus = self.clone();
        corpus.services = services.clone();
        corpus.operations = operations.clone();
        corpus.service.iter_mut().for_each(|id| *id = service_ids[*id as usize]);
        corpus.operation.iter_mut().for_each(|id| *id = operation_ids[*id as usize]);
        Ok(corpus)
    }

    /// Both corpora with the union of their vocabularies, so that their ids can be compared.
    pub fn aligned(&self, other: &Self) -> (Self, Self) {
        let services = self.services.union(&other.services);
        let operations = self.operations.union(&other.operations);
        let align = |corpus: &Self| corpus.with_vocabularies(&services, &operations).expect("the union has every name");
        (align(self), align(other))
    }

    /// The traces of all `corpora`, which must have the same vocabularies; sets of attributes may differ.
    ///
    /// # Panics
    /// If `corpora` is empty or their vocabularies differ: that is a programming error, see [`Corpus::aligned`].
    pub fn concat(corpora: &[&Self]) -> Self {
        let first = corpora.first().expect("at least one corpus");
        let sets = AttributeSets::new(corpora.iter().flat_map(|corpus| corpus.attribute_sets.iter()));
        let mut builder = first.empty_like().with_attribute_sets(sets.clone());
        builder.0.has_starts = corpora.iter().all(|corpus| corpus.has_starts);
        for corpus in corpora {
            assert!(corpus.services == first.services && corpus.operations == first.operations, "corpora with different vocabularies");
            let ids: Vec<u32> = corpus.attribute_sets.iter().map(|set| sets.id(set).expect("the sets of all corpora")).collect();
            for trace in corpus.traces() {
                let mut trace = trace.to_owned();
                trace.spans.iter_mut().for_each(|span| span.attributes = ids[span.attributes as usize]);
                builder.push_checked(trace);
            }
        }
        builder.finish()
    }

    fn check_span(&self, id: &str, position: usize, span: &Span) -> Result<(), InvalidTrace> {
        let ids = [
            ("service", span.service, self.services.len()),
            ("operation", span.operation, self.operations.len()),
            ("attributes", span.attributes, self.attribute_sets.len()),
        ];
        for (what, value, size) in ids {
            if value as usize >= size {
                return Err(InvalidTrace::UnknownId { id: id.to_owned(), what, value, size });
            }
        }
        for (what, value) in [("start", span.start_us), ("duration", span.duration_us)] {
            // A child may start before its parent by a clock artefact, so only durations must not be negative.
            if !value.is_finite() || (what == "duration" && value < 0.0) {
                return Err(InvalidTrace::BadTime { id: id.to_owned(), span: position, what, value });
            }
        }
        Ok(())
    }

    /// Adds to the column of attributes, which begins with the first span that has any.
    fn push_attributes(&mut self, spans: &[Span]) {
        if self.attributes.is_empty() && spans.iter().all(|span| span.attributes == 0) {
            return;
        }
        self.attributes.resize(self.service.len(), 0);
        self.attributes.extend(spans.iter().map(|span| span.attributes));
    }
}

impl CorpusBuilder {
    /// Adds a trace that comes from a corpus with the same vocabularies and is therefore valid.
    fn push_checked(&mut self, trace: Trace) {
        self.push(trace).expect("a trace of a corpus is valid");
    }
}

/// The serialised form: traces one by one, checked again when they are read.
#[derive(Serialize, Deserialize)]
struct Portable {
    name: String,
    services: Vocabulary,
    operations: Vocabulary,
    #[serde(default, skip_serializing_if = "AttributeSets::is_none")]
    attribute_sets: AttributeSets,
    has_starts: bool,
    traces: Vec<Trace>,
}

impl From<Corpus> for Portable {
    fn from(corpus: Corpus) -> Self {
        let traces = corpus.traces().map(|trace| trace.to_owned()).collect();
        let Corpus { name, services, operations, attribute_sets, has_starts, .. } = corpus;
        Self { name, services, operations, attribute_sets, has_starts, traces }
    }
}

impl TryFrom<Portable> for Corpus {
    type Error = InvalidTrace;

    fn try_from(portable: Portable) -> Result<Self, InvalidTrace> {
        let mut builder = CorpusBuilder::new(portable.name, portable.services, portable.operations, portable.has_starts)
            .with_attribute_sets(portable.attribute_sets);
        portable.traces.into_iter().try_for_each(|trace| builder.push(trace))?;
        Ok(builder.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Attributes;

    fn builder() -> CorpusBuilder {
        CorpusBuilder::new("test", Vocabulary::new(["s"]), Vocabulary::new(["a", "b"]), false)
    }

    fn trace(operations: &[u32], edges: &[(u32, u32)]) -> Trace {
        let spans = operations.iter().map(|&operation| Span { service: 0, operation, start_us: 0.0, duration_us: 1.0, ..Span::default() });
        let edges = edges.iter().map(|&(parent, child)| Edge { parent, child });
        Trace { id: "t".into(), spans: spans.collect(), edges: edges.collect(), ..Trace::default() }
    }

    #[test]
    fn a_backward_edge_a_self_edge_and_a_double_edge_are_refused() {
        for edges in [&[(1, 0)][..], &[(1, 1)], &[(0, 1), (0, 1)], &[(0, 2)]] {
            assert!(matches!(builder().push(trace(&[0, 1], edges)), Err(InvalidTrace::BadEdge { .. })), "{edges:?}");
        }
    }

    #[test]
    fn unknown_ids_and_impossible_times_are_refused() {
        assert!(matches!(builder().push(trace(&[2], &[])), Err(InvalidTrace::UnknownId { what: "operation", value: 2, size: 2, .. })));
        assert!(matches!(builder().push(trace(&[], &[])), Err(InvalidTrace::Empty { .. })));
        for duration_us in [-1.0, f64::NAN, f64::INFINITY] {
            let mut bad = trace(&[0], &[]);
            bad.spans[0].duration_us = duration_us;
            assert!(matches!(builder().push(bad), Err(InvalidTrace::BadTime { what: "duration", .. })));
        }
    }

    #[test]
    fn views_give_parents_children_and_depths() {
        let mut builder = builder();
        builder.push(trace(&[0, 1, 1, 0], &[(0, 1), (1, 2), (0, 3), (2, 3)])).unwrap();
        let corpus = builder.finish();
        let view = corpus.trace(0);
        assert_eq!(view.parents(), [None, Some(0), Some(1), Some(0)]);
        assert_eq!(view.children(), [vec![1, 3], vec![2], vec![3], vec![]]);
        assert_eq!(view.depths(), [0, 1, 2, 3]);
    }

    #[test]
    fn kinds_survive_selection_and_json_and_old_files_have_none() {
        let mut builder = builder();
        for kind in [SpanKind::Server, SpanKind::Client] {
            let mut trace = trace(&[0], &[]);
            trace.spans[0].kind = kind;
            builder.push(trace).unwrap();
        }
        let corpus = builder.finish().select(&[1, 0]);
        assert_eq!((corpus.trace(0).kinds, corpus.trace(1).kinds), (&[SpanKind::Client][..], &[SpanKind::Server][..]));
        let json = serde_json::to_string(&corpus).unwrap();
        assert_eq!(serde_json::from_str::<Corpus>(&json).unwrap(), corpus);
        let old = json.replace(",\"kind\":\"client\"", "").replace(",\"kind\":\"server\"", "");
        assert_eq!(serde_json::from_str::<Corpus>(&old).unwrap().trace(0).kinds, [SpanKind::Unspecified]);
    }

    /// A corpus of one trace, the second span of which has a route.
    fn routed(route: &str) -> Corpus {
        let mut attributes = Attributes::default();
        attributes.insert("http.route", route).unwrap();
        let mut builder = builder().with_attribute_sets(AttributeSets::new([attributes]));
        let mut routed = trace(&[0, 1], &[(0, 1)]);
        routed.spans[1].attributes = 1;
        builder.push(trace(&[0], &[])).unwrap();
        builder.push(routed).unwrap();
        builder.push(trace(&[1], &[])).unwrap();
        builder.finish()
    }

    fn routes(corpus: &Corpus) -> Vec<Option<&str>> {
        let ids = corpus.traces().flat_map(|trace| trace.attributes);
        ids.map(|&id| corpus.attribute_sets().get(id).get("http.route")).collect()
    }

    #[test]
    fn attributes_survive_selection_concatenation_and_json() {
        let corpus = routed("/b");
        assert_eq!(routes(&corpus), [None, None, Some("/b"), None]);
        assert_eq!(routes(&corpus.select(&[1, 2])), [None, Some("/b"), None]);
        assert_eq!(corpus.select(&[0]).trace(0).attributes, [0; 0]);
        let both = Corpus::concat(&[&corpus, &routed("/a")]);
        assert_eq!(routes(&both), [None, None, Some("/b"), None, None, None, Some("/a"), None]);
        assert_eq!(serde_json::from_str::<Corpus>(&serde_json::to_string(&both).unwrap()).unwrap(), both);
        let mut unknown = trace(&[0], &[]);
        unknown.spans[0].attributes = 3;
        let refused = both.empty_like().push(unknown);
        assert!(matches!(refused, Err(InvalidTrace::UnknownId { what: "attributes", value: 3, size: 3, .. })), "{refused:?}");
    }

    #[test]
    fn a_corpus_without_attributes_has_no_column_and_says_nothing_of_them() {
        let mut builder = builder();
        builder.push(trace(&[0, 1], &[(0, 1)])).unwrap();
        let corpus = builder.finish();
        assert!(corpus.attributes.is_empty() && corpus.attribute_sets().is_none());
        assert!(!serde_json::to_string(&corpus).unwrap().contains("attribute"));
    }

    #[test]
    fn json_restores_the_corpus_and_refuses_a_cycle() {
        let mut builder = builder();
        builder.push(trace(&[0, 1], &[(0, 1)])).unwrap();
        let corpus = builder.finish();
        let json = serde_json::to_string(&corpus).unwrap();
        assert_eq!(serde_json::from_str::<Corpus>(&json).unwrap(), corpus);
        let cyclic = json.replace("\"child\":1,\"parent\":0", "\"child\":0,\"parent\":1");
        assert_ne!(cyclic, json);
        assert!(serde_json::from_str::<Corpus>(&cyclic).is_err());
    }

    #[test]
    fn aligned_corpora_share_ids() {
        let mut one = CorpusBuilder::new("one", Vocabulary::new(["s"]), Vocabulary::new(["b"]), false);
        one.push(trace(&[0], &[])).unwrap();
        let mut two = CorpusBuilder::new("two", Vocabulary::new(["s"]), Vocabulary::new(["a"]), false);
        two.push(trace(&[0], &[])).unwrap();
        let (one, two) = one.finish().aligned(&two.finish());
        assert_eq!((one.span_operations(), two.span_operations()), (&[1][..], &[0][..]));
        assert_eq!(Corpus::concat(&[&one, &two]).len(), 2);
    }
}
