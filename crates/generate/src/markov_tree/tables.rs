//! What followed what in the training traces, and the values of their spans.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tracesmith_trace::{Class, Corpus, SpanKind, Status, TraceRef};

use crate::profile::CorpusProfile;

/// Up to this many children every position has a context of its own; beyond, positions share one up to the next power of two.
const EXACT_POSITIONS: usize = 8;

/// The tables of a corpus. A label is the number of a (service, operation) pair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tables {
    pub roots: Vec<Root>,
    pub labels: Vec<LabelTable>,
}

/// The traces of one class that begin with one label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Root {
    pub class: usize,
    pub label: u32,
    /// Spans of each of these traces.
    pub sizes: Vec<usize>,
}

/// The spans with one label. Values are sorted, so that nothing tells which ones stood in one trace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LabelTable {
    pub service: u32,
    pub operation: u32,
    /// Durations in µs by class of the trace.
    pub durations_us: Vec<Vec<f64>>,
    /// Status, kind, and how many spans had both.
    pub attributes: Vec<(Status, SpanKind, u32)>,
    /// Starts of first children after the start of their parent, in µs; empty if the corpus has no starts.
    pub after_parent_us: Vec<f64>,
    /// Starts of further children after the end of their previous sibling, in µs.
    pub after_sibling_us: Vec<f64>,
    /// What the children of such a span are, sorted by position and previous sibling.
    pub contexts: Vec<Context>,
}

/// Where the next child of a span is to be drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Context {
    /// Position bucket of the next child, see [`bucket`].
    pub position: u32,
    /// Label of the child before; `None` for the first one.
    pub previous: Option<u32>,
    /// Labels that followed and how often; `None` if there was no further child.
    pub next: Vec<(Option<u32>, u32)>,
}

/// Bucket of the child after `children` others.
pub(super) fn bucket(children: usize) -> u32 {
    if children < EXACT_POSITIONS { children as u32 } else { EXACT_POSITIONS as u32 + children.ilog2() - EXACT_POSITIONS.ilog2() }
}

/// Counts of what followed by (position, previous sibling).
type Counts = BTreeMap<(u32, Option<u32>), BTreeMap<Option<u32>, u32>>;

impl Tables {
    /// Counts over a corpus. A span with several parents belongs to the earliest; only the first root of a forest is one.
    pub fn fit(corpus: &Corpus) -> Self {
        let pairs: BTreeSet<(u32, u32)> = corpus.span_services().iter().copied().zip(corpus.span_operations().iter().copied()).collect();
        let numbers: BTreeMap<(u32, u32), u32> = pairs.iter().copied().zip(0..).collect();
        let mut counting = Counting { labels: pairs.iter().map(|&pair| CountedLabel::new(pair)).collect(), roots: BTreeMap::new() };
        for trace in corpus.traces() {
            let labels: Vec<u32> = trace.services.iter().zip(trace.operations).map(|(&s, &o)| numbers[&(s, o)]).collect();
            counting.add(trace, &labels, corpus.has_starts());
        }
        let roots = counting.roots.into_iter().map(|((class, label), sizes)| Root { class, label, sizes }).collect();
        Self { roots, labels: counting.labels.into_iter().map(CountedLabel::finish).collect() }
    }

    /// Whether the tables of a model file can be drawn from.
    pub fn check(&self, profile: &CorpusProfile) -> Result<(), String> {
        let labels = self.labels.len();
        let known = |label: &u32| (*label as usize) < labels;
        if let Some(label) = self.labels.iter().position(|label| !label.is_sound(profile, &known)) {
            return Err(format!("the table of label {label} cannot be drawn from"));
        }
        let sound = |root: &Root| root.class < Class::COUNT && known(&root.label) && !root.sizes.is_empty() && !root.sizes.contains(&0);
        if self.roots.is_empty() || !self.roots.iter().all(sound) {
            return Err("its roots cannot be drawn from".into());
        }
        let any_child = self.labels.iter().any(LabelTable::has_children);
        if profile.max_spans() > 1 && !any_child {
            return Err("it knows traces of several spans, but no child of any span".into());
        }
        Ok(())
    }
}

