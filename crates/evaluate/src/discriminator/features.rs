//! One trace as a row of named numbers.

use std::collections::BTreeMap;

use tracesmith_trace::{Corpus, EdgeLabel, SpanLabel, TraceRef, Vocabulary, edge_labels, span_labels};

use tracesmith_trace::statistics::mean;

/// Something that can be measured of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Feature {
    /// A number about the whole trace, by its name.
    Whole(&'static str),
    /// Number of spans with the label.
    Spans(SpanLabel),
    /// Number of edges with the labels.
    Calls(EdgeLabel),
    /// Mean of ln(1 + d) of the spans with the label, d in µs.
    MeanDuration(SpanLabel),
    /// The smallest ln(1 + d) of them.
    ShortestDuration(SpanLabel),
    /// The largest ln(1 + d) of them.
    LongestDuration(SpanLabel),
    /// Mean start of the spans with the label after the start of their parents, in µs.
    MeanOffset(SpanLabel),
}

impl Feature {
    /// The feature in words.
    pub(super) fn name(&self, services: &Vocabulary, operations: &Vocabulary) -> String {
        let label = |&(service, operation): &SpanLabel| {
            let name = |names: &Vocabulary, id: u32| names.name(id).to_owned();
            format!("{}/{}", name(services, service), name(operations, operation))
        };
        match self {
            Self::Whole(name) => (*name).to_owned(),
            Self::Spans(of) => format!("number of {}", label(of)),
            Self::Calls((parent, child)) => format!("number of {} → {}", label(parent), label(child)),
            Self::MeanDuration(of) => format!("mean ln duration of {}", label(of)),
            Self::ShortestDuration(of) => format!("smallest ln duration of {}", label(of)),
            Self::LongestDuration(of) => format!("largest ln duration of {}", label(of)),
            Self::MeanOffset(of) => format!("mean start offset of {}", label(of)),
        }
    }

    /// Value in a trace that does not have what is measured: none counted, but no duration either.
    fn absent(&self) -> f64 {
        if matches!(self, Self::Spans(_) | Self::Calls(_)) { 0.0 } else { f64::NAN }
    }
}

/// What is measured of every trace.
#[derive(Debug, Clone, Copy)]
pub(super) struct Families {
    /// Also the extremes of the durations, and start offsets.
    pub(super) extended: bool,
    /// Whether both sides have start times.
    pub(super) starts: bool,
}

/// Traces as rows of equal length. A missing value is NaN.
#[derive(Debug)]
pub(super) struct FeatureTable {
    /// What the columns are.
    pub(super) features: Vec<Feature>,
    /// The rows, one a trace.
    pub(super) rows: Vec<Vec<f64>>,
}

impl FeatureTable {
    /// Measures the traces at the given positions of corpora with the same vocabularies, side after side. Of more than `columns` features
    /// those that the most traces have are kept; numbers about the whole trace always are.
    pub(super) fn of(sides: [(&Corpus, &[usize]); 2], families: Families, columns: usize) -> Self {
        let traces = sides.iter().flat_map(|(corpus, positions)| positions.iter().map(|&position| corpus.trace(position)));
        let measured: Vec<BTreeMap<Feature, f64>> = traces.map(|trace| measure(trace, families)).collect();
        let mut support: BTreeMap<Feature, usize> = BTreeMap::new();
        for &feature in measured.iter().flat_map(BTreeMap::keys) {
            *support.entry(feature).or_default() += 1;
        }
        let mut ranked: Vec<(Feature, usize)> = support.into_iter().collect();
        ranked.sort_by_key(|&(feature, traces)| (!matches!(feature, Feature::Whole(_)), std::cmp::Reverse(traces), feature));
        let whole = ranked.iter().filter(|(feature, _)| matches!(feature, Feature::Whole(_))).count();
        ranked.truncate(columns.max(whole));
        let features: Vec<Feature> = ranked.into_iter().map(|(feature, _)| feature).collect();
        let row = |values: &BTreeMap<Feature, f64>| {
            features.iter().map(|feature| values.get(feature).copied().unwrap_or_else(|| feature.absent())).collect()
        };
        Self { rows: measured.iter().map(row).collect(), features }
    }
}

