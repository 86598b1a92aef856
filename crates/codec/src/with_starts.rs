//! Times where start offsets are measured: gaps before a span's start and before its end.
//!
//! Decoding goes through a trace once in preorder. A span's start needs its parent's start or the sibling before it, which is complete by
//! then; an inner span's end needs its children. Only a leaf whose end is measured from the *next* sibling's end has to wait for that sibling.
//! That could make a cycle if the sibling's start were measured from the leaf's end, so a pair of labels whose head gap uses the previous end
//! never uses the next end.

use serde::{Deserialize, Serialize};

use crate::{
    CodecConfig, CodecError, Times,
    layout::Layout,
    slot::{Context, EXCEPTIONS, Observation, Reference, Slots, cheapest, spread},
    table::Table,
};

/// What another reference's spread is multiplied with before it is compared with the preferred one's.
const HANDICAP: f64 = 1.3;

/// Leaves that a pair of siblings must have at least before one's end may be measured from the other's.
const LEAST_PAIRS: usize = 10;

/// How much tighter than durations the gaps between the ends of two siblings must be.
const TIGHTER: f64 = 0.25;

/// What a later child's start is measured from; a first child's is measured from its parent's, and the root's from the trace's.
///
/// `AfterPrevious` and `PreviousEnd` are the same event. The first is for siblings that hardly ever overlap in training: their gaps are
/// kept apart from those that are often negative, so that calls made one after the other stay so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum HeadReference {
    AfterPrevious,
    PreviousEnd,
    PreviousStart,
    #[default]
    ParentStart,
}

/// Gaps of a later child's start to the end and the start of the sibling before it, and to its parent's start.
#[derive(Debug, Clone, Copy)]
struct HeadGaps {
    previous_end: f64,
    previous_start: f64,
    parent_start: f64,
}

impl Reference for HeadReference {
    type Gaps = HeadGaps;

    fn gap(self, gaps: &HeadGaps) -> f64 {
        match self {
            Self::AfterPrevious | Self::PreviousEnd => gaps.previous_end,
            Self::PreviousStart => gaps.previous_start,
            Self::ParentStart => gaps.parent_start,
        }
    }
}

/// What an inner span's end is measured from. `AfterChildren` is `LatestChildEnd` for spans that end after their children.
/// `AfterLongestChild` is its start plus the duration of its longest child, for spans that are longer than their children but need not end
/// after them: clocks of two machines that disagree shift both ends of a child alike. Both rules may have few exceptions in training, whose
/// gaps are negative and no more frequent than they were. `OwnStart` makes the gap a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum TailReference {
    AfterChildren,
    AfterLongestChild,
    LatestChildEnd,
    LastChildEnd,
    #[default]
    OwnStart,
}

/// Gaps of an inner span's end to the latest end among its children, the last child's end, its start plus the longest duration among its
/// children, and its own start.
#[derive(Debug, Clone, Copy)]
struct TailGaps {
    latest_child_end: f64,
    last_child_end: f64,
    longest_child: f64,
    own_start: f64,
}

impl Reference for TailReference {
    type Gaps = TailGaps;

    fn gap(self, gaps: &TailGaps) -> f64 {
        match self {
            Self::AfterChildren | Self::LatestChildEnd => gaps.latest_child_end,
            Self::LastChildEnd => gaps.last_child_end,
            Self::AfterLongestChild => gaps.longest_child,
            Self::OwnStart => gaps.own_start,
        }
    }
}

/// Slots of all gaps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct WithStarts {
    root_heads: Slots<()>,
    first_heads: Slots<()>,
    later_heads: Slots<HeadReference>,
    /// Durations of leaves.
    leaf_tails: Slots<()>,
    /// Ends of leaves less the ends of their next siblings, by the context of the next sibling.
    paired_tails: Slots<()>,
    inner_tails: Slots<TailReference>,
}

/// Starts and ends of the spans of a trace, in µs after its start.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Interval {
    pub(crate) starts: Vec<f64>,
    pub(crate) ends: Vec<f64>,
}

/// What an inner span's end can be measured from, besides its start.
#[derive(Debug, Clone, Copy)]
struct Children {
    latest_end: f64,
    last_end: f64,
    longest: f64,
}

impl Children {
    const NONE: Self = Self { latest_end: f64::NEG_INFINITY, last_end: 0.0, longest: 0.0 };
}

impl Interval {
    /// From starts and durations.
    pub(crate) fn new(spans: impl Iterator<Item = (f64, f64)>) -> Self {
        let (starts, ends) = spans.map(|(start, duration)| (start, start + duration)).unzip();
        Self { starts, ends }
    }

