//! What the report says about the anomaly task.

use std::collections::BTreeSet;

use tracesmith_evaluate::FaultSettings;
use tracesmith_evaluate::fault_effects::{Effect, FaultEffect};

use crate::Experiment;
use crate::anomaly::FAULT_SETTINGS;
use crate::figures::figure;
use crate::outcome::{FaultEffects, Outcome};
use crate::paper::{ANOMALY_GENERATORS, anomaly_f1};
use crate::report::{Axis, Block, Cell, NumberFormat, Plot, Points, Row, Section, Table};

/// Operations shown of each kind of fault.
const OPERATIONS: usize = 3;

const TEXT: &str = "A graph classifier for each system tells normal traces from abnormal ones, those inside a fault window. It is trained on \
    synthetic traces that the generator was asked for class by class (one that takes no labels is fitted twice, on the normal and on the \
    abnormal training traces, and each class is drawn from its own fit), with a share of real training traces in place of as many of them, so \
    that the training sets are equally large; a part of the same mixture validates, synthetic traces alone at 0 % real. It is tested on \
    held-out real traces that neither it nor any generator has seen. With 100 % real it is the ceiling (TRTR), the same for every generator. \
    Precision, recall and F1 are those of the two classes weighted by their numbers of traces; PR-AUC is the average precision of abnormal; \
    the false-alarm rate is the share of normal traces that are taken for abnormal. The paper's figures were measured on whole real runs.";
const EFFECTS_TEXT: &str = "What a fault does to an operation is measured by Cliff's delta and by the shift of the mean log-duration, between \
    the traces inside the windows of that kind of fault and the normal ones. A generator is told whether a trace is abnormal and not by which \
    fault: what its traces of each kind have in common is one mean effect. The ceiling are real training traces in place of the synthetic ones.";

const MEASURES: [(&str, &str, NumberFormat); 5] = [
    ("weighted_precision", "precision", NumberFormat::Ratio),
    ("weighted_recall", "recall", NumberFormat::Ratio),
    ("weighted_f1", "F1", NumberFormat::Ratio),
    ("pr_auc", "PR-AUC", NumberFormat::Ratio),
    ("false_alarm_rate", "false-alarm rate", NumberFormat::Percent),
];

const FAULT_MEASURES: [(&str, &str, NumberFormat); 5] = [
    ("synthetic_traces", "traces under it", NumberFormat::Count),
    ("touched", "operations touched on either side", NumberFormat::Count),
    ("difference", "|real − synthetic| of Cliff's delta, mean", NumberFormat::Ratio),
    ("log_shift_difference", "|real − synthetic| of the log-shift, mean", NumberFormat::Ratio),
    ("same_direction", "operations that react in the same direction", NumberFormat::Percent),
];

/// The section of the report.
pub(crate) fn section(experiment: &Experiment, outcome: &Outcome) -> Section {
    let mut blocks = vec![Block::Text(TEXT.into())];
    if !outcome.left_out.is_empty() {
        blocks.push(Block::Text("Not measured:".into()));
        blocks.push(Block::List(outcome.left_out.clone()));
    }
    let measured: Vec<Measured<'_>> = experiment.systems.keys().filter_map(|system| Measured::of(experiment, outcome, system)).collect();
    for system in &measured {
        blocks.push(system.f1());
        blocks.push(system.sweep());
    }
    blocks.extend(measured.iter().map(Measured::measures));
    if measured.iter().any(|system| !system.kinds().is_empty()) {
        blocks.push(Block::Text(EFFECTS_TEXT.into()));
    }
    for system in &measured {
        blocks.extend(system.faults());
        blocks.extend(system.effects());
    }
    Section { id: "anomaly".into(), title: "Anomaly detection".into(), blocks }
}

/// The most important figures, as label and key.
pub(crate) fn headline(experiment: &Experiment) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    for system in experiment.systems.keys() {
        let of = |generator| {
            (format!("Anomaly {generator} · {system}: F1, synthetic only"), format!("anomaly.{system}.{generator}.real0.weighted_f1"))
        };
        lines.extend(experiment.generators.keys().map(of));
        lines.push((format!("Anomaly ceiling (TRTR) · {system}: F1"), format!("anomaly.{system}.ceiling.weighted_f1")));
    }
    lines
}

