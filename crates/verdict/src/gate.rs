//! The quality gate: may this synthetic data set be used? Checks M1–M10 with thresholds from a file.

mod check;
mod divergence;
mod faults;
mod limits;
mod private;
mod report;
mod shapes;

use std::collections::BTreeMap;

use serde::Serialize;
use tracesmith_evaluate::{EvaluationError, require_comparable};
use tracesmith_trace::{Corpus, Shape};

use crate::drift::drift;
use crate::error::VerdictError;
use crate::thresholds::Thresholds;
use tracesmith_evaluate::fidelity::{StructuralFidelity, structural_fidelity};
use tracesmith_evaluate::sampling::{canonical_order, choose};
use tracesmith_evaluate::statistics::share;

pub use check::{Check, Direction, Offender, Status};
pub use limits::Limits;
pub use report::GateReport;

use check::Question;

/// What the gate judges. The corpora must have the same vocabularies ([`Corpus::aligned`]).
#[derive(Debug, Clone)]
pub struct GateInput<'a> {
    /// Real traces that the generator was not fitted on.
    pub real: &'a Corpus,
    /// The synthetic traces.
    pub synthetic: &'a Corpus,
    /// Real traces that it was fitted on: for the ceiling, privacy and drift.
    pub train: Option<&'a Corpus>,
    /// What reading the synthetic file found, if it left traces out; the traces of `synthetic` otherwise.
    pub integrity: Option<Integrity>,
    /// How long generating the synthetic traces took.
    pub seconds_to_generate: Option<f64>,
    /// Who tried to read the synthetic traces.
    pub consumers: Vec<Consumer>,
}

/// How many traces of an export are traces.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Integrity {
    /// All traces.
    pub traces: usize,
    /// One rooted, acyclic graph in which every parent id resolves.
    pub valid: usize,
    /// How many have which defect.
    pub defects: BTreeMap<String, usize>,
}

/// A reader of the export and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Consumer {
    /// What reads, e.g. `jaeger-json`.
    pub name: String,
    /// Why it could not, or what it did not find.
    pub failure: Option<String>,
}

/// Judges synthetic traces. Equal seeds give equal reports whatever the order of the traces.
///
/// # Errors
/// An empty corpus, different vocabularies, or a required check that does not exist.
pub fn gate(input: &GateInput<'_>, config: &Thresholds, seed: u64) -> Result<GateReport, VerdictError> {
    let GateInput { real, synthetic, train, .. } = *input;
    require_comparable([("real", real), ("synthetic", synthetic)])?;
    let limits = &config.gate;
    // As many training traces in the place of the synthetic ones: what a perfect generator reaches.
    let sample = train.map(|train| train.select(&choose(&canonical_order(train), synthetic.len(), seed, "ceiling")));
    let mut checks = vec![fidelity(real, synthetic, sample.as_ref(), limits, seed)?];
    checks.extend(divergence::checks(real, synthetic, sample.as_ref(), limits));
    checks.push(integrity(input.integrity.clone().unwrap_or_else(|| Integrity::of(synthetic)), limits));
    checks.push(shapes::uniqueness(real, synthetic, limits, seed));
    checks.extend(private::checks(real, synthetic, train, limits, seed)?);
    checks.push(throughput(synthetic, input.seconds_to_generate, limits));
    checks.extend(faults::checks(real, synthetic, limits)?);
    checks.push(drifted(real, train, config, seed)?);
    let readable = readable(&input.consumers, limits);
    GateReport::of(checks, readable, limits)
}

/// M1.
fn fidelity(real: &Corpus, synthetic: &Corpus, sample: Option<&Corpus>, limits: &Limits, seed: u64) -> Result<Check, EvaluationError> {
    let ours = structural_fidelity(real, synthetic, seed)?;
    let Some(sample) = sample else {
        let question = Question::at_least("M1", "overall fidelity", limits.min_fidelity);
        return Ok(question.measured(ours.overall, worst_members(&ours, None)));
    };
    let ceiling = structural_fidelity(real, sample, seed)?;
    // Of two overall scores of 0, the synthetic traces are as good as it gets.
    let of_ceiling = if ceiling.overall > 0.0 { ours.overall / ceiling.overall } else { 1.0 };
    let question = Question::at_least("M1", "overall fidelity over its ceiling", limits.min_fidelity_ratio);
    Ok(question.measured(of_ceiling, worst_members(&ours, Some(&ceiling))))
}