    fn duration(&self, span: usize) -> f64 {
        self.ends[span] - self.starts[span]
    }

    fn children(&self, layout: &Layout) -> Vec<Children> {
        let mut children = vec![Children::NONE; layout.len()];
        for (child, parent) in layout.parents.iter().enumerate() {
            if let Some(parent) = parent {
                let (of, end) = (&mut children[*parent], self.ends[child]);
                let longest = of.longest.max(self.duration(child));
                *of = Children { latest_end: of.latest_end.max(end), last_end: end, longest };
            }
        }
        children
    }

    fn head_gaps(&self, layout: &Layout, span: usize) -> Head {
        let start = self.starts[span];
        match (layout.parents[span], layout.previous[span]) {
            (None, _) => Head::Root(start),
            (Some(parent), None) => Head::First(start - self.starts[parent]),
            (Some(parent), Some(previous)) => {
                let (previous_end, previous_start) = (start - self.ends[previous], start - self.starts[previous]);
                Head::Later(HeadGaps { previous_end, previous_start, parent_start: start - self.starts[parent] })
            }
        }
    }

    fn tail_gaps(&self, span: usize, children: Children) -> TailGaps {
        let end = self.ends[span];
        let duration = self.duration(span);
        TailGaps {
            latest_child_end: end - children.latest_end,
            last_child_end: end - children.last_end,
            longest_child: duration - children.longest,
            own_start: duration,
        }
    }
}

enum Head {
    Root(f64),
    First(f64),
    Later(HeadGaps),
}

/// The gaps of a corpus, role by role.
#[derive(Debug, Default)]
struct Gaps {
    root_heads: Vec<Observation<f64>>,
    first_heads: Vec<Observation<f64>>,
    later_heads: Vec<Observation<HeadGaps>>,
    leaf_tails: Vec<Observation<f64>>,
    /// Gap between the ends, and the duration.
    pairs: Vec<Observation<[f64; 2]>>,
    inner_tails: Vec<Observation<TailGaps>>,
}

impl Gaps {
    fn add(&mut self, layout: &Layout, interval: &Interval) {
        let children = interval.children(layout);
        for (span, &children) in children.iter().enumerate() {
            let context = layout.context(span);
            match interval.head_gaps(layout, span) {
                Head::Root(gaps) => self.root_heads.push(Observation { context, gaps }),
                Head::First(gaps) => self.first_heads.push(Observation { context, gaps }),
                Head::Later(gaps) => self.later_heads.push(Observation { context, gaps }),
            }
            if !layout.is_leaf[span] {
                self.inner_tails.push(Observation { context, gaps: interval.tail_gaps(span, children) });
                continue;
            }
            let duration = interval.duration(span);
            self.leaf_tails.push(Observation { context, gaps: duration });
            if let Some(next) = layout.next[span] {
                let gaps = [interval.ends[span] - interval.ends[next], duration];
                self.pairs.push(Observation { context: layout.context(next), gaps });
            }
        }
    }
}

