//! Which records make a trace, and how many do not.

use std::{collections::HashMap, fmt};

use serde::{Deserialize, Serialize};
use tracesmith_formats::ReadWarnings;
use tracesmith_trace::{Assembled, Defect, SpanRecord, assemble};

use crate::{
    clock_overflow::{ClockOverflow, treat},
    clock_skew::early_spans,
    text_table::text_table,
};

/// What cleaning keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CleaningConfig {
    /// What happens to impossible durations.
    pub clock_overflow: ClockOverflow,
    /// Fewest spans of a trace that is kept.
    pub min_spans: usize,
    /// Most spans of a trace that is kept; no limit if it is missing.
    pub max_spans: Option<usize>,
}

impl Default for CleaningConfig {
    fn default() -> Self {
        Self { clock_overflow: ClockOverflow::default(), min_spans: 1, max_spans: None }
    }
}

/// What cleaning found. Every dropped trace is counted once, for the first reason in the order of the fields.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CleaningReport {
    /// Spans of the input.
    pub spans_read: usize,
    /// Distinct trace ids of the input.
    pub traces_read: usize,
    /// Spans of the traces kept.
    pub spans_kept: usize,
    /// Traces kept.
    pub traces_kept: usize,
    /// Spans removed because the same span stands there already with the same content; their traces are kept.
    pub duplicate_spans: usize,
    /// Traces dropped because two spans with different content have the same id.
    pub conflicting_spans: usize,
    /// Traces dropped because a duration is negative or not finite.
    pub negative_or_non_finite: usize,
    /// Traces dropped because a span is its own parent.
    pub self_parents: usize,
    /// Traces dropped because a parent is missing.
    pub orphans: usize,
    /// Traces dropped because more than one span has no parent.
    pub several_roots: usize,
    /// Traces dropped because their parents form a cycle.
    pub cycles: usize,
    /// Traces dropped because they have fewer spans than [`CleaningConfig::min_spans`].
    pub too_small: usize,
    /// Traces dropped because they have more spans than [`CleaningConfig::max_spans`].
    pub too_large: usize,
    /// Spans of the traces kept whose recorded duration is impossible.
    pub clock_overflow_spans: usize,
    /// What happened to their durations.
    pub clock_overflow: ClockOverflow,
    /// Spans of the traces kept that start before their parents, as where the clocks of two hosts disagree; their starts stay as recorded.
    #[serde(default)]
    pub early_spans: usize,
    /// What the reader had to replace.
    #[serde(default, alias = "tolerated", skip_serializing_if = "ReadWarnings::is_nothing")]
    pub warnings: ReadWarnings,
}

impl CleaningReport {
    /// Number of traces dropped.
    pub fn traces_dropped(&self) -> usize {
        self.dropped().iter().map(|(_, count)| count).sum()
    }

    fn dropped(&self) -> [(&'static str, usize); 8] {
        [
            ("dropped: conflicting spans", self.conflicting_spans),
            ("dropped: negative or non-finite", self.negative_or_non_finite),
            ("dropped: span is its own parent", self.self_parents),
            ("dropped: parent missing", self.orphans),
            ("dropped: several roots", self.several_roots),
            ("dropped: cycle", self.cycles),
            ("dropped: too few spans", self.too_small),
            ("dropped: too many spans", self.too_large),
        ]
    }

    fn count_defect(&mut self, defect: &Defect) {
        let count = match defect {
            Defect::DuplicateSpan(_) => &mut self.conflicting_spans,
            Defect::BadDuration(_) => &mut self.negative_or_non_finite,
            Defect::SelfParent(_) => &mut self.self_parents,
            Defect::Orphan { .. } => &mut self.orphans,
            Defect::SeveralRoots(_) => &mut self.several_roots,
            Defect::Cycle(_) => &mut self.cycles,
            // A trace id is only known from a span, so this cannot come from a file.
            Defect::Empty => &mut self.too_small,
        };
        *count += 1;
    }
}

impl fmt::Display for CleaningReport {
    /// An aligned table of what was read, kept, and (only where there is any) dropped or changed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |what: &str, traces: Option<usize>, spans: Option<usize>| {
            let cell = |count: Option<usize>| count.map(|count| count.to_string()).unwrap_or_default();
            vec![what.to_owned(), cell(traces), cell(spans)]
        };
        let mut rows =
            vec![row("read", Some(self.traces_read), Some(self.spans_read)), row("kept", Some(self.traces_kept), Some(self.spans_kept))];
        rows.extend(self.dropped().into_iter().filter(|&(_, count)| count > 0).map(|(what, count)| row(what, Some(count), None)));
        rows.extend(self.warnings.counts().into_iter().filter(|&(_, count)| count > 0).map(|(what, count)| row(what, None, Some(count))));
        if self.duplicate_spans > 0 {
            rows.push(row("duplicates removed", None, Some(self.duplicate_spans)));
        }
        if self.clock_overflow_spans > 0 {
            rows.push(row(&format!("clock overflow ({})", self.clock_overflow), None, Some(self.clock_overflow_spans)));
        }
        if self.early_spans > 0 {
            rows.push(row("start before their parents (kept)", None, Some(self.early_spans)));
        }
        f.write_str(&text_table(&["cleaning", "traces", "spans"], &rows))
    }
}

