//! Shapes that one side repeats more often than the other: M4, and the offenders of M5.

use std::collections::{BTreeSet, HashMap};

use tracesmith_trace::{Corpus, Signature, TraceRef};

use super::check::{Check, Offender, Question};
use super::limits::Limits;
use tracesmith_evaluate::sampling::{canonical_order, choose};
use tracesmith_evaluate::statistics::ratio;
use tracesmith_trace::operations::label_name;

/// M4: among as many traces on both sides, because more traces repeat themselves more.
pub(super) fn uniqueness(real: &Corpus, synthetic: &Corpus, limits: &Limits, seed: u64) -> Check {
    let traces = real.len().min(synthetic.len());
    let [real, synthetic] = [real, synthetic].map(|corpus| corpus.select(&choose(&canonical_order(corpus), traces, seed, "uniqueness")));
    let distinct = |corpus: &Corpus| corpus.traces().map(Signature::of).collect::<BTreeSet<_>>().len() as f64 / traces as f64;
    let (expected, found) = (distinct(&real), distinct(&synthetic));
    // Too few distinct records come from shapes that the synthetic side repeats, too many from those that only the real side does.
    let toward = if found < expected { Toward::Synthetic } else { Toward::Real };
    let repeated = |offender: &Offender| offender.found.max(offender.expected.unwrap_or(0.0)) * traces as f64 > 1.5;
    let shapes = more_common(&synthetic, &real, toward, |_| true).into_iter().filter(repeated);
    let all = Offender { name: "share of distinct records".to_owned(), found, expected: Some(expected) };
    Question::at_least("M4", "likeness of the shares of distinct records", limits.min_uniqueness)
        .measured(ratio(found, expected), [all].into_iter().chain(shapes).collect())
}

/// The side on which shapes are more common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Toward {
    Synthetic,
    Real,
}

/// The wanted shapes that are more common on one side, those first whose shares differ most. A trace stands for all of its shape, the first
/// by its id: whether it is wanted must hang on nothing but the shape.
pub(super) fn more_common(synthetic: &Corpus, real: &Corpus, toward: Toward, wanted: impl Fn(TraceRef<'_>) -> bool) -> Vec<Offender> {
    let (ours, theirs) = (Shapes::of(synthetic), Shapes::of(real));
    let side = if toward == Toward::Synthetic { &ours } else { &theirs };
    let excess = |offender: &Offender| {
        let excess = offender.found - offender.expected.unwrap_or(0.0);
        if toward == Toward::Synthetic { excess } else { -excess }
    };
    let shapes = side.seen.iter().filter(|(_, (trace, _))| wanted(*trace));
    let mut offenders: Vec<Offender> = shapes
        .map(|(signature, (trace, _))| Offender {
            name: side.name(*trace),
            found: ours.share(signature),
            expected: Some(theirs.share(signature)),
        })
        .filter(|offender| excess(offender) > 0.0)
        .collect();
    offenders.sort_by(|a, b| excess(b).total_cmp(&excess(a)).then_with(|| a.name.cmp(&b.name)));
    offenders
}

/// The shapes of a corpus: a trace with each, and how many have it.
struct Shapes<'a> {
    corpus: &'a Corpus,
    seen: HashMap<Signature, (TraceRef<'a>, usize)>,
}

impl<'a> Shapes<'a> {
    fn of(corpus: &'a Corpus) -> Self {
        let mut seen: HashMap<Signature, (TraceRef<'a>, usize)> = HashMap::new();
        // Traces with the same labels and calls may have other roots.
        let key = |trace: &TraceRef<'a>| (trace.id, trace.services[0], trace.operations[0]);
        for trace in corpus.traces() {
            let (first, traces) = seen.entry(Signature::of(trace)).or_insert((trace, 0));
            *first = if key(&trace) < key(first) { trace } else { *first };
            *traces += 1;
        }
        Self { corpus, seen }
    }

    fn share(&self, signature: &Signature) -> f64 {
        self.seen.get(signature).map_or(0.0, |(_, traces)| *traces as f64 / self.corpus.len() as f64)
    }

    /// The root stands first in a trace.
    fn name(&self, trace: TraceRef<'_>) -> String {
        let root = label_name(self.corpus, (trace.services[0], trace.operations[0]));
        let spans = trace.span_count();
        format!("share of {spans} {} from {root} as in trace {}:", if spans == 1 { "span" } else { "spans" }, trace.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{copies, corpus};
    use crate::gate::check::Status;

    /// Three of the four traces have a shape of their own, one repeats the first.
    fn varied() -> Corpus {
        corpus(&[(&[(0, 0, 1.0)], &[]), (&[(0, 0, 2.0)], &[]), (&[(0, 1, 1.0)], &[]), (&[(0, 2, 1.0), (1, 1, 1.0)], &[(0, 1)])])
    }

    #[test]
    fn a_shape_that_is_repeated_too_often_is_named_with_its_shares() {
        // Distinct: 3 of 4 real traces and 1 of 4 synthetic ones.
        let check = uniqueness(&varied(), &copies(4, &[(0, 0, 1.0)], &[]), &Limits::default(), 0);
        assert_eq!((check.value, &check.status), (Some(1.0 / 3.0), &Status::Failed));
        let named: Vec<String> = check.offenders.iter().map(ToString::to_string).collect();
        assert_eq!(
            named,
            ["share of distinct records 0.2500 instead of 0.7500", "share of 1 span from a/p as in trace : 1 instead of 0.5000"]
        );
    }

    #[test]
    fn too_much_variety_is_blamed_on_what_is_not_repeated() {
        let check = uniqueness(&copies(4, &[(0, 0, 1.0)], &[]), &varied(), &Limits::default(), 0);
        assert_eq!((check.value, check.offenders[1].found, check.offenders[1].expected), (Some(1.0 / 3.0), 0.5, Some(1.0)));
        let same = uniqueness(&varied(), &varied(), &Limits::default(), 0);
        assert_eq!((same.value, same.offenders.len()), (Some(1.0), 1));
    }

    #[test]
    fn only_wanted_shapes_are_listed() {
        let offenders = more_common(&varied(), &copies(1, &[(2, 3, 1.0)], &[]), Toward::Synthetic, |trace| trace.span_count() == 2);
        assert_eq!(
            offenders.iter().map(|offender| offender.name.as_str()).collect::<Vec<_>>(),
            ["share of 2 spans from a/r as in trace :"]
        );
    }
}
