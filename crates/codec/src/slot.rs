//! Slots: which reference and which table a gap has, from its context, with backing off from contexts that are rare.

use serde::{Deserialize, Serialize};

use crate::{CodecConfig, CodecError, table::Table};

/// Where a span stands: labels of its parent, of the sibling before it, and its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Context {
    pub(crate) parent: Option<u32>,
    pub(crate) previous: Option<u32>,
    pub(crate) own: u32,
}

/// What a gap is measured from; `()` where there is no choice.
pub(crate) trait Reference: Copy + Default + Ord {
    /// The gaps of one span to every reference that could be chosen.
    type Gaps: Copy;

    /// The gap to this reference.
    fn gap(self, gaps: &Self::Gaps) -> f64;
}

impl Reference for () {
    type Gaps = f64;

    fn gap(self, gap: &f64) -> f64 {
        *gap
    }
}

/// The gaps of one training span.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Observation<G> {
    pub(crate) context: Context,
    pub(crate) gaps: G,
}

/// The reference of a context, and the distribution of its gaps if the context is frequent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Slot<R> {
    reference: R,
    table: Option<Table>,
}

/// The slots of one role (heads of later children, tails of leaves, …).
///
/// A rare context keeps the reference that suits it, because it says what comes before what, and shares a table with the contexts of its label
/// that have the same reference; a rare label with all that have it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Slots<R> {
    /// Contexts with observations enough to choose a reference, sorted.
    contexts: Vec<(Context, Slot<R>)>,
    /// The reference of other contexts of a label, sorted.
    references: Vec<(u32, R)>,
    /// Tables of labels by reference, sorted.
    labels: Vec<((u32, R), Table)>,
    /// The reference of everything else.
    reference: R,
    /// Tables of everything else by reference, sorted.
    tables: Vec<(R, Table)>,
    /// The table of a reference that nothing has.
    table: Table,
}

/// Observations of a context that its reference is chosen from.
const LEAST_TO_CHOOSE: usize = 5;

impl<R: Reference> Slots<R> {
    /// Fits tables on every context, label and reference with at least `config.min_slot` observations. `choose` picks the reference of a
    /// group. O(n log n).
    pub(crate) fn fit(
        mut observations: Vec<Observation<R::Gaps>>,
        config: &CodecConfig,
        choose: impl Fn(&[Observation<R::Gaps>]) -> R,
    ) -> Self {
        let table = |gaps: Vec<f64>| Table::fit(gaps, config.knots, config.smooth_below());
        let reference = if observations.is_empty() { R::default() } else { choose(&observations) };
        let mut slots = Self {
            contexts: Vec::new(),
            references: Vec::new(),
            labels: Vec::new(),
            reference,
            tables: Vec::new(),
            table: Table::constant(0.0),
        };
        observations.sort_by_key(|observation| observation.context.own);
        for group in observations.chunk_by(|a, b| a.context.own == b.context.own) {
            slots.references.push((group[0].context.own, choose(group)));
        }
        observations.sort_by_key(|observation| observation.context);
        for group in
            observations.chunk_by(|a, b| a.context == b.context).filter(|group| group.len() >= LEAST_TO_CHOOSE.min(config.min_slot))
        {
            let reference = choose(group);
            let own = config.tables && group.len() >= config.min_slot;
            let gaps = || group.iter().map(|observation| reference.gap(&observation.gaps)).collect();
            slots.contexts.push((group[0].context, Slot { reference, table: own.then(|| table(gaps())) }));
        }
        let gap = |observation: &Observation<R::Gaps>| {
            let reference = slots.reference(observation.context);
            (observation.context.own, reference, reference.gap(&observation.gaps))
        };
        let mut gaps: Vec<(u32, R, f64)> = observations.iter().map(gap).collect();
        gaps.sort_by_key(|&(own, reference, _)| (own, reference));
        let values = |group: &[(u32, R, f64)]| table(group.iter().map(|&(_, _, gap)| gap).collect());
        let of_labels = gaps.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).filter(|group| config.tables && group.len() >= config.min_slot);
        slots.labels = of_labels.map(|group| ((group[0].0, group[0].1), values(group))).collect();
        slots.table = values(&gaps);
        if config.tables {
            gaps.sort_by_key(|&(_, reference, _)| reference);
            slots.tables = gaps.chunk_by(|a, b| a.1 == b.1).map(|group| (group[0].1, values(group))).collect();
        }
        slots
    }

    fn slot(&self, context: Context) -> Option<&Slot<R>> {
        found(&self.contexts, &context)
    }

    /// The reference in a context.
    pub(crate) fn reference(&self, context: Context) -> R {
        let of_label = || found(&self.references, &context.own).copied();
        self.slot(context).map(|slot| slot.reference).or_else(of_label).unwrap_or(self.reference)
    }

    /// The reference and the table in a context.
    pub(crate) fn find(&self, context: Context) -> (R, &Table) {
        let reference = self.reference(context);
        let own = self.slot(context).and_then(|slot| slot.table.as_ref());
        let of_label = || found(&self.labels, &(context.own, reference));
        let of_all = || found(&self.tables, &reference);
        (reference, own.or_else(of_label).or_else(of_all).unwrap_or(&self.table))
    }

    /// Contexts with a slot of their own.
    pub(crate) fn contexts(&self) -> impl Iterator<Item = Context> {
        self.contexts.iter().map(|(context, _)| *context)
    }

    /// The table of a context with a slot of its own.
    pub(crate) fn own_table(&self, context: Context) -> Option<&Table> {
        self.slot(context).map(|_| self.find(context).1)
    }

    /// Whether contexts and labels are sorted and of `labels` labels.
    pub(crate) fn check(&self, labels: usize) -> Result<(), CodecError> {
        let known = |label: u32| (label as usize) < labels;
        let sorted = self.contexts.is_sorted_by(|a, b| a.0 < b.0)
            && self.labels.is_sorted_by(|a, b| a.0 < b.0)
            && self.references.is_sorted_by(|a, b| a.0 < b.0)
            && self.tables.is_sorted_by(|a, b| a.0 < b.0);
        let mut contexts = self.contexts();
        let in_contexts = contexts.all(|Context { parent, previous, own }| [parent, previous, Some(own)].into_iter().flatten().all(known));
        let mut labels = self.labels.iter().map(|((label, _), _)| *label).chain(self.references.iter().map(|(label, _)| *label));
        if !sorted || !in_contexts || !labels.all(known) {
            return Err(CodecError::Inconsistent("its slots are not sorted or have labels that it does not have"));
        }
        Ok(())
    }
}

