//! What a corpus holds, for `tracesmith inspect`.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use serde::{Deserialize, Serialize};
use tracesmith_trace::{
    Corpus, Label, SpanLabel, Status, TraceRef, ValidityCounts, canonical_tree,
    operations::{OperationSpans, by_operation},
    span_labels,
    statistics::quantile_of_sorted,
};

use crate::text_table::text_table;

/// How many rows a table shows, and how many shapes a summary has, unless everything is wanted.
const SHOWN_ROWS: usize = 20;

/// Quantiles of some values by linear interpolation (type 7 of Hyndman & Fan, 1996).
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Quantiles {
    /// Smallest value.
    pub min: f64,
    /// A quarter is not larger.
    pub p25: f64,
    /// Median.
    pub p50: f64,
    /// Three quarters are not larger.
    pub p75: f64,
    /// 95 % are not larger.
    pub p95: f64,
    /// 99 % are not larger.
    pub p99: f64,
    /// Largest value.
    pub max: f64,
}

impl Quantiles {
    /// Quantiles of `values`; all 0 if there is none.
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |level: f64| quantile_of_sorted(&values, level).unwrap_or(0.0);
        Self { min: at(0.0), p25: at(0.25), p50: at(0.5), p75: at(0.75), p95: at(0.95), p99: at(0.99), max: at(1.0) }
    }

    const NAMES: [&'static str; 7] = ["min", "25%", "50%", "75%", "95%", "99%", "max"];

    fn cells(&self) -> impl Iterator<Item = String> {
        [self.min, self.p25, self.p50, self.p75, self.p95, self.p99, self.max]
            .into_iter()
            .map(|value| format!("{}", (value * 10.0).round() / 10.0))
    }
}

/// The spans of one operation of one service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OperationSummary {
    /// Name of the service.
    pub service: String,
    /// Name of the operation.
    pub operation: String,
    /// Number of spans.
    pub spans: usize,
    /// Durations in µs.
    pub duration_us: Quantiles,
}

/// The traces of one shape: the same tree of services and operations, whatever the order of siblings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShapeSummary {
    /// Service of the (first) root.
    pub service: String,
    /// Operation of the (first) root.
    pub operation: String,
    /// Number of spans of each trace.
    pub spans: usize,
    /// Number of levels.
    pub levels: usize,
    /// Number of traces.
    pub traces: usize,
}

/// The traces of one label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelSummary {
    /// The label.
    pub label: Label,
    /// Number of traces.
    pub traces: usize,
}

/// What a corpus holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Name of the corpus.
    pub name: String,
    /// Number of traces.
    pub traces: usize,
    /// Number of spans.
    pub spans: usize,
    /// Number of edges.
    pub edges: usize,
    /// Whether spans have measured start offsets.
    pub has_starts: bool,
    /// Number of services that occur.
    pub services: usize,
    /// Number of operation names that occur.
    pub operations: usize,
    /// Spans a trace.
    pub trace_spans: Quantiles,
    /// Levels a trace.
    pub trace_levels: Quantiles,
    /// Traces by label, most frequent first.
    pub labels: Vec<LabelSummary>,
    /// Spans by status.
    pub statuses: BTreeMap<Status, usize>,
    /// Violations of what makes a trace valid.
    pub validity: ValidityCounts,
    /// Number of distinct shapes.
    pub distinct_shapes: usize,
    /// The most frequent shapes: 20 of them, or all.
    pub shapes: Vec<ShapeSummary>,
    /// Spans and durations of every (service, operation), by name.
    pub durations: Vec<OperationSummary>,
}

impl Summary {
    /// Summary of `corpus` with its 20 most frequent shapes.
    pub fn of(corpus: &Corpus) -> Self {
        let mut summary = Self::of_all(corpus);
        summary.shapes.truncate(SHOWN_ROWS);
        summary
    }