impl WithStarts {
    pub(crate) fn fit<'a>(traces: impl Iterator<Item = (&'a Layout, Interval)>, config: &CodecConfig) -> Self {
        let mut gaps = Gaps::default();
        traces.for_each(|(layout, interval)| gaps.add(layout, &interval));
        let composed = config.times == Times::Gaps;
        let later_heads =
            Slots::fit(gaps.later_heads, config, |group| if composed { HeadReference::of(group) } else { HeadReference::ParentStart });
        let pairs = if composed { pairs_that_end_together(gaps.pairs, &later_heads, config) } else { Vec::new() };
        Self {
            root_heads: Slots::fit(gaps.root_heads, config, |_| ()),
            first_heads: Slots::fit(gaps.first_heads, config, |_| ()),
            later_heads,
            leaf_tails: Slots::fit(gaps.leaf_tails, config, |_| ()),
            paired_tails: Slots::fit(pairs, config, |_| ()),
            inner_tails: Slots::fit(
                gaps.inner_tails,
                config,
                |group| {
                    if composed { TailReference::of(group) } else { TailReference::OwnStart }
                },
            ),
        }
    }

    pub(crate) fn check(&self, labels: usize) -> Result<(), CodecError> {
        self.root_heads.check(labels)?;
        self.first_heads.check(labels)?;
        self.later_heads.check(labels)?;
        self.leaf_tails.check(labels)?;
        self.paired_tails.check(labels)?;
        self.inner_tails.check(labels)?;
        if self.paired_tails.contexts().any(|pair| self.later_heads.reference(pair).needs_previous_end()) {
            return Err(CodecError::Inconsistent("two siblings are each measured from the other's end"));
        }
        Ok(())
    }

    /// The table of a leaf's end less that of its next sibling, if that is how it is measured.
    fn paired(&self, layout: &Layout, leaf: usize) -> Option<(usize, &Table)> {
        let next = layout.next[leaf]?;
        Some((next, self.paired_tails.own_table(layout.context(next))?))
    }

    /// Tables and gaps of every span's start and end.
    pub(crate) fn gaps(&self, layout: &Layout, interval: &Interval) -> Vec<[(&Table, f64); 2]> {
        let children = interval.children(layout);
        let gaps = |(span, &children): (usize, &Children)| {
            let context = layout.context(span);
            let head = match interval.head_gaps(layout, span) {
                Head::Root(gap) => (self.root_heads.find(context).1, gap),
                Head::First(gap) => (self.first_heads.find(context).1, gap),
                Head::Later(gaps) => {
                    let (reference, table) = self.later_heads.find(context);
                    (table, reference.gap(&gaps))
                }
            };
            let tail = if !layout.is_leaf[span] {
                let (reference, table) = self.inner_tails.find(context);
                (table, reference.gap(&interval.tail_gaps(span, children)))
            } else if let Some((next, table)) = self.paired(layout, span) {
                (table, interval.ends[span] - interval.ends[next])
            } else {
                (self.leaf_tails.find(context).1, interval.duration(span))
            };
            [head, tail]
        };
        children.iter().enumerate().map(gaps).collect()
    }

    /// Starts and ends from quantiles; no span is shorter than `floors` says of it and its longest child.
    pub(crate) fn compose(&self, layout: &Layout, heads: &[f32], tails: &[f32], floors: impl Fn(usize, f64) -> f64) -> Interval {
        let mut composition = Composition {
            slots: self,
            layout,
            tails,
            floors,
            interval: Interval { starts: vec![0.0; layout.len()], ends: vec![0.0; layout.len()] },
            children: vec![Children::NONE; layout.len()],
        };
        let mut open: Vec<usize> = Vec::new();
        for (span, &head) in heads.iter().enumerate() {
            while open.last().is_some_and(|&last| Some(last) != layout.parents[span]) {
                open.pop().into_iter().for_each(|closed| composition.end(closed));
            }
            composition.start(span, head);
            open.push(span);
        }
        open.into_iter().rev().for_each(|closed| composition.end(closed));
        composition.interval
    }
}

/// A trace whose times are being put together.
struct Composition<'a, F> {
    slots: &'a WithStarts,
    layout: &'a Layout,
    tails: &'a [f32],
    floors: F,
    interval: Interval,
    children: Vec<Children>,
}

impl<F: Fn(usize, f64) -> f64> Composition<'_, F> {
    fn start(&mut self, span: usize, head: f32) {
        let context = self.layout.context(span);
        let Interval { starts, ends } = &self.interval;
        let start = match (self.layout.parents[span], self.layout.previous[span]) {
            (None, _) => self.slots.root_heads.find(context).1.value(head),
            (Some(parent), None) => starts[parent] + self.slots.first_heads.find(context).1.value(head),
            (Some(parent), Some(previous)) => {
                let (reference, table) = self.slots.later_heads.find(context);
                let from = match reference {
                    HeadReference::AfterPrevious | HeadReference::PreviousEnd => ends[previous],
                    HeadReference::PreviousStart => starts[previous],
                    HeadReference::ParentStart => starts[parent],
                };
                from + table.value(head)
            }
        };
        self.interval.starts[span] = start;
    }

    /// Ends a span whose children have ended, and the leaves before it that waited for its end. A leaf that itself has to wait is left out.
    fn end(&mut self, span: usize) {
        if self.layout.is_leaf[span] && self.slots.paired(self.layout, span).is_some() {
            return;
        }
        let (from, table) = self.reference(span);
        self.set_end(span, from + table.value(self.tails[span]));
        let mut ended = span;
        while let Some(leaf) = self.layout.previous[ended].filter(|&leaf| self.layout.is_leaf[leaf]) {
            let Some((_, table)) = self.slots.paired(self.layout, leaf) else { break };
            self.set_end(leaf, self.interval.ends[ended] + table.value(self.tails[leaf]));
            ended = leaf;
        }
        if let (Some(parent), None) = (self.layout.parents[span], self.layout.next[span]) {
            self.children[parent].last_end = self.interval.ends[span];
        }
    }

    /// What the end of a span that need not wait is measured from.
    fn reference(&self, span: usize) -> (f64, &Table) {
        let context = self.layout.context(span);
        if self.layout.is_leaf[span] {
            return (self.interval.starts[span], self.slots.leaf_tails.find(context).1);
        }
        let (reference, table) = self.slots.inner_tails.find(context);
        let from = match reference {
            TailReference::AfterChildren | TailReference::LatestChildEnd => self.children[span].latest_end,
            TailReference::LastChildEnd => self.children[span].last_end,
            TailReference::AfterLongestChild => self.interval.starts[span] + self.children[span].longest,
            TailReference::OwnStart => self.interval.starts[span],
        };
        (from, table)
    }

    fn set_end(&mut self, span: usize, end: f64) {
        let end = end.max(self.interval.starts[span] + (self.floors)(span, self.children[span].longest));
        self.interval.ends[span] = end;
        if let Some(parent) = self.layout.parents[span] {
            let children = &mut self.children[parent];
            children.latest_end = children.latest_end.max(end);
            children.longest = children.longest.max(end - self.interval.starts[span]);
        }
    }
}