impl LabelTable {
    /// Whether some span with this label had a child.
    pub fn has_children(&self) -> bool {
        self.contexts.iter().any(|context| context.next.iter().any(|(next, _)| next.is_some()))
    }

    fn is_sound(&self, profile: &CorpusProfile, known: &impl Fn(&u32) -> bool) -> bool {
        let finite = |values: &[f64]| values.iter().all(|us| us.is_finite());
        let named = (self.service as usize) < profile.services.len() && (self.operation as usize) < profile.operations.len();
        let durations = self.durations_us.len() == Class::COUNT
            && self.durations_us.iter().flatten().all(|us| us.is_finite() && *us >= 0.0)
            && self.durations_us.iter().any(|of_class| !of_class.is_empty());
        let attributes = self.attributes.iter().any(|&(_, _, count)| count > 0);
        let sorted = self.contexts.is_sorted_by(|a, b| (a.position, a.previous) < (b.position, b.previous));
        let drawable = |context: &Context| {
            let labels = context.next.iter().filter_map(|(next, _)| next.as_ref()).chain(&context.previous);
            context.next.iter().any(|&(_, count)| count > 0) && labels.into_iter().all(known)
        };
        let contexts = !self.contexts.is_empty() && sorted && self.contexts.iter().all(drawable);
        named && durations && attributes && contexts && finite(&self.after_parent_us) && finite(&self.after_sibling_us)
    }
}

/// Tables while traces are added.
struct Counting {
    roots: BTreeMap<(usize, u32), Vec<usize>>,
    labels: Vec<CountedLabel>,
}

struct CountedLabel {
    table: LabelTable,
    attributes: BTreeMap<(Status, SpanKind), u32>,
    counts: Counts,
}

impl Counting {
    fn add(&mut self, trace: TraceRef<'_>, labels: &[u32], has_starts: bool) {
        let class = trace.label.class().index();
        self.roots.entry((class, labels[0])).or_default().push(trace.span_count());
        let mut children = vec![Vec::new(); labels.len()];
        for (child, parent) in trace.parents().into_iter().enumerate() {
            if let Some(parent) = parent {
                children[parent].push(child);
            }
        }
        for (span, children) in children.iter().enumerate() {
            let own = &mut self.labels[labels[span] as usize];
            own.table.durations_us[class].push(trace.durations_us[span]);
            *own.attributes.entry((trace.statuses[span], trace.kinds[span])).or_default() += 1;
            own.count(&children.iter().map(|&child| labels[child]).collect::<Vec<_>>());
            if has_starts {
                self.add_starts(trace, labels, span, children);
            }
        }
    }

    fn add_starts(&mut self, trace: TraceRef<'_>, labels: &[u32], parent: usize, children: &[usize]) {
        let mut previous: Option<usize> = None;
        for &child in children {
            let table = &mut self.labels[labels[child] as usize].table;
            let (gaps, reference) = match previous {
                None => (&mut table.after_parent_us, trace.starts_us[parent]),
                Some(sibling) => (&mut table.after_sibling_us, trace.starts_us[sibling] + trace.durations_us[sibling]),
            };
            gaps.push((trace.starts_us[child] - reference).clamp(-f64::MAX, f64::MAX));
            previous = Some(child);
        }
    }
}

impl CountedLabel {
    fn new((service, operation): (u32, u32)) -> Self {
        let table = LabelTable {
            service,
            operation,
            durations_us: vec![Vec::new(); Class::COUNT],
            attributes: Vec::new(),
            after_parent_us: Vec::new(),
            after_sibling_us: Vec::new(),
            contexts: Vec::new(),
        };
        Self { table, attributes: BTreeMap::new(), counts: Counts::new() }
    }

    fn count(&mut self, children: &[u32]) {
        let mut previous = None;
        let ends = children.iter().map(|&child| Some(child)).chain([None]);
        for (position, next) in ends.enumerate() {
            *self.counts.entry((bucket(position), previous)).or_default().entry(next).or_default() += 1;
            previous = next;
        }
    }