/// A system that was measured, and its generators.
struct Measured<'a> {
    outcome: &'a Outcome,
    system: &'a str,
    generators: Vec<&'a str>,
    shares: Vec<u32>,
}

impl<'a> Measured<'a> {
    fn of(experiment: &'a Experiment, outcome: &'a Outcome, system: &'a str) -> Option<Self> {
        outcome.get(&format!("anomaly.{system}.ceiling.weighted_f1"))?;
        let mut shares = experiment.utility.sweep.clone();
        shares.sort_unstable();
        shares.dedup();
        let measured = |generator: &&str| {
            let prefix = format!("anomaly.{system}.{generator}.");
            outcome.keys().any(|key| key.starts_with(&prefix))
        };
        let generators = experiment.generators.keys().map(String::as_str).filter(measured).collect();
        Some(Self { outcome, system, generators, shares })
    }

    /// Real traces alone are the ceiling, whatever the generator.
    fn key(&self, generator: &str, share: u32, end: &str) -> String {
        match share {
            100 => format!("anomaly.{}.ceiling.{end}", self.system),
            share => format!("anomaly.{}.{generator}.real{share}.{end}", self.system),
        }
    }

    fn table(&self, caption: &str, columns: Vec<&str>, rows: Vec<Row>) -> Block {
        let columns = columns.into_iter().map(str::to_owned).collect();
        Block::Table(Table { caption: format!("{caption}, {}", self.system), columns, rows })
    }

    /// Weighted F1 over the shares, beside the paper's.
    fn f1(&self) -> Block {
        let with_paper = self.shares.iter().any(|&share| anomaly_f1(self.system, share).is_some());
        let paper = ANOMALY_GENERATORS.map(|name| format!("paper: {name}"));
        let mut columns = vec!["real training traces"];
        columns.extend(paper.iter().map(String::as_str).filter(|_| with_paper));
        columns.extend(&self.generators);
        columns.push("ceiling");
        let row = |&share: &u32| {
            let mut cells = vec![Cell::text(format!("{share} %"))];
            if with_paper {
                let cell = |value: Option<f64>| value.map_or(Cell::Missing, |value| Cell::number(value, NumberFormat::Ratio));
                let figures = anomaly_f1(self.system, share);
                cells.extend((0..paper.len()).map(|column| cell(figures.map(|figures| figures[column]))));
            }
            let ours = |share| move |generator: &&str| self.outcome.cell(&self.key(generator, share, "weighted_f1"), NumberFormat::Ratio);
            cells.extend(self.generators.iter().map(ours(share)));
            cells.push(ours(100)(&"ceiling"));
            Row::Plain(cells)
        };
        self.table("Weighted F1 on held-out real traces", columns, self.shares.iter().map(row).collect())
    }

    /// All measures over the shares, generator by generator.
    fn measures(&self) -> Block {
        let row = |generator: &str, share: u32| {
            let cells = MEASURES.iter().map(|(end, _, format)| self.outcome.cell(&self.key(generator, share, end), *format));
            Row::Plain([Cell::text(format!("{share} %"))].into_iter().chain(cells).collect())
        };
        let mut rows = Vec::new();
        for generator in &self.generators {
            rows.push(Row::Group((*generator).to_owned()));
            rows.extend(self.shares.iter().filter(|&&share| share < 100).map(|&share| row(generator, share)));
        }
        rows.push(Row::Group("ceiling: real traces alone (TRTR)".into()));
        rows.push(row("ceiling", 100));
        let columns = ["real training traces"].into_iter().chain(MEASURES.map(|(_, label, _)| label)).collect();
        self.table("Detection of abnormal traces", columns, rows)
    }

    /// Weighted F1 over the share of real training traces, a line a generator.
    fn sweep(&self) -> Block {
        let curve = |name: &str, generator: &str, share_of: &dyn Fn(u32) -> u32| {
            let at = |&share: &u32| Some((f64::from(share), self.outcome.mean(&self.key(generator, share_of(share), "weighted_f1"))?));
            Points { name: name.to_owned(), points: self.shares.iter().filter_map(at).collect() }
        };
        let mut series: Vec<Points> = self.generators.iter().map(|generator| curve(generator, generator, &|share| share)).collect();
        series.push(curve("ceiling: real only (TRTR)", "ceiling", &|_| 100));
        let plot =
            Plot::Lines { series, x: Axis::linear("real training traces (%)"), y: Axis::linear("weighted F1 on held-out real traces") };
        let caption = format!("Weighted F1 by the share of real traces in place of synthetic ones, {} (mean over seeds)", self.system);
        figure(format!("anomaly-sweep-{}", self.system), caption, plot)
    }

