//! RQ2 and RQ3: classifiers of systems, trained on synthetic traces and tested on real ones.

use tracesmith_evaluate::Role;

use super::figures::{confusions, figure};
use super::findings::{Findings, in_detail, in_table};
use super::metric_table::{MetricTable, notes};
use super::view::View;
use crate::config::{MAIN_SIZE, Question};
use crate::report::{Axis, Block, Plot, Points, Section};
use crate::results;

const RQ2: &str = "A graph classifier tells the systems apart. It is trained on synthetic traces, with a share of real training traces in \
    the hybrid protocol, and tested on held-out real traces that neither it nor any generator has seen. Each system numbers its services \
    and operations from 0, so that ids overlap. The ceiling is the same classifier trained on real traces (TRTR).";
const RQ3: &str = "The classifiers of RQ2, tested on another run of the systems. Size `fixed` is the median of the training set for \
    every trace, `copied` the size of one training trace after the other (the paper's fixed size), `empirical` is drawn from the training \
    sizes (its variable size).";

/// The section of RQ2.
pub(super) fn held_out(findings: &Findings<'_>) -> Option<Section> {
    let mut blocks = vec![Block::Text(RQ2.into())];
    blocks.extend(findings.bound.remarks("rq2").into_iter().map(|remark| Block::Text(remark.to_owned())));
    blocks.push(main(findings, Question::Rq2)?);
    blocks.extend(sweep(findings));
    blocks.push(rest(findings, Question::Rq2, Vec::new()));
    blocks.extend(notes(protocols(findings, Question::Rq2, MAIN_SIZE).iter().map(|(_, view)| view)));
    Some(Section { id: "rq2".into(), title: "RQ2 — utility".into(), blocks })
}

/// The section of RQ3.
pub(super) fn another_run(findings: &Findings<'_>) -> Option<Section> {
    let mut blocks = vec![Block::Text(RQ3.into()), main(findings, Question::Rq3)?];
    blocks.push(rest(findings, Question::Rq3, fidelity_by_size(findings)));
    Some(Section { id: "rq3".into(), title: "RQ3 — fixed and variable size".into(), blocks })
}

/// The two protocols with one size.
fn protocols<'a>(findings: &Findings<'a>, question: Question, size: &str) -> Vec<(String, View<'a>)> {
    let hybrid = findings.experiment.utility.hybrid;
    let named = [(0, "synthetic traces alone (TSTR)".to_owned()), (hybrid, format!("with {hybrid} % of the real training traces"))];
    let view = |(percent, name): (u32, String)| (name, findings.view(question, "", &[size], &Findings::protocol(percent)));
    named.into_iter().map(view).collect()
}

fn table(findings: &Findings<'_>, groups: Vec<(String, View<'_>)>, shows: fn(Role) -> bool, caption: String) -> Option<Block> {
    MetricTable { generators: findings.generators(), groups, shows, publication: findings.publication() }.block(caption)
}

fn main(findings: &Findings<'_>, question: Question) -> Option<Block> {
    table(findings, protocols(findings, question, MAIN_SIZE), in_table, "Classifier of systems, empirical sizes".into())
}

fn rest(findings: &Findings<'_>, question: Question, more: Vec<Block>) -> Block {
    let sizes = findings.experiment.utility.sizes.iter().filter(|size| *size != MAIN_SIZE);
    let other = sizes
        .filter_map(|size| table(findings, protocols(findings, question, size), in_table, format!("Classifier of systems, size {size}")));
    let breakdown = table(findings, protocols(findings, question, MAIN_SIZE), in_detail, "Breakdown, empirical sizes".into());
    let blocks = other.chain(more).chain(breakdown).chain(confusions(findings, question)).collect();
    Block::Details { summary: "Other sizes, breakdown and confusion matrices".into(), blocks, numbers: results::FILE }
}

/// Structural fidelity and validity with every size.
fn fidelity_by_size(findings: &Findings<'_>) -> Vec<Block> {
    let of_system = |system: &str| {
        let sizes = &findings.experiment.utility.sizes;
        let view =
            |size: &String| (format!("size {size}"), findings.view(Question::Rq4, system, &[size], "").only(&["fidelity.", "validity."]));
        table(findings, sizes.iter().map(view).collect(), in_table, format!("Structural fidelity and validity by size, {system}"))
    };
    findings.systems().filter_map(of_system).collect()
}

/// Accuracy over the share of real training traces.
fn sweep(findings: &Findings<'_>) -> Option<Block> {
    let mut shares = findings.experiment.utility.sweep.clone();
    shares.sort_unstable();
    let at = |share: u32| findings.view(Question::Rq2, "", &[MAIN_SIZE], &Findings::protocol(share));
    let curve = |generator: &str| {
        let point = |&share: &u32| Some((f64::from(share), at(share).of(generator, "accuracy").mean()?));
        Points { name: generator.to_owned(), points: shares.iter().filter_map(point).collect() }
    };
    let mut series: Vec<Points> = findings.generators().into_iter().map(curve).filter(|points| !points.points.is_empty()).collect();
    if series.is_empty() {
        return None;
    }
    if let (Some(ceiling), Some(&first), Some(&last)) = (at(0).of_ceiling("accuracy").mean(), shares.first(), shares.last()) {
        let points = vec![(f64::from(first), ceiling), (f64::from(last), ceiling)];
        series.push(Points { name: "ceiling: real only (TRTR)".into(), points });
    }
    let plot = Plot::Lines { series, x: Axis::linear("real training traces (%)"), y: Axis::linear("accuracy on held-out real traces") };
    Some(figure("sweep".into(), "Accuracy by the share of real traces added to the synthetic ones (mean over seeds)".into(), plot))
}