fn measure(trace: TraceRef<'_>, families: Families) -> BTreeMap<Feature, f64> {
    let mut values = whole_trace(trace, families);
    for label in span_labels(trace) {
        *values.entry(Feature::Spans(label)).or_insert(0.0) += 1.0;
    }
    for labels in edge_labels(trace) {
        *values.entry(Feature::Calls(labels)).or_insert(0.0) += 1.0;
    }
    for (label, durations) in by_label(span_labels(trace).zip(trace.durations_us.iter().map(|duration| duration.ln_1p()))) {
        values.extend(mean(&durations).map(|mean| (Feature::MeanDuration(label), mean)));
        if families.extended {
            values.insert(Feature::ShortestDuration(label), durations.iter().copied().fold(f64::INFINITY, f64::min));
            values.insert(Feature::LongestDuration(label), durations.iter().copied().fold(0.0, f64::max));
        }
    }
    if families.extended && families.starts {
        let labels: Vec<SpanLabel> = span_labels(trace).collect();
        let offsets = trace.edges.iter().map(|edge| {
            let (parent, child) = (edge.parent as usize, edge.child as usize);
            (labels[child], trace.starts_us[child] - trace.starts_us[parent])
        });
        let means = by_label(offsets).into_iter().filter_map(|(label, offsets)| Some((Feature::MeanOffset(label), mean(&offsets)?)));
        values.extend(means);
    }
    values
}

fn by_label(values: impl Iterator<Item = (SpanLabel, f64)>) -> BTreeMap<SpanLabel, Vec<f64>> {
    let mut groups: BTreeMap<SpanLabel, Vec<f64>> = BTreeMap::new();
    values.for_each(|(label, value)| groups.entry(label).or_default().push(value));
    groups
}

fn whole_trace(trace: TraceRef<'_>, families: Families) -> BTreeMap<Feature, f64> {
    let (children, spans) = (trace.children(), trace.span_count() as f64);
    let leaves = children.iter().filter(|children| children.is_empty()).count() as f64;
    let ratio = |parent: usize, child: usize| (1.0 + trace.durations_us[child]) / (1.0 + trace.durations_us[parent]);
    let ratios: Vec<f64> = trace.edges.iter().map(|edge| ratio(edge.parent as usize, edge.child as usize)).collect();
    let longest: Vec<f64> = (children.iter().enumerate())
        .filter_map(|(parent, children)| children.iter().map(|&child| ratio(parent, child)).reduce(f64::max))
        .collect();
    let fan_out = children.iter().map(Vec::len).max().unwrap_or(0) as f64;
    let depth = trace.depths().into_iter().max().unwrap_or(0) as f64;
    let mut values = vec![
        ("number of spans", Some(spans)),
        ("depth", Some(depth)),
        ("largest number of children", Some(fan_out)),
        ("share of leaves", Some(leaves / spans)),
        ("ln duration of the root", Some(trace.durations_us[0].ln_1p())),
        ("mean ratio of child to parent duration", mean(&ratios)),
        ("largest ratio of child to parent duration", ratios.iter().copied().reduce(f64::max)),
        ("mean ratio of longest child to parent duration", mean(&longest)),
    ];
    if families.starts {
        values.push(("number of children that overlap an earlier sibling", Some(overlapping(trace, children) as f64)));
    }
    values.into_iter().filter_map(|(name, value)| Some((Feature::Whole(name), value?))).collect()
}

