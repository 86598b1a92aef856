//! M7: does a fault slow the same operations down, by as much, in synthetic traces as in real ones?
//!
//! The observations are the mean durations that an operation has in the traces of the windows of one kind of fault, against those of the
//! traces outside of all windows. Traces without a label take no part.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use tracesmith_trace::{Corpus, Label, SpanLabel};

use crate::error::{EvaluationError, require_comparable};
use crate::measurement::{Measure, Measurement};
use crate::metric::{Metric, Role, Unit};
use crate::significance::mann_whitney;
use crate::statistics::share;
use tracesmith_trace::operations::{label_name, mean_durations};
use tracesmith_trace::statistics::mean;

/// What [`fault_fidelity`] measures of every kind of fault.
pub const METRICS: &[Metric] = &[
    Metric::description("faults.*.synthetic_traces", "traces under it").unit(Unit::Count).role(Role::Table),
    Metric::description("faults.*.touched", "operations touched on either side").unit(Unit::Count).role(Role::Table),
    Metric::new("faults.*.difference", "|real − synthetic| of Cliff's delta, mean").lower(),
    Metric::new("faults.*.log_shift_difference", "|real − synthetic| of the log-shift, mean").lower(),
    Metric::new("faults.*.same_direction", "operations that react in the same direction").share(),
    Metric::description("faults.*.real_traces", "real traces under it").unit(Unit::Count),
    Metric::description("faults.*.compared", "operations that enough traces have on both sides").unit(Unit::Count),
];

/// What a fault does to the durations of an operation; 0 if nothing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Effect {
    /// Cliff's delta of the durations inside against those outside, in −1–1. As only ranks count, it is that of log-durations too.
    pub cliffs_delta: f64,
    /// Mean of ln(1 + µs) inside minus that outside: near ln(f) if the fault makes the operation f times slower. Unlike the delta it tells a
    /// fault that doubles every duration from one that makes it a hundred times longer.
    pub log_shift: f64,
}

/// Effect of a kind of fault on an operation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FaultEffect {
    /// Kind of fault.
    pub kind: String,
    /// `service/operation`.
    pub operation: String,
    /// Effect in the real traces.
    pub real: Effect,
    /// Effect in the synthetic traces.
    pub synthetic: Effect,
}

impl FaultEffect {
    /// |real − synthetic| of Cliff's delta, in 0–2.
    pub fn difference(&self) -> f64 {
        (self.real.cliffs_delta - self.synthetic.cliffs_delta).abs()
    }

    /// Whether Cliff's delta is at least `min_effect` on either side.
    pub fn is_touched(&self, min_effect: f64) -> bool {
        self.real.cliffs_delta.abs().max(self.synthetic.cliffs_delta.abs()) >= min_effect
    }
}

/// Which operations are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FaultSettings {
    /// Traces with the operation that are needed inside and outside of the windows on both sides; 1 at least.
    pub min_traces: usize,
    /// Cliff's delta, on either side, from which an operation counts as touched.
    pub min_effect: f64,
}

/// How alike the effects of one kind of fault are.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KindFidelity {
    /// Kind of fault.
    pub kind: String,
    /// Real traces inside of its windows.
    pub real_traces: usize,
    /// Synthetic traces inside of its windows.
    pub synthetic_traces: usize,
    /// Operations that enough traces have on both sides.
    pub compared: usize,
    /// How alike the operations are that the fault touches; `None` if it touches none of those that are compared.
    pub touched: Option<TouchedOperations>,
    /// The effects on all operations that are compared, the largest difference first.
    pub effects: Vec<FaultEffect>,
}

/// The operations that a kind of fault touches on either side.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TouchedOperations {
    /// How many there are.
    pub operations: usize,
    /// Mean |real − synthetic| of Cliff's delta, in 0–2; 0 = the same effects.
    pub difference: f64,
    /// Mean |real − synthetic| of the log-shift.
    pub log_shift_difference: f64,
    /// Share of them whose effect has the same sign on both sides.
    pub same_direction: f64,
}

/// How alike the effects of faults are, by kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FaultFidelity {
    /// Every kind that either side has, in alphabetical order.
    pub kinds: Vec<KindFidelity>,
}