/// Whether all spans keep it but for a few exceptions.
fn is_rule<G>(group: &[Observation<G>], keeps: impl Fn(&G) -> bool) -> bool {
    let exceptions = group.iter().filter(|observation| !keeps(&observation.gaps)).count();
    exceptions as f64 <= EXCEPTIONS * group.len() as f64
}

impl HeadReference {
    fn of(group: &[Observation<HeadGaps>]) -> Self {
        let spread = |reference: Self| spread(group.iter().map(|observation| reference.gap(&observation.gaps)));
        if is_rule(group, |gaps| gaps.previous_end >= 0.0) {
            return Self::AfterPrevious;
        }
        cheapest([
            (Self::PreviousEnd, spread(Self::PreviousEnd)),
            (Self::PreviousStart, HANDICAP * spread(Self::PreviousStart)),
            (Self::ParentStart, HANDICAP * spread(Self::ParentStart)),
        ])
    }

    /// Whether a start is measured from the end of the sibling before it.
    fn needs_previous_end(self) -> bool {
        matches!(self, Self::AfterPrevious | Self::PreviousEnd)
    }
}

impl TailReference {
    fn of(group: &[Observation<TailGaps>]) -> Self {
        let spread = |reference: Self| spread(group.iter().map(|observation| reference.gap(&observation.gaps)));
        if is_rule(group, |gaps| gaps.latest_child_end >= 0.0) {
            return Self::AfterChildren;
        }
        if is_rule(group, |gaps| gaps.longest_child >= 0.0) {
            return Self::AfterLongestChild;
        }
        cheapest([
            (Self::LatestChildEnd, spread(Self::LatestChildEnd)),
            (Self::LastChildEnd, HANDICAP * spread(Self::LastChildEnd)),
            (Self::OwnStart, HANDICAP * spread(Self::OwnStart)),
        ])
    }
}

