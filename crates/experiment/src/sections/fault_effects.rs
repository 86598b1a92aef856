//! What faults do to operations, in real traces and in those of the generators.

use std::collections::BTreeSet;

use tracesmith_evaluate::FaultSettings;
use tracesmith_evaluate::fault_effects::{Effect, FaultEffect};

use super::findings::{Findings, in_detail, in_table};
use super::metric_table::MetricTable;
use super::view::View;
use crate::anomaly::FAULT_SETTINGS;
use crate::config::Question;
use crate::outcome::FaultEffects;
use crate::report::{Block, Cell, Row, Table};

/// Operations shown of each kind of fault.
const OPERATIONS: usize = 3;

const TEXT: &str = "What a fault does to an operation is measured by Cliff's delta and by the shift of the mean log-duration, between \
    the traces inside the windows of that kind of fault and the normal ones. A generator is told whether a trace is abnormal and not by which \
    fault: what its traces of each kind have in common is one mean effect. The ceiling are real training traces in place of the synthetic ones.";

/// Tables of the effects; nothing without a fault.
pub(super) fn blocks(findings: &Findings<'_>) -> Vec<Block> {
    let summaries: Vec<Block> = findings.systems().filter_map(|system| summary(findings, system)).collect();
    if summaries.is_empty() {
        return Vec::new();
    }
    let effects: Vec<Block> = findings.systems().filter_map(|system| effects(findings, system)).collect();
    let mut blocks = vec![Block::Text(TEXT.into())];
    blocks.extend(summaries);
    blocks.extend(effects);
    blocks
}

/// How alike the effects of every kind of fault are, a group a kind.
fn summary(findings: &Findings<'_>, system: &str) -> Option<Block> {
    let view = findings.view(Question::Anomaly, system, &[""], "");
    let groups: Vec<(String, View<'_>)> =
        kinds(&view).into_iter().map(|kind| (kind.to_owned(), view.clone().only(&[&format!("faults.{kind}.")]))).collect();
    let FaultSettings { min_effect, min_traces } = FAULT_SETTINGS;
    let caption = format!(
        "Effects of faults (M7) against held-out real traces; touched: Cliff's delta of at least {min_effect} on either side, of operations \
         in at least {min_traces} traces with and without the fault on both sides, {system}"
    );
    let shows = |role| in_table(role) || in_detail(role);
    MetricTable { generators: findings.generators(), groups, shows, publication: findings.publication() }.block(caption)
}

/// Kinds of fault; a name of one may have dots.
fn kinds<'a>(view: &View<'a>) -> BTreeSet<&'a str> {
    let kind = |metric: &'a str| Some(metric.strip_prefix("faults.")?.rsplit_once('.')?.0);
    view.metrics().into_iter().filter_map(kind).collect()
}

/// The effects themselves, mean over seeds, on the operations that each kind touches most in held-out real traces.
fn effects(findings: &Findings<'_>, system: &str) -> Option<Block> {
    let of = |generator: Option<&str>| mean(&findings.outcome.visuals.fault_effects, system, generator);
    let real = of(None);
    let measured: Vec<&str> = findings.view(Question::Anomaly, system, &[""], "").measured();
    let generators: Vec<&str> = findings.generators().into_iter().filter(|generator| measured.contains(generator)).collect();
    let sides: Vec<Vec<FaultEffect>> = generators.iter().map(|generator| of(Some(generator))).chain([real.clone()]).collect();
    let strong = |effect: &&FaultEffect| effect.real.cliffs_delta.abs() >= FAULT_SETTINGS.min_effect;
    let kinds: BTreeSet<&str> = real.iter().filter(strong).map(|effect| effect.kind.as_str()).collect();
    let mut rows = Vec::new();
    for kind in kinds {
        let mut touched: Vec<&FaultEffect> = real.iter().filter(strong).filter(|effect| effect.kind == kind).collect();
        touched.sort_by(|a, b| b.real.cliffs_delta.abs().total_cmp(&a.real.cliffs_delta.abs()).then_with(|| a.operation.cmp(&b.operation)));
        rows.push(Row::Group(kind.to_owned()));
        for effect in touched.into_iter().take(OPERATIONS) {
            let same = |other: &&FaultEffect| other.kind == kind && other.operation == effect.operation;
            let cell = |side: &Vec<FaultEffect>| side.iter().find(same).map_or(Cell::Missing, |found| written(&found.synthetic));
            let first = [Cell::text(tracesmith_view::printable(&effect.operation)), written(&effect.real)];
            rows.push(Row::Plain(first.into_iter().chain(sides.iter().map(cell)).collect()));
        }
    }
    let columns = ["operation", "real (held out)"].into_iter().chain(generators.iter().copied()).chain(["ceiling"]).map(str::to_owned);
    let caption = format!(
        "Cliff's delta and factor of the geometric mean duration under a fault, mean over the seeds that have it, of the operations that it \
         touches most, {system}"
    );
    (!rows.is_empty()).then(|| Block::Table(Table { caption, columns: columns.collect(), rows }))
}

/// The mean effect over the seeds for every kind and operation, in the order in which they come.
fn mean(all: &[FaultEffects], system: &str, generator: Option<&str>) -> Vec<FaultEffect> {
    let of_seeds = all.iter().filter(|effects| effects.system == system && effects.generator.as_deref() == generator);
    let effects: Vec<&FaultEffect> = of_seeds.flat_map(|effects| &effects.effects).collect();
    let mut means: Vec<FaultEffect> = Vec::new();
    for effect in &effects {
        let same = |other: &&&FaultEffect| other.kind == effect.kind && other.operation == effect.operation;
        if means.iter().any(|known| same(&&known)) {
            continue;
        }
        let found: Vec<&&FaultEffect> = effects.iter().filter(same).collect();
        let average = |of: fn(&FaultEffect) -> f64| found.iter().map(|effect| of(effect)).sum::<f64>() / found.len() as f64;
        means.push(FaultEffect {
            real: Effect { cliffs_delta: average(|e| e.real.cliffs_delta), log_shift: average(|e| e.real.log_shift) },
            synthetic: Effect { cliffs_delta: average(|e| e.synthetic.cliffs_delta), log_shift: average(|e| e.synthetic.log_shift) },
            ..(*effect).clone()
        });
    }
    means
}

fn written(effect: &Effect) -> Cell {
    Cell::text(format!("{:+.2}, ×{:.2}", effect.cliffs_delta, effect.log_shift.exp()))
}
