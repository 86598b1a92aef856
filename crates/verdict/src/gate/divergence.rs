//! M2: how badly the synthetic traces stand for the real ones, feature by feature.

use std::collections::BTreeMap;

use tracesmith_trace::{Corpus, TraceRef, edge_labels};

use super::check::{Check, Offender, Question};
use super::limits::Limits;
use tracesmith_evaluate::statistics::counts;
use tracesmith_trace::operations::call_name;

/// How often every value of a feature occurs, by its name.
type Histogram = BTreeMap<String, u64>;

/// A feature by its name.
type Feature = (&'static str, fn(&Corpus) -> Histogram);

const FEATURES: [Feature; 6] = [
    ("service", |corpus| named(counts(corpus.span_services()), |&&id| corpus.services().name(id).to_owned())),
    ("operation", |corpus| named(counts(corpus.span_operations()), |&&id| corpus.operations().name(id).to_owned())),
    ("label_pair", |corpus| {
        let calls = corpus.traces().flat_map(|trace| edge_labels(trace).collect::<Vec<_>>());
        named(counts(calls), |&call| call_name(corpus, call))
    }),
    ("size", |corpus| of_traces(corpus, |trace| format!("{} spans", logarithmic(trace.span_count() as f64, 4.0)))),
    ("depth", |corpus| of_traces(corpus, |trace| format!("depth {}", trace.depths().into_iter().max().unwrap_or(0)))),
    ("log_duration", |corpus| {
        let octave = |&duration: &f64| (duration.ln_1p() / std::f64::consts::LN_2) as u64;
        named(counts(corpus.span_durations_us().iter().map(octave)), |octave| format!("{}–{} µs", bound(*octave), bound(octave + 1)))
    }),
];

/// One check a feature; `sample` are training traces, as many as synthetic ones.
pub(super) fn checks(real: &Corpus, synthetic: &Corpus, sample: Option<&Corpus>, limits: &Limits) -> Vec<Check> {
    let check = |(name, histogram): Feature| {
        let (expected, found) = (histogram(real), histogram(synthetic));
        let natural = sample.map_or(0.0, |sample| divergence(&expected, &histogram(sample), limits.smoothing));
        Question::at_most(&format!("M2.{name}"), "divergence (bits)", limits.max_divergence + natural)
            .measured(divergence(&expected, &found, limits.smoothing), offenders(&expected, &found, limits.smoothing))
    };
    FEATURES.into_iter().map(check).collect()
}

/// Kullback–Leibler divergence from the real to the synthetic distribution in bits, with `smoothing` added to the count of every value that
/// either side has: Σ p·log₂(p/q). 0 if neither side has any.
fn divergence(real: &Histogram, synthetic: &Histogram, smoothing: f64) -> f64 {
    terms(real, synthetic, smoothing).map(|(_, p, q)| bits(p, q)).sum::<f64>().max(0.0)
}

/// One term of the divergence; 0 where the smoothing is 0 and leaves the real side without the value, and a large number where it leaves the
/// synthetic side without it.
fn bits(p: f64, q: f64) -> f64 {
    if p == 0.0 { 0.0 } else { p * (p / q.max(f64::MIN_POSITIVE)).log2() }
}

/// The values whose shares differ most in the sense of the divergence.
fn offenders(real: &Histogram, synthetic: &Histogram, smoothing: f64) -> Vec<Offender> {
    let mut terms: Vec<_> = terms(real, synthetic, smoothing).filter(|(_, p, q)| p != q).collect();
    let weight = |p: f64, q: f64| bits(p, q).abs().max(bits(q, p).abs());
    terms.sort_by(|a, b| weight(b.1, b.2).total_cmp(&weight(a.1, a.2)));
    let part = |of: &Histogram, name: &str| {
        let total: u64 = of.values().sum();
        of.get(name).map_or(0.0, |&count| count as f64 / total as f64)
    };
    // A caller keeps a few of them.
    let worst = terms.into_iter().take(10);
    worst.map(|(name, ..)| Offender { name: name.to_owned(), found: part(synthetic, name), expected: Some(part(real, name)) }).collect()
}

/// Name and smoothed shares of every value.
fn terms<'a>(real: &'a Histogram, synthetic: &'a Histogram, smoothing: f64) -> impl Iterator<Item = (&'a str, f64, f64)> {
    let only_synthetic = synthetic.keys().filter(|name| !real.contains_key(*name));
    let names: Vec<&String> = real.keys().chain(only_synthetic).collect();
    let smoothed = move |of: &Histogram, values: usize| {
        let total = of.values().sum::<u64>() as f64 + smoothing * values as f64;
        move |count: u64| if total > 0.0 { (count as f64 + smoothing) / total } else { 0.0 }
    };
    let (p, q) = (smoothed(real, names.len()), smoothed(synthetic, names.len()));
    let count = |of: &Histogram, name: &String| of.get(name).copied().unwrap_or(0);
    names.into_iter().map(move |name| (name.as_str(), p(count(real, name)), q(count(synthetic, name))))
}