/// Span records by trace, in the order in which the traces first appear.
#[derive(Debug, Default)]
pub struct TraceGroups {
    position: HashMap<String, usize>,
    traces: Vec<Vec<SpanRecord>>,
}

impl TraceGroups {
    /// Adds a span to its trace; spans of a trace need not be neighbours.
    pub fn push(&mut self, record: SpanRecord) {
        let trace = match self.position.get(&record.trace_id) {
            Some(&trace) => trace,
            None => {
                self.position.insert(record.trace_id.clone(), self.traces.len());
                self.traces.push(Vec::new());
                self.traces.len() - 1
            }
        };
        self.traces[trace].push(record);
    }
}

impl Extend<SpanRecord> for TraceGroups {
    fn extend<I: IntoIterator<Item = SpanRecord>>(&mut self, records: I) {
        records.into_iter().for_each(|record| self.push(record));
    }
}

/// Assembles the traces, leaves out those that are none, and counts why. `has_starts` says whether start times may order siblings.
pub fn clean(groups: TraceGroups, has_starts: bool, config: &CleaningConfig) -> (Vec<Assembled>, CleaningReport) {
    let mut report = CleaningReport {
        spans_read: groups.traces.iter().map(Vec::len).sum(),
        traces_read: groups.traces.len(),
        clock_overflow: config.clock_overflow,
        ..CleaningReport::default()
    };
    let kept: Vec<Assembled> =
        groups.traces.into_iter().filter_map(|records| clean_trace(records, has_starts, config, &mut report)).collect();
    report.traces_kept = kept.len();
    report.spans_kept = kept.iter().map(|trace| trace.records.len()).sum();
    (kept, report)
}

fn clean_trace(records: Vec<SpanRecord>, has_starts: bool, config: &CleaningConfig, report: &mut CleaningReport) -> Option<Assembled> {
    let read = records.len();
    let records = without_duplicates(records);
    report.duplicate_spans += read - records.len();
    let mut trace = assemble(records, has_starts).inspect_err(|defect| report.count_defect(defect)).ok()?;
    if trace.records.len() < config.min_spans {
        report.too_small += 1;
        return None;
    }
    if config.max_spans.is_some_and(|most| trace.records.len() > most) {
        report.too_large += 1;
        return None;
    }
    report.clock_overflow_spans += treat(&mut trace, config.clock_overflow);
    report.early_spans += if has_starts { early_spans(&trace) } else { 0 };
    Some(trace)
}

