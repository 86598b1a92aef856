//! What the table of results holds: the metrics of `evaluate`, and those that need a fitted generator or its training.

use tracesmith_evaluate::{Family, Metric, Unit};

use crate::report::NumberFormat;
use crate::{differential_privacy, latent};

/// The families that stages of an experiment measure.
const FAMILIES: &[Family] =
    &[Family { metrics: latent::METRICS, compare: None }, Family { metrics: differential_privacy::METRICS, compare: None }];

/// All families, those of this crate last.
pub fn families() -> Vec<Family> {
    tracesmith_evaluate::families().into_iter().chain(FAMILIES.iter().copied()).collect()
}

/// The declaration of the metric with this id, e.g. `fidelity.overall` or `latent.root_asked`; `None` of one that nobody declared.
pub fn metric(id: &str) -> Option<&'static Metric> {
    all().find(|metric| metric.name_in(id).is_some())
}

/// The metrics among `ids` in the order of their declarations, those without one last.
pub(crate) fn in_order<'a>(ids: &[&'a str]) -> Vec<&'a str> {
    let all: Vec<&Metric> = all().collect();
    let rank = |id: &str| all.iter().position(|metric| metric.name_in(id).is_some()).unwrap_or(all.len());
    let mut ranked: Vec<(usize, &str)> = ids.iter().map(|&id| (rank(id), id)).collect();
    ranked.sort_by_key(|&(rank, _)| rank);
    ranked.into_iter().map(|(_, id)| id).collect()
}

/// How the values of a metric are written.
pub(crate) fn format(metric: Option<&Metric>) -> NumberFormat {
    match metric.map(|metric| metric.unit) {
        Some(Unit::Share) => NumberFormat::Percent,
        Some(Unit::Microseconds) => NumberFormat::Micros,
        Some(Unit::Count) => NumberFormat::Count,
        Some(Unit::Score) | None => NumberFormat::Ratio,
    }
}

/// Name of a metric for people.
pub(crate) fn label(id: &str) -> String {
    metric(id).map_or_else(|| id.to_owned(), |metric| metric.label_of(id))
}

fn all() -> impl Iterator<Item = &'static Metric> {
    families().into_iter().flat_map(|family| family.metrics)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_declared_once_and_has_its_place() {
        let all: Vec<&Metric> = all().collect();
        for (position, metric) in all.iter().enumerate() {
            assert!(all[..position].iter().all(|other| other.name_in(metric.id).is_none()), "{}", metric.id);
        }
        let ordered = in_order(&["nobody.declared.this", "latent.root_asked", "fidelity.overall", "fidelity.structure"]);
        assert_eq!(ordered, ["fidelity.structure", "fidelity.overall", "latent.root_asked", "nobody.declared.this"]);
        assert_eq!((label("nobody.declared.this"), format(None)), ("nobody.declared.this".to_owned(), NumberFormat::Ratio));
        assert_eq!((label("class.sn.f1"), format(metric("class.sn.f1"))), ("sn F1".to_owned(), NumberFormat::Percent));
    }
}