    /// Summary of `corpus` with all its shapes.
    pub fn of_all(corpus: &Corpus) -> Self {
        let durations = durations(corpus);
        let distinct = |ids: &[u32]| ids.iter().collect::<std::collections::HashSet<_>>().len();
        let shapes = shapes(corpus);
        let mut statuses = BTreeMap::new();
        corpus.traces().flat_map(|trace| trace.statuses).for_each(|&status| *statuses.entry(status).or_insert(0) += 1);
        Self {
            name: corpus.name().to_owned(),
            traces: corpus.len(),
            spans: corpus.span_count(),
            edges: corpus.edge_count(),
            has_starts: corpus.has_starts(),
            services: distinct(corpus.span_services()),
            operations: distinct(corpus.span_operations()),
            trace_spans: Quantiles::of(corpus.traces().map(|trace| trace.span_count() as f64).collect()),
            trace_levels: Quantiles::of(corpus.traces().map(|trace| levels(trace) as f64).collect()),
            labels: labels(corpus),
            statuses,
            validity: ValidityCounts::of(corpus),
            distinct_shapes: shapes.len(),
            shapes,
            durations,
        }
    }
}

fn levels(trace: TraceRef<'_>) -> usize {
    trace.depths().into_iter().max().map_or(0, |depth| depth + 1)
}

fn labels(corpus: &Corpus) -> Vec<LabelSummary> {
    let mut counts: BTreeMap<&Label, usize> = BTreeMap::new();
    corpus.labels().iter().for_each(|label| *counts.entry(label).or_insert(0) += 1);
    let mut labels: Vec<_> = counts.into_iter().map(|(label, traces)| LabelSummary { label: label.clone(), traces }).collect();
    labels.sort_by_key(|label| std::cmp::Reverse(label.traces));
    labels
}

fn durations(corpus: &Corpus) -> Vec<OperationSummary> {
    let summary = |((service, operation), spans): (SpanLabel, OperationSpans)| OperationSummary {
        service: corpus.services().name(service).to_owned(),
        operation: corpus.operations().name(operation).to_owned(),
        spans: spans.durations_us.len(),
        duration_us: Quantiles::of(spans.durations_us),
    };
    by_operation(corpus).into_iter().map(summary).collect()
}

/// A labelled tree in canonical order: service, operation and position of the parent of every span.
type ShapeKey = Vec<(SpanLabel, Option<usize>)>;

/// The shape of a trace. Of a span with several parents the earliest one counts.
fn shape_key(trace: TraceRef<'_>) -> ShapeKey {
    canonical_tree(&trace.parents(), &span_labels(trace).collect::<Vec<_>>())
}

/// The shapes, the most frequent first; equally frequent ones in order of appearance.
fn shapes(corpus: &Corpus) -> Vec<ShapeSummary> {
    let mut number: HashMap<ShapeKey, usize> = HashMap::new();
    let mut shapes: Vec<ShapeSummary> = Vec::new();
    for trace in corpus.traces() {
        let shape = *number.entry(shape_key(trace)).or_insert_with(|| {
            let service = corpus.services().name(trace.services[0]).to_owned();
            let operation = corpus.operations().name(trace.operations[0]).to_owned();
            shapes.push(ShapeSummary { service, operation, spans: trace.span_count(), levels: levels(trace), traces: 0 });
            shapes.len() - 1
        });
        shapes[shape].traces += 1;
    }
    shapes.sort_by_key(|shape| std::cmp::Reverse(shape.traces));
    shapes
}

impl fmt::Display for Summary {
    /// Tables for people on a terminal, of which only the top is shown if they are long; durations in µs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(SHOWN_ROWS))
    }
}

impl Summary {
    /// The tables for people with every row that the summary has.
    pub fn whole_text(&self) -> String {
        self.text(usize::MAX)
    }

    fn text(&self, rows: usize) -> String {
        let starts = if self.has_starts { "with start offsets" } else { "without start offsets" };
        let Self { name, traces, spans, edges, services, operations, distinct_shapes, .. } = self;
        let blocks = [
            format!(
                "{name}: {traces} traces, {spans} spans, {edges} edges, {starts}\n\
                 {services} services, {operations} operation names, {distinct_shapes} shapes\n"
            ),
            self.size_table(),
            self.label_table(rows),
            self.status_table(rows),
            self.validity_table(),
            self.shape_table(rows),
            self.duration_table(rows),
        ];
        blocks.join("\n")
    }
}

