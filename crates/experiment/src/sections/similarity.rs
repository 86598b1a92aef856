//! RQ4: similarity, separability, validity, memorisation and privacy.

use tracesmith_evaluate::Role;

use super::figures::{distributions, projections};
use super::findings::{Findings, in_detail, in_table};
use super::metric_table::{MetricTable, notes};
use super::view::View;
use super::{tell_tales, traces};
use crate::report::{Block, Section};
use crate::results;

const TEXT: &str = "Synthetic against held-out real traces. The ceiling is a sample of the real training traces in place of the \
    synthetic ones; of duplicates it is how often held-out real traces repeat a training signature. Fidelity scores are similarities, \
    1 = identical. The intervals of an AUC (DeLong) are about the draw of the traces, and not about the chance of training.";

/// The section; nothing if nothing was compared.
pub(super) fn section(findings: &Findings<'_>) -> Option<Section> {
    let groups: Vec<(String, View<'_>)> = findings.systems().map(|system| (system.to_owned(), findings.similarity(system))).collect();
    let table = |shows: fn(Role) -> bool, caption: &str| {
        let table = MetricTable { generators: findings.generators(), groups: groups.clone(), shows, publication: findings.publication() };
        table.block(caption.to_owned())
    };
    let mut blocks = vec![Block::Text(TEXT.into())];
    blocks.extend(findings.bound.remarks("rq4").into_iter().map(|remark| Block::Text(remark.to_owned())));
    blocks.push(table(in_table, "Synthetic against real traces, empirical sizes")?);
    let breakdown = table(in_detail, "Breakdown, empirical sizes").into_iter();
    blocks.push(Block::Details {
        summary: "Breakdown, distributions and projections".into(),
        blocks: breakdown.chain(distributions(findings)).chain(traces::quantiles(findings)).chain(projections(findings)).collect(),
        numbers: results::FILE,
    });
    let tales: Vec<Block> = findings.systems().filter_map(|system| tell_tales::table(findings, system)).collect();
    if !tales.is_empty() {
        blocks.push(Block::Details { summary: "What gives synthetic traces away".into(), blocks: tales, numbers: tell_tales::FILE });
    }
    blocks.extend(notes(groups.iter().map(|(_, view)| view)));
    Some(Section { id: "rq4".into(), title: "RQ4 — similarity, separability and privacy".into(), blocks })
}