    /// Kinds of fault in held-out or training traces.
    fn kinds(&self) -> BTreeSet<&'a str> {
        let prefix = format!("anomaly.{}.ceiling.faults.", self.system);
        self.outcome.keys().filter_map(|key| Some(key.strip_prefix(&prefix)?.rsplit_once('.')?.0)).collect()
    }

    /// How alike the effects of every kind of fault are.
    fn faults(&self) -> Option<Block> {
        let names: Vec<&str> = self.generators.iter().copied().chain(["ceiling"]).collect();
        let mut rows = Vec::new();
        for kind in self.kinds() {
            rows.push(Row::Group(kind.to_owned()));
            for (end, label, format) in FAULT_MEASURES {
                let cell = |name: &&str| self.outcome.cell(&format!("anomaly.{}.{name}.faults.{kind}.{end}", self.system), format);
                rows.push(Row::Plain([Cell::text(label)].into_iter().chain(names.iter().map(cell)).collect()));
            }
        }
        let FaultSettings { min_effect, min_traces } = FAULT_SETTINGS;
        let caption = format!(
            "Effects of faults (M7) against held-out real traces; touched: Cliff's delta of at least {min_effect} on either side, of operations \
             in at least {min_traces} traces with and without the fault on both sides"
        );
        let columns = ["measure"].into_iter().chain(names.iter().copied()).collect();
        (!rows.is_empty()).then(|| self.table(&caption, columns, rows))
    }

    /// The effects themselves in the first seed, on the operations that each kind touches most in held-out real traces.
    fn effects(&self) -> Option<Block> {
        let of = |generator: Option<&str>| {
            let found = |effects: &&FaultEffects| effects.system == self.system && effects.generator.as_deref() == generator;
            self.outcome.visuals.fault_effects.iter().find(found).map_or(&[][..], |effects| &effects.effects)
        };
        let real = of(None);
        let sides: Vec<&[FaultEffect]> = self.generators.iter().map(|generator| of(Some(generator))).chain([real]).collect();
        let strong = |effect: &&FaultEffect| effect.real.cliffs_delta.abs() >= FAULT_SETTINGS.min_effect;
        let kinds: BTreeSet<&str> = real.iter().filter(strong).map(|effect| effect.kind.as_str()).collect();
        let mut rows = Vec::new();
        for kind in kinds {
            let mut touched: Vec<&FaultEffect> = real.iter().filter(strong).filter(|effect| effect.kind == kind).collect();
            touched.sort_by(|a, b| {
                b.real.cliffs_delta.abs().total_cmp(&a.real.cliffs_delta.abs()).then_with(|| a.operation.cmp(&b.operation))
            });
            rows.push(Row::Group(kind.to_owned()));
            for effect in touched.into_iter().take(OPERATIONS) {
                let same = |other: &&FaultEffect| other.kind == kind && other.operation == effect.operation;
                let cell = |side: &&[FaultEffect]| side.iter().find(same).map_or(Cell::Missing, |found| written(&found.synthetic));
                let first = [Cell::text(tracesmith_view::printable(&effect.operation)), written(&effect.real)];
                rows.push(Row::Plain(first.into_iter().chain(sides.iter().map(cell)).collect()));
            }
        }
        let columns = ["operation", "real (held out)"].into_iter().chain(self.generators.iter().copied()).chain(["ceiling"]).collect();
        let caption =
            "Cliff's delta and factor of the geometric mean duration under a fault, first seed, of the operations that it touches most";
        (!rows.is_empty()).then(|| self.table(caption, columns, rows))
    }
}

fn written(effect: &Effect) -> Cell {
    Cell::text(format!("{:+.2}, ×{:.2}", effect.cliffs_delta, effect.log_shift.exp()))
}

#[cfg(test)]
mod tests;