/// Leaves out every span that equals an earlier one.
fn without_duplicates(records: Vec<SpanRecord>) -> Vec<SpanRecord> {
    let mut first: HashMap<String, usize> = HashMap::with_capacity(records.len());
    let mut distinct: Vec<SpanRecord> = Vec::with_capacity(records.len());
    for record in records {
        match first.get(&record.span_id) {
            Some(&earlier) if distinct[earlier] == record => continue,
            Some(_) => {}
            None => {
                first.insert(record.span_id.clone(), distinct.len());
            }
        }
        distinct.push(record);
    }
    distinct
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(trace: &str, span: &str, parent: Option<&str>) -> SpanRecord {
        SpanRecord {
            trace_id: trace.into(),
            span_id: span.into(),
            parent_id: parent.map(Into::into),
            service: "s".into(),
            operation: "o".into(),
            duration_us: 1.0,
            ..SpanRecord::default()
        }
    }

    fn cleaned(records: Vec<SpanRecord>, config: &CleaningConfig) -> (Vec<Assembled>, CleaningReport) {
        let mut groups = TraceGroups::default();
        groups.extend(records);
        clean(groups, false, config)
    }

    fn counts(records: Vec<SpanRecord>) -> CleaningReport {
        cleaned(records, &CleaningConfig::default()).1
    }

    #[test]
    fn an_exact_duplicate_is_removed_and_its_trace_is_kept() {
        let report = counts(vec![record("t", "a", None), record("t", "b", Some("a")), record("t", "a", None)]);
        assert_eq!((report.duplicate_spans, report.traces_kept, report.spans_kept), (1, 1, 2));
    }

    #[test]
    fn the_same_span_id_with_other_content_drops_the_trace() {
        let other = SpanRecord { duration_us: 2.0, ..record("t", "a", None) };
        let report = counts(vec![record("t", "a", None), other]);
        assert_eq!((report.conflicting_spans, report.traces_kept, report.duplicate_spans), (1, 0, 0));
    }

    #[test]
    fn the_same_span_id_in_two_traces_is_no_duplicate() {
        assert_eq!(counts(vec![record("t", "a", None), record("u", "a", None)]).traces_kept, 2);
    }

    #[test]
    fn two_roots_an_orphan_a_cycle_a_self_parent_and_bad_durations_are_dropped_and_counted() {
        let timed = |trace: &str, duration_us| SpanRecord { duration_us, ..record(trace, "a", None) };
        let report = counts(vec![
            record("roots", "a", None),
            record("roots", "b", None),
            record("orphan", "a", Some("x")),
            record("cycle", "a", Some("b")),
            record("cycle", "b", Some("a")),
            record("self", "a", Some("a")),
            timed("negative", -1.0),
            timed("nan", f64::NAN),
            timed("infinite", f64::INFINITY),
            record("good", "a", None),
        ]);
        let expected = CleaningReport {
            spans_read: 10,
            traces_read: 8,
            spans_kept: 1,
            traces_kept: 1,
            negative_or_non_finite: 3,
            self_parents: 1,
            orphans: 1,
            several_roots: 1,
            cycles: 1,
            ..CleaningReport::default()
        };
        assert_eq!(report, expected);
    }

    #[test]
    fn spans_of_a_trace_may_be_spread_over_the_input() {
        let (traces, _) =
            cleaned(vec![record("t", "b", Some("a")), record("u", "a", None), record("t", "a", None)], &CleaningConfig::default());
        assert_eq!(traces.iter().map(|trace| trace.records.len()).collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn traces_outside_the_size_limits_are_dropped_and_counted() {
        let mut records = vec![record("one", "a", None)];
        for trace in ["two", "three"] {
            records.extend([record(trace, "a", None), record(trace, "b", Some("a"))]);
        }
        records.push(record("three", "c", Some("b")));
        let (traces, report) = cleaned(records, &CleaningConfig { min_spans: 2, max_spans: Some(2), ..CleaningConfig::default() });
        assert_eq!((report.too_small, report.too_large, traces.len()), (1, 1, 1));
        assert_eq!(traces[0].records[0].trace_id, "two");
    }

    #[test]
    fn the_printed_table_names_only_what_happened() {
        let report = counts(vec![record("t", "a", None), record("u", "a", None), record("u", "b", None)]);
        assert_eq!(
            report.to_string(),
            "cleaning                traces  spans\nread                         2      3\nkept                         1      1\ndropped: several roots       1\n"
        );
    }

    #[test]
    fn a_trace_whose_clocks_disagree_is_kept_as_recorded_and_its_early_spans_are_counted() {
        let at = |span: &str, parent, start_ns| SpanRecord { start_ns, ..record("t", span, parent) };
        // One host is an hour behind the root's, the other an hour ahead.
        const HOUR_NS: i64 = 3_600_000_000_000;
        let records = [
            at("a", None, 0),
            at("behind", Some("a"), -HOUR_NS),
            at("below", Some("behind"), 1 - HOUR_NS),
            at("ahead", Some("a"), HOUR_NS),
        ];
        let cleaned = |has_starts| {
            let mut groups = TraceGroups::default();
            groups.extend(records.clone());
            clean(groups, has_starts, &CleaningConfig::default())
        };
        let (traces, report) = cleaned(true);
        assert_eq!((report.traces_kept, report.early_spans), (1, 1));
        assert_eq!(traces[0].records, records);
        assert!(report.to_string().ends_with("\nstart before their parents (kept)              1\n"), "{report}");
        let (_, without_starts) = cleaned(false);
        assert_eq!(without_starts.early_spans, 0);
        assert!(!without_starts.to_string().contains("before"));
    }

    #[test]
    fn an_unknown_key_of_the_configuration_is_refused() {
        assert!(toml::from_str::<CleaningConfig>("clock_overflow = \"drop-duration\"\nmax_spans = 64").is_ok());
        let error = toml::from_str::<CleaningConfig>("max_span = 64").unwrap_err().to_string();
        assert!(error.contains("unknown field `max_span`"), "{error}");
    }

    proptest! {
        #[test]
        fn every_trace_is_kept_or_counted_once(spans in proptest::collection::vec((0u8..4, 0u8..4, 0u8..5, -1i8..9), 0..40)) {
            let records = spans.iter().map(|&(trace, span, parent, duration)| SpanRecord {
                duration_us: f64::from(duration),
                ..record(&trace.to_string(), &span.to_string(), (parent < 4).then(|| parent.to_string()).as_deref())
            });
            let report = counts(records.collect());
            prop_assert_eq!(report.traces_kept + report.traces_dropped(), report.traces_read);
            prop_assert!(report.spans_kept + report.duplicate_spans <= report.spans_read);
        }
    }
}
