//! The metrics of an experiment: those of `evaluate`, and those that a stage here measures.

use tracesmith_evaluate::{Family, Metric};

use crate::{differential_privacy, latent};

/// The families that stages measure.
const FAMILIES: &[Family] =
    &[Family { metrics: latent::METRICS, compare: None }, Family { metrics: differential_privacy::METRICS, compare: None }];

/// All families, those of this crate last.
pub fn families() -> Vec<Family> {
    tracesmith_evaluate::families().into_iter().chain(FAMILIES.iter().copied()).collect()
}

/// The declaration of the metric with this id, e.g. `fidelity.overall` or `latent.root_asked`.
pub fn metric(id: &str) -> Option<&'static Metric> {
    families().into_iter().flat_map(|family| family.metrics).find(|metric| metric.name_in(id).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_is_declared_once() {
        let all: Vec<&Metric> = families().into_iter().flat_map(|family| family.metrics).collect();
        for (position, metric) in all.iter().enumerate() {
            assert!(all[..position].iter().all(|other| other.name_in(metric.id).is_none()), "{}", metric.id);
        }
        assert_eq!(metric("latent.root_asked").map(|metric| metric.label), Some("traces with the root that was asked for"));
    }
}
