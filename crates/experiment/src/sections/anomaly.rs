//! The anomaly task: detection of abnormal traces by classifiers that were trained on synthetic ones.

use super::fault_effects;
use super::figures::figure;
use super::findings::{Findings, in_detail, in_table};
use super::metric_table::{MetricTable, notes};
use super::view::View;
use crate::config::Question;
use crate::report::{Axis, Block, Cell, Plot, Points, Row, Section, Table};
use crate::results;

const TEXT: &str = "A graph classifier for each system tells normal traces from abnormal ones, those inside a fault window. It is trained on \
    synthetic traces that the generator was asked for class by class (one that takes no labels is fitted twice, on the normal and on the \
    abnormal training traces, and each class is drawn from its own fit), with a share of real training traces in place of as many of them, so \
    that the training sets are equally large; a part of the same mixture validates, synthetic traces alone at 0 % real. It is tested on \
    held-out real traces that neither it nor any generator has seen. With 100 % real it is the ceiling (TRTR), the same for every generator. \
    Precision, recall and F1 are those of the two classes weighted by their numbers of traces; PR-AUC is the average precision of abnormal; \
    the false-alarm rate is the share of normal traces that are taken for abnormal.";
const F1: &str = "weighted_f1";
/// Share of real traces of the ceiling.
const ALL: u32 = 100;

/// The section of the report.
pub(super) fn section(findings: &Findings<'_>) -> Section {
    let mut blocks = vec![Block::Text(TEXT.into())];
    if !findings.outcome.left_out.is_empty() {
        blocks.push(Block::Text("Not measured:".into()));
        blocks.push(Block::List(findings.outcome.left_out.clone()));
    }
    let measured: Vec<Measured<'_>> = findings.systems().filter_map(|system| Measured::of(findings, system)).collect();
    blocks.extend(measured.iter().map(Measured::f1));
    blocks.extend(measured.iter().map(Measured::sweep));
    let rest: Vec<Block> = measured.iter().flat_map(Measured::by_share).collect();
    if !rest.is_empty() {
        blocks.push(Block::Details { summary: "All measures by the share of real traces".into(), blocks: rest, numbers: results::FILE });
    }
    blocks.extend(notes(measured.iter().map(|measured| measured.at(0)).collect::<Vec<_>>().iter()));
    blocks.extend(fault_effects::blocks(findings));
    Section { id: "anomaly".into(), title: "Anomaly detection".into(), blocks }
}

/// A system that was measured.
struct Measured<'a> {
    findings: &'a Findings<'a>,
    system: &'a str,
    /// Percentages of real training traces.
    shares: Vec<u32>,
}

impl<'a> Measured<'a> {
    fn of(findings: &'a Findings<'a>, system: &'a str) -> Option<Self> {
        let mut shares = findings.experiment.utility.sweep.clone();
        shares.sort_unstable();
        shares.dedup();
        let measured = Self { findings, system, shares };
        (!measured.at(0).of_ceiling(F1).is_empty()).then_some(measured)
    }

    /// Results with a share of real training traces.
    fn at(&self, share: u32) -> View<'a> {
        self.findings.view(Question::Anomaly, self.system, &[""], &Findings::protocol(share))
    }

    fn generators(&self) -> Vec<&'a str> {
        let measured: Vec<&str> = self.shares.iter().flat_map(|&share| self.at(share).measured()).collect();
        self.findings.generators().into_iter().filter(|generator| measured.contains(generator)).collect()
    }

    /// Weighted F1 over the shares, beside that of a publication. Real traces alone are the ceiling, whatever the generator.
    fn f1(&self) -> Block {
        let generators = self.generators();
        let mut cited: Vec<&str> = Vec::new();
        for generator in self.shares.iter().flat_map(|&share| self.at(share).references()) {
            if !cited.contains(&generator) {
                cited.push(generator);
            }
        }
        let headings = cited.iter().map(|name| format!("{}: {name}", self.findings.publication()));
        let ours = generators.iter().map(|&name| name.to_owned());
        let columns = std::iter::once("real training traces".to_owned()).chain(headings).chain(ours).chain(["ceiling".to_owned()]);
        let row = |&share: &u32| {
            let view = self.at(share);
            let cited = cited.iter().map(|generator| view.reference(generator, F1));
            let of = |generator: &&str| if share == ALL { view.ceiling(F1) } else { view.cell(generator, F1) };
            let cells = cited.chain(generators.iter().map(of)).chain([view.ceiling(F1)]);
            Row::Plain([Cell::text(format!("{share} %"))].into_iter().chain(cells).collect())
        };
        let caption = format!("Weighted F1 on held-out real traces, {}", self.system);
        Block::Table(Table { caption, columns: columns.collect(), rows: self.shares.iter().map(row).collect() })
    }

    /// All metrics, a group a share.
    fn by_share(&self) -> Vec<Block> {
        let groups = || {
            let mixed = self.shares.iter().filter(|&&share| share < ALL);
            mixed.map(|&share| (format!("{share} % real"), self.at(share))).collect::<Vec<_>>()
        };
        let table = |shows, caption: &str| {
            let table = MetricTable { generators: self.generators(), groups: groups(), shows, publication: self.findings.publication() };
            table.block(format!("{caption}, {}", self.system))
        };
        [table(in_table, "Detection of abnormal traces"), table(in_detail, "Breakdown")].into_iter().flatten().collect()
    }

    /// Weighted F1 over the share of real training traces, a line a generator.
    fn sweep(&self) -> Block {
        let curve = |name: &str, mean: &dyn Fn(u32) -> Option<f64>| {
            let points = self.shares.iter().filter_map(|&share| Some((f64::from(share), mean(share)?))).collect();
            Points { name: name.to_owned(), points }
        };
        let ceiling = |share| self.at(share).of_ceiling(F1).mean();
        let of = |generator: &str, share| if share == ALL { ceiling(share) } else { self.at(share).of(generator, F1).mean() };
        let mut series: Vec<Points> =
            self.generators().into_iter().map(|generator| curve(generator, &|share| of(generator, share))).collect();
        series.push(curve("ceiling: real only (TRTR)", &ceiling));
        let plot =
            Plot::Lines { series, x: Axis::linear("real training traces (%)"), y: Axis::linear("weighted F1 on held-out real traces") };
        let caption = format!("Weighted F1 by the share of real traces in place of synthetic ones, {} (mean over seeds)", self.system);
        figure(format!("anomaly-sweep-{}", self.system), caption, plot)
    }
}

#[cfg(test)]
mod tests;