/// Children that start before a sibling that started earlier has ended.
fn overlapping(trace: TraceRef<'_>, mut children: Vec<Vec<usize>>) -> usize {
    let mut count = 0;
    for siblings in &mut children {
        siblings.sort_by(|&a, &b| trace.starts_us[a].total_cmp(&trace.starts_us[b]));
        let mut busy_until = f64::NEG_INFINITY;
        for &child in siblings.iter() {
            count += usize::from(trace.starts_us[child] < busy_until);
            busy_until = busy_until.max(trace.starts_us[child] + trace.durations_us[child]);
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{corpus, timed};

    fn value(values: &BTreeMap<Feature, f64>, feature: Feature) -> f64 {
        values[&feature]
    }

    #[test]
    fn a_small_tree_is_measured_as_by_hand() {
        let corpus = timed(&[((0, 0, 9.0), 0.0), ((1, 1, 4.0), 1.0), ((1, 1, 1.0), 4.0), ((2, 2, 0.0), 5.0)], &[(0, 1), (0, 2), (2, 3)]);
        let values = measure(corpus.trace(0), Families { extended: true, starts: true });
        let whole = |name| value(&values, Feature::Whole(name));
        assert_eq!((whole("number of spans"), whole("depth"), whole("largest number of children")), (4.0, 2.0, 2.0));
        assert_eq!((whole("share of leaves"), whole("ln duration of the root")), (0.5, 10.0f64.ln()));
        // Ratios 5/10, 2/10 and 1/2; the longest children are 5/10 and 1/2 of their parents.
        assert!((whole("mean ratio of child to parent duration") - 0.4).abs() < 1e-15);
        assert_eq!(whole("largest ratio of child to parent duration"), 0.5);
        assert_eq!(whole("mean ratio of longest child to parent duration"), 0.5);
        // The second child starts at 4 µs, the first one ends at 5 µs.
        assert_eq!(whole("number of children that overlap an earlier sibling"), 1.0);
        assert_eq!((value(&values, Feature::Spans((1, 1))), value(&values, Feature::Calls(((0, 0), (1, 1))))), (2.0, 2.0));
        assert_eq!(value(&values, Feature::MeanDuration((1, 1))), (5.0f64.ln() + 2.0f64.ln()) / 2.0);
        assert_eq!(value(&values, Feature::ShortestDuration((1, 1))), 2.0f64.ln());
        assert_eq!(value(&values, Feature::LongestDuration((1, 1))), 5.0f64.ln());
        assert_eq!(value(&values, Feature::MeanOffset((1, 1))), 2.5);
        assert!(!values.contains_key(&Feature::MeanOffset((0, 0))), "a root has no parent to start after");
    }

    #[test]
    fn the_most_frequent_features_are_kept_and_what_is_absent_has_no_duration() {
        let corpus = corpus(&[(&[(0, 0, 1.0)], &[]), (&[(0, 0, 1.0)], &[]), (&[(1, 1, 1.0)], &[])]);
        let families = Families { extended: false, starts: false };
        let table = FeatureTable::of([(&corpus, &[0, 1]), (&corpus, &[2])], families, 7);
        // The five features that a single span has, and the two of the label of two of the traces.
        assert_eq!(table.features[5..], [Feature::Spans((0, 0)), Feature::MeanDuration((0, 0))]);
        assert_eq!((table.rows.len(), table.rows[2][5]), (3, 0.0));
        assert!(table.rows[2][6].is_nan() && table.rows[0][6] == 2.0f64.ln());
        assert_eq!(FeatureTable::of([(&corpus, &[0]), (&corpus, &[2])], families, 0).features.len(), 5);
    }

    #[test]
    fn features_are_named_in_words() {
        let corpus = corpus(&[]);
        let name = |feature: Feature| feature.name(corpus.services(), corpus.operations());
        assert_eq!(name(Feature::MeanDuration((0, 1))), "mean ln duration of a/q");
        assert_eq!(name(Feature::Calls(((0, 0), (2, 3)))), "number of a/p → c/s");
        assert_eq!(name(Feature::Whole("depth")), "depth");
    }
}
