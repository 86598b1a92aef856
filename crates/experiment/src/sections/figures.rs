//! Figures that several sections have in common.

use tracesmith_model::train::EpochRecord;

use super::findings::Findings;
use super::metric_table::distinct;
use crate::config::Question;
use crate::outcome::{Confusion, LossCurve, ProjectionPoints, Samples};
use crate::report::{Axis, Block, Figure, Plot, Points, Sample, file_name};

/// A figure whose id is made a file name.
pub(super) fn figure(id: String, caption: String, plot: Plot) -> Block {
    Block::Figure(Figure { id: file_name(&id), caption, plot })
}

/// Training loss of every generator, one figure a system.
pub(super) fn losses(findings: &Findings<'_>) -> Vec<Block> {
    let curves = &findings.outcome.visuals.losses;
    let of_system = |system: &str| {
        let of_system = |curve: &&LossCurve| curve.system == system;
        let mut series = Vec::new();
        for generator in distinct(curves.iter().filter(of_system).map(|curve| curve.generator.as_str())) {
            let runs: Vec<&[EpochRecord]> =
                curves.iter().filter(of_system).filter(|curve| curve.generator == generator).map(|curve| &curve.history[..]).collect();
            series.push(Points { name: format!("{generator}: training"), points: mean_curve(&runs, |record| Some(record.total)) });
            let validation = mean_curve(&runs, |record| record.validation);
            if !validation.is_empty() {
                series.push(Points { name: format!("{generator}: validation"), points: validation });
            }
        }
        let plot = Plot::Lines { series, x: Axis::linear("epoch"), y: Axis::log("loss") };
        let caption = format!("Loss of the trained generators, {system} (mean over seeds, as far as all of them trained)");
        figure(format!("loss-{system}"), caption, plot)
    };
    distinct(curves.iter().map(|curve| curve.system.as_str())).into_iter().map(of_system).collect()
}

/// Epochs and means of a value over the runs, for the epochs that every run has.
fn mean_curve(runs: &[&[EpochRecord]], value: impl Fn(&EpochRecord) -> Option<f64>) -> Vec<(f64, f64)> {
    let epochs = runs.iter().map(|run| run.len()).min().unwrap_or(0);
    let at = |position: usize| {
        let values: Vec<f64> = runs.iter().filter_map(|run| value(&run[position])).collect();
        (values.len() == runs.len()).then(|| (runs[0][position].epoch as f64, values.iter().sum::<f64>() / values.len() as f64))
    };
    (0..epochs).filter_map(at).collect()
}

/// First two principal components of real and synthetic spans.
pub(super) fn projections(findings: &Findings<'_>) -> Vec<Block> {
    let points = |rows: &[[f64; 2]]| rows.iter().map(|row| (row[0], row[1])).collect();
    let seed = if findings.experiment.seeds.len() > 1 { ", first seed: each has components of its own" } else { "" };
    let draw = |projection: &ProjectionPoints| {
        let (system, generator) = (&projection.system, &projection.generator);
        let series = vec![
            Points { name: "real (held out)".into(), points: points(&projection.real) },
            Points { name: generator.clone(), points: points(&projection.synthetic) },
        ];
        let plot = Plot::Scatter { series, x: Axis::linear("first component"), y: Axis::linear("second component") };
        figure(format!("pca-{system}-{generator}"), format!("Principal components of the spans, {system}, {generator}{seed}"), plot)
    };
    findings.outcome.visuals.projections.iter().map(draw).collect()
}

/// Durations and sizes of real and synthetic traces, one figure each a system.
pub(super) fn distributions(findings: &Findings<'_>) -> Vec<Block> {
    let all = &findings.outcome.visuals.samples;
    let seeds = if findings.experiment.seeds.len() > 1 { ", all seeds" } else { "" };
    let mut blocks = Vec::new();
    for system in distinct(all.iter().map(|samples| samples.system.as_str())) {
        let samples: Vec<&Samples> = all.iter().filter(|samples| samples.system == system).collect();
        let histogram = |values: fn(&Samples) -> &Vec<f64>, x: Axis| {
            let samples = samples.iter().map(|s| Sample { name: s.name.clone(), values: values(s).clone() }).collect();
            Plot::Histogram { samples, x }
        };
        let durations = histogram(|s| &s.durations_us, Axis::log("duration (µs)"));
        blocks.push(figure(format!("durations-{system}"), format!("Durations of spans, {system}{seeds}"), durations));
        let sizes = histogram(|s| &s.sizes, Axis::linear("spans a trace"));
        blocks.push(figure(format!("sizes-{system}"), format!("Sizes of traces, {system}{seeds}"), sizes));
    }
    blocks
}

/// Confusion matrices of the classifiers of a question.
pub(super) fn confusions(findings: &Findings<'_>, question: Question) -> Vec<Block> {
    let labels: Vec<String> = findings.systems().map(str::to_owned).collect();
    let seeds = if findings.experiment.seeds.len() > 1 { "; sum over seeds" } else { "" };
    let draw = |confusion: &Confusion| {
        let counts = confusion.counts.iter().map(|row| row.iter().map(|&count| count as u64).collect()).collect();
        let plot = Plot::Confusion { labels: labels.clone(), counts };
        figure(format!("confusion-{}", confusion.title), format!("Confusion matrix: {}{seeds}", confusion.title), plot)
    };
    findings.outcome.visuals.confusions.iter().filter(|confusion| confusion.question == question).map(draw).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_is_the_mean_over_the_epochs_that_every_seed_has() {
        let record = |epoch, total, validation| EpochRecord { epoch, total, validation, terms: Vec::new(), validation_terms: Vec::new() };
        let (long, short) =
            ([record(1, 4.0, Some(1.0)), record(2, 2.0, None), record(3, 1.0, None)], [record(1, 2.0, Some(3.0)), record(2, 1.0, None)]);
        let runs = [&long[..], &short[..]];
        assert_eq!(mean_curve(&runs, |record| Some(record.total)), [(1.0, 3.0), (2.0, 1.5)]);
        assert_eq!(mean_curve(&runs, |record| record.validation), [(1.0, 2.0)]);
        assert_eq!(mean_curve(&[], |record| Some(record.total)), []);
    }
}