/// Compares what every kind of fault does to the durations of every operation. Swapping the sides changes no figure.
///
/// # Errors
/// An empty corpus, or different vocabularies.
pub fn fault_fidelity(real: &Corpus, synthetic: &Corpus, settings: &FaultSettings) -> Result<FaultFidelity, EvaluationError> {
    require_comparable([("real", real), ("synthetic", synthetic)])?;
    let (of_real, of_synthetic) = (Durations::of(real), Durations::of(synthetic));
    let kinds: BTreeSet<&String> = of_real.abnormal.keys().chain(of_synthetic.abnormal.keys()).collect();
    let fidelity = |kind: &String| {
        let mut effects = effects_of(kind, &of_real, &of_synthetic, settings.min_traces.max(1), real);
        effects.sort_by(|a, b| b.difference().total_cmp(&a.difference()));
        let traces = |side: &Durations| side.abnormal.get(kind).map_or(0, |windows| windows.traces);
        let touched: Vec<&FaultEffect> = effects.iter().filter(|effect| effect.is_touched(settings.min_effect)).collect();
        KindFidelity {
            kind: kind.clone(),
            real_traces: traces(&of_real),
            synthetic_traces: traces(&of_synthetic),
            compared: effects.len(),
            touched: touched_operations(&touched),
            effects,
        }
    };
    Ok(FaultFidelity { kinds: kinds.into_iter().map(fidelity).collect() })
}

fn effects_of(kind: &str, real: &Durations, synthetic: &Durations, min_traces: usize, names: &Corpus) -> Vec<FaultEffect> {
    let Some(windows) = real.abnormal.get(kind) else { return Vec::new() };
    let effect = |&label: &SpanLabel| {
        let (in_real, in_synthetic) = (real.effect(kind, label, min_traces)?, synthetic.effect(kind, label, min_traces)?);
        Some(FaultEffect { kind: kind.to_owned(), operation: label_name(names, label), real: in_real, synthetic: in_synthetic })
    };
    windows.means_us.keys().filter_map(effect).collect()
}

fn touched_operations(touched: &[&FaultEffect]) -> Option<TouchedOperations> {
    let mean_of = |value: fn(&FaultEffect) -> f64| mean(&touched.iter().map(|effect| value(effect)).collect::<Vec<_>>());
    let same = touched.iter().filter(|effect| effect.real.cliffs_delta * effect.synthetic.cliffs_delta > 0.0).count();
    Some(TouchedOperations {
        operations: touched.len(),
        difference: mean_of(FaultEffect::difference)?,
        log_shift_difference: mean_of(|effect| (effect.real.log_shift - effect.synthetic.log_shift).abs())?,
        same_direction: share(same, touched.len(), 0.0),
    })
}

/// The traces outside of all windows, and those inside of the windows of each kind of fault.
#[derive(Default)]
struct Durations {
    normal: Windows,
    abnormal: BTreeMap<String, Windows>,
}

#[derive(Default)]
struct Windows {
    traces: usize,
    /// [`mean_durations`] of the traces that have the operation.
    means_us: BTreeMap<SpanLabel, Vec<f64>>,
}

impl Durations {
    fn of(corpus: &Corpus) -> Self {
        let mut durations = Self::default();
        for trace in corpus.traces() {
            let windows = match trace.label {
                Label::Unknown => continue,
                Label::Normal => &mut durations.normal,
                Label::Abnormal(fault) => durations.abnormal.entry(fault.kind.clone()).or_default(),
            };
            windows.traces += 1;
            for (label, mean_us) in mean_durations(trace) {
                windows.means_us.entry(label).or_default().push(mean_us);
            }
        }
        // Sums in another order differ in their last digits.
        let windows = [&mut durations.normal].into_iter().chain(durations.abnormal.values_mut());
        windows.flat_map(|windows| windows.means_us.values_mut()).for_each(|means| means.sort_unstable_by(f64::total_cmp));
        durations
    }

    fn effect(&self, kind: &str, label: SpanLabel, min_traces: usize) -> Option<Effect> {
        let enough = |means: &&Vec<f64>| means.len() >= min_traces;
        let outside = self.normal.means_us.get(&label).filter(enough)?;
        let inside = self.abnormal.get(kind)?.means_us.get(&label).filter(enough)?;
        let mean_log = |means: &[f64]| mean(&means.iter().map(|mean_us| mean_us.ln_1p()).collect::<Vec<_>>());
        let cliffs_delta = mann_whitney(outside, inside)?.cliffs_delta;
        Some(Effect { cliffs_delta, log_shift: mean_log(inside)? - mean_log(outside)? })
    }
}

impl Measure for FaultFidelity {
    fn measurements(&self) -> Vec<Measurement> {
        let of_kind = |kind: &KindFidelity| {
            let measured = |name: &str, value: f64| Measurement::new(format!("faults.{}.{name}", kind.kind), value);
            let mut found = vec![
                measured("real_traces", kind.real_traces as f64),
                measured("synthetic_traces", kind.synthetic_traces as f64),
                measured("compared", kind.compared as f64),
            ];
            if let Some(touched) = &kind.touched {
                found.push(measured("touched", touched.operations as f64));
                found.push(measured("difference", touched.difference).of(touched.operations));
                found.push(measured("log_shift_difference", touched.log_shift_difference).of(touched.operations));
                found.push(measured("same_direction", touched.same_direction).of(touched.operations));
            }
            found
        };
        self.kinds.iter().flat_map(of_kind).collect()
    }
}

#[cfg(test)]
mod tests;
