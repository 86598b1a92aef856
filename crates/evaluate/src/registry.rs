//! All metrics there are, family by family. A new family is one file and one line here.

use std::sync::{PoisonError, RwLock};

use crate::error::EvaluationError;
use crate::family::Family;
use crate::metric::Metric;
use crate::{discriminator, fault_effects, fidelity, memorisation, privacy, reconstruction, similarity, utility, validity};

/// The families of this crate.
pub(crate) const FAMILIES: &[Family] = &[
    only_declared(fidelity::METRICS),
    only_declared(validity::METRICS),
    only_declared(discriminator::METRICS),
    only_declared(similarity::METRICS),
    only_declared(memorisation::METRICS),
    only_declared(privacy::METRICS),
    only_declared(reconstruction::METRICS),
    only_declared(utility::METRICS),
    only_declared(fault_effects::METRICS),
];

/// A family that [`crate::compare`] measures by itself, or that needs more than two corpora.
const fn only_declared(metrics: &'static [Metric]) -> Family {
    Family { metrics, compare: None }
}

/// The families that others registered.
static REGISTERED: RwLock<Vec<Family>> = RwLock::new(Vec::new());

/// All families: those of this crate, then those registered, in that order.
pub fn families() -> Vec<Family> {
    let registered = REGISTERED.read().unwrap_or_else(PoisonError::into_inner);
    FAMILIES.iter().chain(registered.iter()).copied().collect()
}

/// The declaration of the metric with this id, e.g. `fidelity.overall` or `class.sn.f1`.
pub fn metric(id: &str) -> Option<&'static Metric> {
    families().into_iter().flat_map(|family| family.metrics).find(|metric| metric.name_in(id).is_some())
}

/// Adds a family for as long as the program runs. Its metrics appear wherever those of this crate do, and [`crate::compare`] measures them if
/// the family says how.
///
/// # Errors
/// [`EvaluationError::DeclaredTwice`] if a metric with one of the ids is there; nothing is added then.
pub fn register(family: Family) -> Result<(), EvaluationError> {
    let mut registered = REGISTERED.write().unwrap_or_else(PoisonError::into_inner);
    let known = || FAMILIES.iter().chain(registered.iter()).flat_map(|family| family.metrics);
    for (position, new) in family.metrics.iter().enumerate() {
        let taken = |other: &Metric| other.name_in(new.id).is_some() || new.name_in(other.id).is_some();
        if known().chain(&family.metrics[..position]).any(taken) {
            return Err(EvaluationError::DeclaredTwice { metric: new.id });
        }
    }
    registered.push(family);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_is_declared_once_and_every_ceiling_is_a_metric() {
        let all: Vec<&Metric> = FAMILIES.iter().flat_map(|family| family.metrics).collect();
        for (position, metric) in all.iter().enumerate() {
            let taken = |other: &&&Metric| other.name_in(metric.id).is_some() || metric.name_in(other.id).is_some();
            assert_eq!(all[..position].iter().find(taken), None, "{}", metric.id);
            if let crate::metric::Ceiling::Metric(id) = metric.ceiling {
                assert!(all.iter().any(|other| other.id == id), "{}: {id}", metric.id);
            }
            assert!(!metric.label.is_empty() && metric.id.contains('*') >= metric.label.contains('*'), "{}", metric.id);
        }
    }

    #[test]
    fn a_family_is_registered_once() {
        const METRICS: &[Metric] = &[Metric::new("registry_test.one", "one"), Metric::new("registry_test.*.two", "two of *")];
        const TWICE: &[Metric] = &[Metric::new("registry_test.three", "3"), Metric::new("registry_test.three", "3")];
        const KNOWN: &[Metric] = &[Metric::new("fidelity.overall", "mine")];
        register(Family { metrics: METRICS, compare: None }).unwrap();
        assert_eq!(metric("registry_test.a.two").map(|metric| metric.label_of("registry_test.a.two")), Some("two of a".to_owned()));
        let refused = register(Family { metrics: &METRICS[..1], compare: None }).unwrap_err();
        assert_eq!(refused, EvaluationError::DeclaredTwice { metric: "registry_test.one" });
        assert!(register(Family { metrics: TWICE, compare: None }).is_err() && metric("registry_test.three").is_none());
        assert!(register(Family { metrics: KNOWN, compare: None }).is_err());
        assert_eq!(metric("fidelity.overall").map(|metric| metric.label), Some("overall"));
        assert_eq!(metric("no.such.metric"), None);
    }
}