/// The gaps between the ends of siblings that end together, for pairs that are frequent enough and make no cycle.
fn pairs_that_end_together(
    mut pairs: Vec<Observation<[f64; 2]>>,
    later_heads: &Slots<HeadReference>,
    config: &CodecConfig,
) -> Vec<Observation<f64>> {
    pairs.sort_by_key(|pair| pair.context);
    let together = |group: &&[Observation<[f64; 2]>]| {
        let context: Context = group[0].context;
        group.len() >= LEAST_PAIRS.max(config.min_slot)
            && !later_heads.reference(context).needs_previous_end()
            && spread(group.iter().map(|pair| pair.gaps[0])) < TIGHTER * spread(group.iter().map(|pair| pair.gaps[1]))
    };
    let groups = pairs.chunk_by(|a, b| a.context == b.context).filter(together);
    groups.flatten().map(|pair| Observation { context: pair.context, gaps: pair.gaps[0] }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracesmith_trace::rng;

    /// A parent (label 0) with two leaves (1 and 2) in 60 traces; times of the leaves and the parent's end come from two numbers that vary.
    fn fit(times: impl Fn(f64, f64) -> [(f64, f64); 3]) -> (Layout, Vec<Interval>, WithStarts) {
        let layout = Layout::new(&[0, 1, 1], &[0, 1, 2]);
        let draw = |i: u32| times(f64::from(i * 7919 % 1009) + 5.0, f64::from(i * 104_729 % 3001) + 5.0);
        let intervals: Vec<Interval> = (0..60)
            .map(|i| {
                let (starts, ends) = draw(i).into_iter().unzip();
                Interval { starts, ends }
            })
            .collect();
        let config = CodecConfig { min_slot: 12, ..CodecConfig::default() };
        let slots = WithStarts::fit(intervals.iter().map(|interval| (&layout, interval.clone())), &config);
        (layout, intervals, slots)
    }

    fn references(slots: &WithStarts, layout: &Layout) -> (HeadReference, bool, TailReference) {
        let head = slots.later_heads.reference(layout.context(2));
        (head, slots.paired(layout, 1).is_some(), slots.inner_tails.reference(layout.context(0)))
    }

    fn assert_composes(layout: &Layout, intervals: &[Interval], slots: &WithStarts) {
        let mut rng = rng(1, "compose");
        for interval in intervals {
            let (heads, tails): (Vec<f32>, Vec<f32>) = slots
                .gaps(layout, interval)
                .into_iter()
                .map(|gaps| gaps.map(|(table, gap)| table.probability(gap, &mut rng)).into())
                .unzip();
            let again = slots.compose(layout, &heads, &tails, |_, _| 0.0);
            for (before, after) in interval.starts.iter().chain(&interval.ends).zip(again.starts.iter().chain(&again.ends)) {
                assert!((before - after).abs() <= 1e-3 * before.abs() + 1e-3, "{interval:?} {again:?}");
            }
        }
    }

    /// Gaps of 7 to 310 µs between the ends of spans of 20 to 50 ms: far apart on a logarithmic scale, and yet the spans end together.
    #[test]
    fn spans_that_end_together_are_seen_however_small_the_gap() {
        let (layout, intervals, slots) = fit(|a, b| {
            let end = 20_000.0 + 10.0 * b;
            [(0.0, end + 1.0), (2.0, end - 5.0 - 0.3 * a), (700.0 + a, end)]
        });
        assert!(slots.paired(&layout, 1).is_some());
        assert_composes(&layout, &intervals, &slots);
    }

    #[test]
    fn calls_in_sequence_are_measured_from_the_end_before() {
        let (layout, intervals, slots) = fit(|a, b| [(0.0, 20.0 + a + b), (7.0, 7.0 + a), (9.0 + a, 9.0 + a + b)]);
        assert_eq!(references(&slots, &layout), (HeadReference::AfterPrevious, false, TailReference::AfterChildren));
        assert_composes(&layout, &intervals, &slots);
    }

    #[test]
    fn one_exception_in_sixty_breaks_no_rule_and_stays_rare() {
        // The reply of the slowest first child is lost: its parent gives up before.
        let gives_up = |a: f64| if a > 1000.0 { 10.0 - a } else { 0.0 };
        let (layout, intervals, slots) = fit(|a, b| [(0.0, 20.0 + a + b + gives_up(a)), (7.0, 7.0 + a), (9.0 + a, 9.0 + a + b)]);
        let early = |interval: &&Interval| interval.ends[0] < interval.ends[2];
        assert_eq!(intervals.iter().filter(early).count(), 1);
        assert_eq!(references(&slots, &layout), (HeadReference::AfterPrevious, false, TailReference::AfterChildren));
        let at = |u: f32| slots.compose(&layout, &[0.5; 3], &[u, 0.5, 0.5], |_, _| 0.0);
        assert!(early(&&at(0.0)) && (3..100).all(|i| !early(&&at(i as f32 / 100.0))));
    }

    #[test]
    fn parallel_calls_that_end_together_are_measured_from_the_end_after() {
        let (layout, intervals, slots) = fit(|a, b| [(0.0, 9.0 + a + b), (2.0, 5.0 + a + b), (3.0, 6.0 + a + b)]);
        assert_eq!(references(&slots, &layout), (HeadReference::PreviousStart, true, TailReference::AfterChildren));
        assert_composes(&layout, &intervals, &slots);
    }

    #[test]
    fn a_parent_that_does_not_wait_keeps_its_own_duration() {
        let (layout, intervals, slots) = fit(|a, b| [(0.0, 50.0), (2.0, 2.0 + a), (3.0, 3.0 + b)]);
        assert_eq!(references(&slots, &layout), (HeadReference::PreviousStart, false, TailReference::OwnStart));
        assert_composes(&layout, &intervals, &slots);
    }

    #[test]
    fn two_siblings_that_each_wait_for_the_other_are_refused() {
        let (_, _, sequence) = fit(|a, b| [(0.0, 20.0 + a + b), (7.0, 7.0 + a), (9.0 + a, 9.0 + a + b)]);
        let (_, _, together) = fit(|a, b| [(0.0, 9.0 + a + b), (2.0, 5.0 + a + b), (3.0, 6.0 + a + b)]);
        assert!(sequence.check(3).is_ok() && together.check(3).is_ok());
        assert!(WithStarts { paired_tails: together.paired_tails, ..sequence }.check(3).is_err());
    }
}