impl Summary {
    fn size_table(&self) -> String {
        let row = |name: &str, quantiles: &Quantiles| std::iter::once(name.to_owned()).chain(quantiles.cells()).collect();
        let header = [&["per trace"][..], &Quantiles::NAMES].concat();
        text_table(&header, &[row("spans", &self.trace_spans), row("levels", &self.trace_levels)])
    }

    fn label_table(&self, shown: usize) -> String {
        let name = |label: &Label| match label {
            Label::Unknown => "unknown".to_owned(),
            Label::Normal => "normal".to_owned(),
            Label::Abnormal(fault) => format!("{} {}", fault.service, fault.kind),
        };
        let rows: Vec<_> =
            self.labels.iter().map(|label| vec![name(&label.label), label.traces.to_string(), share(label.traces, self.traces)]).collect();
        top(&["label", "traces", "share"], &rows, shown, rows.len(), "labels")
    }

    fn status_table(&self, shown: usize) -> String {
        let rows: Vec<_> =
            self.statuses.iter().map(|(status, &spans)| vec![status.to_string(), spans.to_string(), share(spans, self.spans)]).collect();
        top(&["status", "spans", "share"], &rows, shown, rows.len(), "statuses")
    }

    fn validity_table(&self) -> String {
        let ValidityCounts { traces, valid, trees, several_roots, disconnected, several_parents } = self.validity;
        let rows = [
            ("valid", valid),
            ("trees", trees),
            ("several roots", several_roots),
            ("disconnected", disconnected),
            ("several parents", several_parents),
        ]
        .map(|(name, count)| vec![name.to_owned(), count.to_string(), share(count, traces)]);
        text_table(&["validity", "traces", "share"], &rows)
    }

    fn shape_table(&self, shown: usize) -> String {
        let row = |shape: &ShapeSummary| {
            let ShapeSummary { service, operation, spans, levels, traces } = shape;
            vec![service.clone(), operation.clone(), spans.to_string(), levels.to_string(), traces.to_string(), share(*traces, self.traces)]
        };
        let header = ["shape: service", "operation", "spans", "levels", "traces", "share"];
        top(&header, &self.shapes.iter().map(row).collect::<Vec<_>>(), shown, self.distinct_shapes, "shapes")
    }

    fn duration_table(&self, shown: usize) -> String {
        let row = |operation: &OperationSummary| {
            let names = [operation.service.clone(), operation.operation.clone(), operation.spans.to_string()];
            names.into_iter().chain(operation.duration_us.cells()).collect()
        };
        let header = [&["duration in µs: service", "operation", "spans"][..], &Quantiles::NAMES].concat();
        let mut operations: Vec<&OperationSummary> = self.durations.iter().collect();
        if operations.len() > shown {
            // The sort is stable: operations of as many spans stay in the order of their names.
            operations.sort_by_key(|operation| std::cmp::Reverse(operation.spans));
        }
        top(&header, &operations.into_iter().map(row).collect::<Vec<_>>(), shown, self.durations.len(), "operations")
    }
}

/// The first rows of a table, and how many more of all there are.
fn top(header: &[&str], rows: &[Vec<String>], shown: usize, all: usize, what: &str) -> String {
    let rows = &rows[..rows.len().min(shown)];
    let table = text_table(header, rows);
    if rows.len() < all {
        format!("{table}… and {} more {what} (`tracesmith inspect --all` shows them)\n", all - rows.len())
    } else {
        table
    }
}

fn share(part: usize, whole: usize) -> String {
    if whole == 0 { String::new() } else { format!("{:.1} %", 100.0 * part as f64 / whole as f64) }
}

#[cfg(test)]
mod tests {
    use tracesmith_trace::{CorpusBuilder, Edge, Fault, Span, Status, Trace, Vocabulary};

    use super::*;