/// The members farthest below their ceiling.
fn worst_members(ours: &StructuralFidelity, ceiling: Option<&StructuralFidelity>) -> Vec<Offender> {
    let members = |of: &StructuralFidelity| -> Vec<(String, f64)> {
        let groups = of.groups.iter();
        groups.flat_map(|group| group.members.iter().map(|member| (format!("{}.{}", group.name, member.name), member.value))).collect()
    };
    let ceilings: BTreeMap<String, f64> = ceiling.map(members).into_iter().flatten().collect();
    let mut offenders: Vec<Offender> =
        members(ours).into_iter().map(|(name, found)| Offender { expected: ceilings.get(&name).copied(), name, found }).collect();
    let gap = |offender: &Offender| offender.expected.unwrap_or(1.0) - offender.found;
    offenders.retain(|offender| gap(offender) > 0.0);
    offenders.sort_by(|a, b| gap(b).total_cmp(&gap(a)));
    offenders
}

impl Integrity {
    /// Integrity of traces that are in a corpus, which can hold forests but no cycles and no missing parents.
    pub fn of(corpus: &Corpus) -> Self {
        let shapes: Vec<Shape> = corpus.traces().map(Shape::of).collect();
        let several_roots = shapes.iter().filter(|shape| shape.roots > 1).count();
        Self {
            traces: shapes.len(),
            valid: shapes.iter().filter(|shape| shape.is_valid()).count(),
            defects: BTreeMap::from([("several roots".to_owned(), several_roots)]),
        }
    }
}

/// M3.
fn integrity(found: Integrity, limits: &Limits) -> Check {
    let mut defects: Vec<_> = found.defects.into_iter().filter(|&(_, traces)| traces > 0).collect();
    defects.sort_by_key(|&(_, traces)| std::cmp::Reverse(traces));
    let offenders =
        defects.into_iter().map(|(name, traces)| Offender { name: format!("traces with {name}:"), found: traces as f64, expected: None });
    Question::at_least("M3", "share of valid traces", limits.min_valid_share)
        .measured(share(found.valid, found.traces, 0.0), offenders.collect())
}

/// M6.
fn throughput(synthetic: &Corpus, seconds: Option<f64>, limits: &Limits) -> Check {
    let question = Question::at_least("M6", "generated traces a second", limits.min_traces_per_second);
    match seconds.filter(|seconds| seconds.is_finite() && *seconds > 0.0) {
        Some(seconds) => {
            let expected = (limits.min_traces_per_second > 0.0).then(|| synthetic.len() as f64 / limits.min_traces_per_second);
            let offender = Offender { name: format!("seconds for {} traces:", synthetic.len()), found: seconds, expected };
            question.measured(synthetic.len() as f64 / seconds, vec![offender])
        }
        None => question.not_measured("it needs the time that generating took: --seconds-to-generate"),
    }
}

/// M8.
fn drifted(real: &Corpus, train: Option<&Corpus>, config: &Thresholds, seed: u64) -> Result<Check, EvaluationError> {
    let question = Question::at_most("M8", "drifted share between training and real traces", config.gate.max_drifted_share);
    let Some(train) = train else { return Ok(question.not_measured("it needs the training traces: --train")) };
    let report = drift(train, real, &config.drift, seed)?;
    let offenders = report.changes.iter().filter(|change| change.drifted).map(|change| Offender {
        name: change.name(),
        found: change.effect,
        expected: None,
    });
    Ok(question.measured(report.drifted_share(), offenders.collect()))
}

/// M10.
fn readable(consumers: &[Consumer], limits: &Limits) -> Check {
    let question = Question::at_least("M10", "share of consumers that read the export", limits.min_readable_share);
    if consumers.is_empty() {
        return question.not_measured("it needs a consumer that tries to read the export");
    }
    let failures = consumers.iter().filter_map(|consumer| Some((&consumer.name, consumer.failure.as_ref()?)));
    let offenders: Vec<Offender> =
        failures.map(|(name, failure)| Offender { name: format!("{name} ({failure})"), found: 0.0, expected: Some(1.0) }).collect();
    question.measured(share(consumers.len() - offenders.len(), consumers.len(), 0.0), offenders)
}

#[cfg(test)]
mod tests;