    fn finish(self) -> LabelTable {
        let mut table = self.table;
        for values in table.durations_us.iter_mut().chain([&mut table.after_parent_us, &mut table.after_sibling_us]) {
            values.sort_by(f64::total_cmp);
        }
        table.attributes = self.attributes.into_iter().map(|((status, kind), count)| (status, kind, count)).collect();
        let context = |((position, previous), next): (_, BTreeMap<_, _>)| Context { position, previous, next: next.into_iter().collect() };
        table.contexts = self.counts.into_iter().map(context).collect();
        table
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{LabelledTree, corpus};
    use super::*;

    #[test]
    fn positions_share_buckets_of_doubling_width_after_the_first_ones() {
        assert_eq!([0, 1, 7, 8, 15, 16, 31, 32].map(bucket), [0, 1, 7, 8, 8, 9, 9, 10]);
    }

    #[test]
    fn children_are_counted_by_parent_position_and_previous_sibling() {
        let trees: [LabelledTree; 3] =
            [&[(0, None), (1, Some(0)), (2, Some(0))], &[(0, None), (1, Some(0)), (1, Some(0))], &[(0, None), (2, Some(0))]];
        let tables = Tables::fit(&corpus(&trees));
        let context = |position, previous, next: &[(Option<u32>, u32)]| Context { position, previous, next: next.to_vec() };
        assert_eq!(
            tables.labels[0].contexts,
            [
                context(0, None, &[(Some(1), 2), (Some(2), 1)]),
                context(1, Some(1), &[(Some(1), 1), (Some(2), 1)]),
                context(1, Some(2), &[(None, 1)]),
                context(2, Some(1), &[(None, 1)]),
                context(2, Some(2), &[(None, 1)]),
            ]
        );
        assert_eq!(tables.labels[1].contexts, [context(0, None, &[(None, 3)])]);
        assert_eq!(tables.roots, [Root { class: 0, label: 0, sizes: vec![3, 3, 2] }]);
    }

    #[test]
    fn gaps_are_from_the_parents_start_or_the_previous_siblings_end() {
        let tables = Tables::fit(&corpus(&[&[(0, None), (1, Some(0)), (2, Some(0)), (2, Some(2))]]));
        // The fixture's span i starts at 10 i µs and lasts 100 − i µs.
        assert_eq!(tables.labels[1].after_parent_us, [10.0]);
        assert_eq!((&tables.labels[2].after_sibling_us[..], &tables.labels[2].after_parent_us[..]), (&[20.0 - 109.0][..], &[10.0][..]));
    }

    #[test]
    fn damaged_tables_are_refused() {
        let real = corpus(&[&[(0, None), (1, Some(0))]]);
        let (sound, profile) = (Tables::fit(&real), CorpusProfile::of(&real));
        assert_eq!(sound.check(&profile), Ok(()));
        let damages: [fn(&mut Tables); 12] = [
            |t| t.roots.clear(),
            |t| t.roots[0].label = 9,
            |t| t.roots[0].class = 3,
            |t| t.roots[0].sizes.clear(),
            |t| t.labels[1].service = 99,
            |t| t.labels[1].durations_us.truncate(1),
            |t| t.labels[1].durations_us.iter_mut().for_each(Vec::clear),
            |t| t.labels[1].durations_us[0][0] = -1.0,
            |t| t.labels[1].attributes[0].2 = 0,
            |t| t.labels[0].contexts.clear(),
            |t| t.labels[0].contexts.reverse(),
            |t| t.labels[0].contexts[0].next[0] = (Some(7), 1),
        ];
        for (number, damage) in damages.iter().enumerate() {
            let mut damaged = sound.clone();
            damage(&mut damaged);
            assert!(damaged.check(&profile).is_err(), "damage {number}");
        }
        let mut childless = sound;
        childless.labels[0].contexts = childless.labels[1].contexts.clone();
        assert!(childless.check(&profile).unwrap_err().contains("no child"));
    }
}