    /// Traces with a root and these operations below it, in this order.
    fn corpus(traces: &[&[u32]]) -> Corpus {
        let mut builder = CorpusBuilder::new("test", Vocabulary::new(["web"]), Vocabulary::new(["a", "b", "c"]), false);
        for (i, children) in traces.iter().enumerate() {
            let span = |operation: u32| Span {
                service: 0,
                operation,
                start_us: 0.0,
                duration_us: f64::from(operation) * 10.0,
                status: Status::of_http(200),
                ..Span::default()
            };
            let label = if i == 0 { Label::Abnormal(Fault { service: "web".into(), kind: "cpu_load".into() }) } else { Label::Normal };
            let edges = (1..=children.len() as u32).map(|child| Edge { parent: 0, child }).collect();
            let spans = [0].iter().chain(*children).map(|&operation| span(operation)).collect();
            builder.push(Trace { id: i.to_string(), label, spans, edges, ..Trace::default() }).unwrap();
        }
        builder.finish()
    }

    #[test]
    fn quantiles_are_interpolated() {
        let quantiles = Quantiles::of(vec![4.0, 1.0, 3.0, 2.0]);
        assert_eq!((quantiles.min, quantiles.p25, quantiles.p50, quantiles.p75, quantiles.max), (1.0, 1.75, 2.5, 3.25, 4.0));
        assert_eq!(Quantiles::of(vec![7.0]).p99, 7.0);
        assert_eq!(Quantiles::of(vec![]), Quantiles::default());
    }

    #[test]
    fn the_order_of_siblings_makes_no_other_shape() {
        let summary = Summary::of(&corpus(&[&[1, 2], &[2, 1], &[1, 1], &[]]));
        assert_eq!(summary.distinct_shapes, 3);
        assert_eq!((summary.shapes[0].traces, summary.shapes[0].spans, summary.shapes[0].levels), (2, 3, 2));
        assert_eq!(summary.shapes.iter().map(|shape| shape.traces).collect::<Vec<_>>(), [2, 1, 1]);
    }

    #[test]
    fn a_summary_counts_labels_statuses_and_durations() {
        let summary = Summary::of(&corpus(&[&[1], &[1], &[1, 1]]));
        assert_eq!((summary.traces, summary.spans, summary.edges, summary.operations), (3, 7, 4, 2));
        assert_eq!(summary.labels.iter().map(|label| label.traces).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(summary.statuses, BTreeMap::from([(Status::of_http(200), 7)]));
        assert_eq!(summary.durations.iter().map(|o| (o.spans, o.duration_us.p50)).collect::<Vec<_>>(), [(3, 0.0), (4, 10.0)]);
        assert_eq!(summary.validity.trees, 3);
    }

    #[test]
    fn the_text_names_what_was_counted() {
        let text = Summary::of(&corpus(&[&[1], &[1]])).to_string();
        for part in
            ["test: 2 traces, 4 spans, 2 edges, without start offsets", "web cpu_load       1  50.0 %", "valid                 2  100.0 %"]
        {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }

    #[test]
    fn long_tables_show_their_top_and_how_many_more_there_are() {
        let sizes: Vec<Vec<u32>> = (0..25).map(|size| vec![1; size]).collect();
        let mut summary = Summary::of_all(&corpus(&sizes.iter().map(Vec::as_slice).collect::<Vec<_>>()));
        assert_eq!((summary.shapes.len(), summary.distinct_shapes), (25, 25));
        assert!(summary.to_string().contains("\n… and 5 more shapes (`tracesmith inspect --all` shows them)\n"), "{summary}");
        assert!(!summary.whole_text().contains("more"), "{}", summary.whole_text());
        let some = summary.durations[1].clone();
        summary.durations = (0..30).map(|i| OperationSummary { operation: format!("op{i:02}"), spans: i, ..some.clone() }).collect();
        let text = summary.to_string();
        assert!(
            text.ends_with("… and 10 more operations (`tracesmith inspect --all` shows them)\n")
                && text.contains("op29")
                && !text.contains("op09"),
            "{text}"
        );
    }

    #[test]
    fn an_empty_corpus_has_a_summary() {
        let summary = Summary::of(&corpus(&[]));
        assert!(summary.to_string().starts_with("test: 0 traces"));
    }
}
