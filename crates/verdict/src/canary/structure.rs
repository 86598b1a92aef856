//! Which operations and calls does the canary have that the control has not, and the other way round?

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use tracesmith_trace::{Corpus, TraceRef, edge_labels, span_labels};

use super::config::CanaryConfig;
use super::reason::{Reason, Verdict};
use crate::figure::figure;
use crate::shift::{Shift, shape_shift};
use tracesmith_evaluate::significance::{Rate, benjamini_hochberg, compare_rates};
use tracesmith_trace::operations::{call_name, label_name};

/// An operation or a call that one side alone has.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Presence {
    /// `service/operation`, or two of them with an arrow.
    pub name: String,
    /// Traces of the control that have it.
    pub control: Rate,
    /// Traces of the canary that have it.
    pub canary: Rate,
    /// Probability that the other side lacks it by chance, adjusted for the number of operations and calls listed.
    pub probability: f64,
}

/// How the traces of the canary are built differently.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StructureChange {
    /// Operations and calls of the canary alone.
    pub appeared: Vec<Presence>,
    /// Operations and calls of the control alone.
    pub vanished: Vec<Presence>,
    /// The mix of shapes.
    pub shapes: Shift,
}

pub(super) fn change(control: &Corpus, canary: &Corpus, seed: u64) -> StructureChange {
    let mut lone = lone(control, canary, span_labels, |&label| label_name(control, label));
    lone.extend(self::lone(control, canary, edge_labels, |&call| call_name(control, call)));
    let adjusted = benjamini_hochberg(&lone.iter().map(|presence| presence.probability).collect::<Vec<_>>());
    lone.iter_mut().zip(adjusted).for_each(|(presence, probability)| presence.probability = probability);
    let (appeared, vanished) = lone.into_iter().partition(|presence| presence.control.events == 0);
    StructureChange { appeared, vanished, shapes: shape_shift(control, canary, seed) }
}

/// What only one side has.
fn lone<'a, K: Ord, I: Iterator<Item = K>>(
    control: &'a Corpus,
    canary: &'a Corpus,
    parts: impl Fn(TraceRef<'a>) -> I,
    name: impl Fn(&K) -> String,
) -> Vec<Presence> {
    let traces_with = |corpus: &'a Corpus| {
        let mut traces: BTreeMap<K, u64> = BTreeMap::new();
        for trace in corpus.traces() {
            parts(trace).collect::<BTreeSet<K>>().into_iter().for_each(|part| *traces.entry(part).or_default() += 1);
        }
        traces
    };
    let (before, after) = (traces_with(control), traces_with(canary));
    let sides = |part: &K| {
        let rate = |traces: &BTreeMap<K, u64>, corpus: &Corpus| Rate {
            events: traces.get(part).copied().unwrap_or(0),
            total: corpus.len() as u64,
        };
        (rate(&before, control), rate(&after, canary))
    };
    let parts = before.keys().filter(|part| !after.contains_key(part)).chain(after.keys().filter(|part| !before.contains_key(part)));
    parts
        .map(|part| {
            let (control, canary) = sides(part);
            Presence { name: name(part), control, canary, probability: compare_rates(control, canary).two_sided }
        })
        .collect()
}

impl StructureChange {
    /// What appeared or vanished by no chance, and another mix of shapes, hold a canary: it may be meant.
    pub(super) fn reasons(&self, config: &CanaryConfig) -> Vec<Reason> {
        let hold = |text: String| Reason { verdict: Verdict::Hold, text };
        let listed = |what: &'static str, presences: &[Presence], of: fn(&Presence) -> Rate| {
            let certain = presences.iter().filter(|presence| presence.probability <= config.alpha);
            certain
                .map(|presence| {
                    let Rate { events, total } = of(presence);
                    hold(format!("{what}: {} ({events} of {total} traces, p {})", presence.name, figure(presence.probability)))
                })
                .collect::<Vec<_>>()
        };
        let mut reasons = listed("appeared", &self.appeared, |presence| presence.canary);
        reasons.extend(listed("vanished", &self.vanished, |presence| presence.control));
        let Shift { distance, probability } = self.shapes;
        if distance > config.hold_shapes && probability <= config.alpha {
            let (distance, limit) = (figure(distance), figure(config.hold_shapes));
            reasons.push(hold(format!("shapes of traces: distance {distance}, must be at most {limit} (p {})", figure(probability))));
        }
        reasons
    }
}