/// The value of a key in a sorted list.
fn found<'a, K: Ord, V>(sorted: &'a [(K, V)], key: &K) -> Option<&'a V> {
    sorted.binary_search_by(|(other, _)| other.cmp(key)).ok().map(|position| &sorted[position].1)
}

/// Share of a context's spans that may break what the others keep, as clocks that disagree or a lost reply make them, and it is still a rule.
pub(crate) const EXCEPTIONS: f64 = 0.1;

/// How tightly gaps lie together: the mean distance from their median in µs, of all but the farthest [`EXCEPTIONS`]. 0 of nothing.
///
/// On a logarithmic scale, gaps of 70 to 300 µs would be as far apart as durations of 20 to 80 ms, and ends that follow each other would not
/// be seen.
pub(crate) fn spread(gaps: impl Iterator<Item = f64>) -> f64 {
    let gaps: Vec<f64> = gaps.collect();
    let middle = median(gaps.clone());
    let mut distances: Vec<f64> = gaps.into_iter().map(|gap| (gap - middle).abs()).collect();
    distances.sort_by(f64::total_cmp);
    distances.truncate(((1.0 - EXCEPTIONS) * distances.len() as f64).ceil() as usize);
    distances.iter().sum::<f64>() / distances.len().max(1) as f64
}

/// The lower median; 0 of nothing.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let middle = (values.len() - 1) / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

/// The option with the smallest cost, the first of several.
pub(crate) fn cheapest<R: Copy, const N: usize>(options: [(R, f64); N]) -> R {
    let mut best = options[0];
    for option in options {
        if option.1 < best.1 {
            best = option;
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(parent: u32, own: u32) -> Context {
        Context { parent: Some(parent), previous: None, own }
    }

    fn observations() -> Vec<Observation<f64>> {
        let at = |parent, own, gap, count| std::iter::repeat_n(Observation { context: context(parent, own), gaps: gap }, count);
        at(0, 1, 10.0, 8).chain(at(2, 1, 30.0, 2)).chain(at(0, 3, 70.0, 1)).collect()
    }

    #[test]
    fn a_rare_context_backs_off_to_its_label_and_a_rare_label_to_all() {
        let slots = Slots::fit(observations(), &CodecConfig { min_slot: 8, ..CodecConfig::default() }, |_| ());
        assert_eq!(slots.contexts().collect::<Vec<_>>(), [context(0, 1)]);
        assert_eq!(slots.find(context(0, 1)).1.value(1.0), 10.0);
        // 8 × 10 and 2 × 30: the two are too few to have a knot.
        assert_eq!(slots.find(context(2, 1)).1.value(1.0), 10.0);
        assert_eq!(slots.find(context(0, 3)).1, &slots.tables[0].1);
        slots.check(4).unwrap();
        assert!(slots.check(1).is_err());
    }

    #[test]
    fn without_tables_every_slot_shares_one() {
        let slots = Slots::fit(observations(), &CodecConfig { min_slot: 1, tables: false, ..CodecConfig::default() }, |_| ());
        for context in [context(0, 1), context(2, 1), context(0, 3), context(9, 9)] {
            assert_eq!(slots.find(context).1, &slots.table);
        }
        assert_eq!(slots.table.value(0.0), 10.0);
        assert!(slots.table.value(1.0) > 10.0);
    }

    #[test]
    fn the_spread_is_taken_from_the_median_without_the_farthest_tenth() {
        assert_eq!(spread([].into_iter()), 0.0);
        assert_eq!(spread([5.0, 5.0, 5.0].into_iter()), 0.0);
        assert_eq!(spread([0.0, 0.0, 12.0].into_iter()), 4.0);
        let one_of_ten = (0..10).map(|i| if i == 7 { 1e9 } else { f64::from(i) });
        assert_eq!(spread(one_of_ten), f64::from(4 + 3 + 2 + 1 + 1 + 2 + 4 + 5) / 9.0);
        assert_eq!(cheapest([('a', 2.0), ('b', 1.0), ('c', 1.0)]), 'b');
    }
}