fn named<K: Ord>(counts: BTreeMap<K, u64>, name: impl Fn(&K) -> String) -> Histogram {
    counts.into_iter().map(|(key, count)| (name(&key), count)).collect()
}

fn of_traces(corpus: &Corpus, name: impl Fn(TraceRef<'_>) -> String) -> Histogram {
    counts(corpus.traces().map(name))
}

/// Lower bound of the bin of a count from 1 on, with `steps` bins an octave; small counts have a bin of their own.
fn logarithmic(count: f64, steps: f64) -> u64 {
    let bin = (count.log2() * steps).floor();
    ((bin / steps).exp2().ceil() as u64).max(1)
}

/// Lower bound of an octave of 1 + d, in µs.
fn bound(octave: u64) -> u64 {
    // Durations are finite, but an octave may be beyond the integers.
    2f64.powi(i32::try_from(octave).unwrap_or(i32::MAX)) as u64 - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{copies, corpus};

    fn histogram(counts: &[(&str, u64)]) -> Histogram {
        counts.iter().map(|&(name, count)| (name.to_owned(), count)).collect()
    }

    #[test]
    fn the_divergence_of_smoothed_shares_is_as_worked_out_by_hand() {
        // Counts (3, 0) and (0, 3) become (3.5, 0.5) and (0.5, 3.5): p = (7/8, 1/8), q = (1/8, 7/8).
        let (p, q) = (histogram(&[("a", 3)]), histogram(&[("b", 3)]));
        assert!((divergence(&p, &q, 0.5) - 0.75 * 7f64.log2()).abs() < 1e-12);
        assert_eq!(divergence(&p, &p, 0.5), 0.0);
    }

    #[test]
    fn nothing_at_all_and_no_smoothing_give_finite_numbers() {
        let (none, some) = (histogram(&[]), histogram(&[("a", 2)]));
        assert_eq!(divergence(&none, &none, 0.5), 0.0);
        for smoothing in [0.0, 0.5] {
            assert!(divergence(&none, &some, smoothing).is_finite() && divergence(&some, &none, smoothing).is_finite());
        }
        assert!(divergence(&some, &histogram(&[("b", 2)]), 0.0) > 100.0);
    }

    #[test]
    fn the_value_that_differs_most_is_named_with_its_true_shares() {
        let real = corpus(&[(&[(0, 0, 1.0), (1, 1, 1.0), (1, 2, 1.0)], &[(0, 1), (0, 2)])]);
        let synthetic = corpus(&[(&[(0, 0, 1.0), (1, 1, 1.0), (1, 1, 1.0)], &[(0, 1), (0, 2)])]);
        let checks = checks(&real, &synthetic, None, &Limits::default());
        let pairs = checks.iter().find(|check| check.id == "M2.label_pair").unwrap();
        assert_eq!(pairs.offenders.iter().map(|o| o.name.as_str()).collect::<Vec<_>>(), ["a/p → b/r", "a/p → b/q"]);
        assert_eq!((pairs.offenders[0].found, pairs.offenders[0].expected), (0.0, Some(0.5)));
        let equal: Vec<_> = checks.iter().filter(|check| check.value == Some(0.0)).map(|check| check.id.as_str()).collect();
        assert_eq!(equal, ["M2.service", "M2.size", "M2.depth", "M2.log_duration"]);
    }

    #[test]
    fn what_training_traces_diverge_by_is_allowed_on_top() {
        let (real, other) = (copies(4, &[(0, 0, 1.0)], &[]), copies(4, &[(1, 0, 1.0)], &[]));
        let limits = Limits::default();
        let with = &checks(&real, &other, Some(&other), &limits)[0];
        assert_eq!(with.threshold, with.value.unwrap() + limits.max_divergence);
    }

    #[test]
    fn bins_are_exact_for_small_counts_and_wide_for_large_ones() {
        assert_eq!([1.0, 2.0, 3.0, 4.0, 5.0, 6.0].map(|n| logarithmic(n, 4.0)), [1, 2, 3, 4, 5, 6]);
        assert_eq!(logarithmic(1000.0, 4.0), logarithmic(1020.0, 4.0));
        assert_eq!((bound(0), bound(10)), (0, 1023));
    }
}
