//! All metrics that need nothing but two corpora, and their ceiling.

use serde::Serialize;
use tracesmith_trace::Corpus;

use crate::discriminator::{DiscriminatorReport, DiscriminatorSettings, strong_discriminator};
use crate::error::EvaluationError;
use crate::fidelity::{StructuralFidelity, structural_fidelity};
use crate::measurement::{Measure, Measurement};
use crate::privacy::{Privacy, privacy, privacy_ceiling};
use crate::registry::families;
use crate::sampling::{canonical_order, choose};
use crate::similarity::{Similarity, similarity};
use crate::validity::{Validity, validity};

/// A synthetic corpus, or a second real one, judged against a real corpus.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Structure, durations and labels.
    pub fidelity: StructuralFidelity,
    /// Could the traces have been recorded?
    pub validity: Validity,
    /// RQ4.
    pub similarity: Similarity,
    /// Boosted trees on whole traces, with what gives the synthetic ones away.
    pub discriminator: DiscriminatorReport,
    /// What the other families measure that say how ([`crate::Family::compare`]).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub further: Vec<Measurement>,
}

/// A comparison beside the same comparison of two disjoint real samples.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Judgement {
    /// Held-out real traces against synthetic ones.
    pub ours: Comparison,
    /// Held-out real traces against as many training traces as there are synthetic ones (or all of them, if there are fewer).
    pub ceiling: Comparison,
    /// What the synthetic traces tell about the training traces.
    pub privacy: Privacy,
    /// The same attacks on held-out traces in place of synthetic ones; `None` if there are too few.
    pub privacy_ceiling: Option<Privacy>,
}

impl Judgement {
    /// The measurements of the synthetic traces, and those of real traces in their place.
    pub fn sides(&self) -> [Vec<Measurement>; 2] {
        let of = |comparison: &Comparison, privacy: Option<&Privacy>| {
            [comparison.measurements(), privacy.map(Privacy::measurements).unwrap_or_default()].concat()
        };
        [of(&self.ours, Some(&self.privacy)), of(&self.ceiling, self.privacy_ceiling.as_ref())]
    }
}

/// Compares `synthetic` with `real`; corpora with different vocabularies are aligned first. Equal seeds give equal results on any number of
/// threads, whatever the order of the traces.
///
/// # Errors
/// An empty corpus, or a numerical method that gives up.
pub fn compare(real: &Corpus, synthetic: &Corpus, seed: u64) -> Result<Comparison, EvaluationError> {
    if real.services() != synthetic.services() || real.operations() != synthetic.operations() {
        let (real, synthetic) = real.aligned(synthetic);
        return compare(&real, &synthetic, seed);
    }
    let further = families().into_iter().filter_map(|family| family.compare);
    Ok(Comparison {
        fidelity: structural_fidelity(real, synthetic, seed)?,
        validity: validity(real, synthetic)?,
        similarity: similarity(real, synthetic, seed)?,
        discriminator: strong_discriminator(real, synthetic, &DiscriminatorSettings::default(), seed)?,
        further: further.map(|measure| measure(real, synthetic, seed)).collect::<Result<Vec<_>, _>>()?.concat(),
    })
}

/// What a perfect generator would reach with `traces` traces: held-out traces against that many training traces.
///
/// # Errors
/// As [`compare`].
pub fn ceiling(training: &Corpus, held_out: &Corpus, traces: usize, seed: u64) -> Result<Comparison, EvaluationError> {
    let sample = choose(&canonical_order(training), traces, seed, "ceiling");
    compare(held_out, &training.select(&sample), seed)
}

/// [`compare`] and [`privacy`] with their [`ceiling`]s.
///
/// # Errors
/// As [`compare`]; the training corpus must have the vocabularies of the others.
pub fn judge(training: &Corpus, held_out: &Corpus, synthetic: &Corpus, seed: u64) -> Result<Judgement, EvaluationError> {
    Ok(Judgement {
        ours: compare(held_out, synthetic, seed)?,
        ceiling: ceiling(training, held_out, synthetic.len(), seed)?,
        privacy: privacy(training, held_out, synthetic, seed)?,
        privacy_ceiling: privacy_ceiling(training, held_out, seed)?,
    })
}

impl Measure for Comparison {
    fn measurements(&self) -> Vec<Measurement> {
        let parts: [&dyn Measure; 4] = [&self.fidelity, &self.validity, &self.similarity, &self.discriminator];
        parts.into_iter().flat_map(Measure::measurements).chain(self.further.iter().cloned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{copies, corpus, random_corpus};
    use crate::measurement::flat;

    #[test]
    fn the_ceiling_compares_as_many_training_traces_as_there_are_synthetic_ones() {
        let (training, held_out, synthetic) = (random_corpus(1, 40), random_corpus(2, 15), random_corpus(3, 10));
        let judgement = judge(&training, &held_out, &synthetic, 4).unwrap();
        assert_eq!(judgement.ours, compare(&held_out, &synthetic, 4).unwrap());
        assert_eq!((judgement.ceiling.validity.counts.traces, judgement.ours.validity.counts.traces), (10, 10));
        let [ours, ceiling] = judgement.sides().map(|side| flat(&side).into_iter().collect::<std::collections::BTreeMap<_, _>>());
        assert_eq!(ours["discriminator.auc"], judgement.ours.discriminator.auc);
        assert_eq!(ours["privacy.membership_auc"], judgement.privacy.membership.auc.value);
        // Fifteen held-out traces are too few to attack one half of them.
        assert!(!ceiling.contains_key("privacy.membership_auc") && ceiling.contains_key("discriminator.high"));
    }

    #[test]
    fn corpora_with_other_vocabularies_are_aligned() {
        let real = random_corpus(1, 10);
        let wider = real.services().union(&tracesmith_trace::Vocabulary::new(["a first name"]));
        let renumbered = real.with_vocabularies(&wider, real.operations()).unwrap();
        let comparison = compare(&real, &renumbered, 0).unwrap();
        assert_eq!(comparison.fidelity.overall, 1.0);
    }

    #[test]
    fn one_thread_and_three_give_the_same_numbers() {
        let (real, synthetic) = (random_corpus(1, 80), random_corpus(2, 70));
        let run = |threads| {
            rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| compare(&real, &synthetic, 9).unwrap())
        };
        assert_eq!(run(1), run(3));
    }

    #[test]
    fn constant_durations_and_no_edges_give_finite_numbers() {
        let flat = copies(4, &[(0, 0, 5.0)], &[]);
        let comparison = compare(&flat, &flat, 0).unwrap();
        assert!(comparison.measurements().iter().all(|found| found.value.is_finite()));
        assert_eq!(comparison.fidelity.overall, 1.0);
        assert!(matches!(compare(&flat, &corpus(&[]), 0), Err(EvaluationError::EmptyCorpus { .. })));
    }
}
