//! The figures of a report, of the first seed where they show single runs.

use crate::Experiment;
use crate::config::MAIN_SIZE;
use crate::outcome::{Outcome, Samples};
use crate::report::{Axis, Block, Figure, Plot, Points, Sample};

/// A figure whose id is made a file name.
pub(crate) fn figure(id: String, caption: String, plot: Plot) -> Block {
    Block::Figure(Figure { id: file_name(&id), caption, plot })
}

/// Small letters, digits and `-` for a name of an experiment file.
pub(crate) fn file_name(name: &str) -> String {
    name.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric() && c != '-', "-")
}

/// Training loss of every generator, one figure a system.
pub(crate) fn losses(outcome: &Outcome) -> Vec<Block> {
    let systems = distinct(outcome.visuals.losses.iter().map(|curve| curve.system.as_str()));
    let of_system = |system: &str| {
        let curves = outcome.visuals.losses.iter().filter(|curve| curve.system == system);
        let mut series = Vec::new();
        for curve in curves {
            let points = |value: &dyn Fn(&tracesmith_model::train::EpochRecord) -> Option<f64>| {
                curve.history.iter().filter_map(|record| Some((record.epoch as f64, value(record)?))).collect::<Vec<_>>()
            };
            series.push(Points { name: format!("{}: training", curve.generator), points: points(&|record| Some(record.total)) });
            let validation = points(&|record| record.validation);
            if !validation.is_empty() {
                series.push(Points { name: format!("{}: validation", curve.generator), points: validation });
            }
        }
        let plot = Plot::Lines { series, x: Axis::linear("epoch"), y: Axis::log("loss") };
        figure(format!("loss-{system}"), format!("Loss of the trained generators, {system}"), plot)
    };
    systems.into_iter().map(of_system).collect()
}

/// First two principal components of real and synthetic spans.
pub(crate) fn projections(outcome: &Outcome) -> Vec<Block> {
    let points = |rows: &[[f64; 2]]| rows.iter().map(|row| (row[0], row[1])).collect();
    let draw = |projection: &crate::outcome::ProjectionPoints| {
        let (system, generator) = (&projection.system, &projection.generator);
        let series = vec![
            Points { name: "real (held out)".into(), points: points(&projection.real) },
            Points { name: generator.clone(), points: points(&projection.synthetic) },
        ];
        let plot = Plot::Scatter { series, x: Axis::linear("first component"), y: Axis::linear("second component") };
        figure(format!("pca-{system}-{generator}"), format!("Principal components of the spans, {system}, {generator}"), plot)
    };
    outcome.visuals.projections.iter().map(draw).collect()
}

/// Durations and sizes of real and synthetic traces, one figure each a system.
pub(crate) fn distributions(outcome: &Outcome) -> Vec<Block> {
    let mut blocks = Vec::new();
    for system in distinct(outcome.visuals.samples.iter().map(|samples| samples.system.as_str())) {
        let samples: Vec<&Samples> = outcome.visuals.samples.iter().filter(|samples| samples.system == system).collect();
        let histogram = |values: fn(&Samples) -> &Vec<f64>, x: Axis| {
            let samples = samples.iter().map(|s| Sample { name: s.name.clone(), values: values(s).clone() }).collect();
            Plot::Histogram { samples, x }
        };
        let durations = histogram(|s| &s.durations_us, Axis::log("duration (µs)"));
        blocks.push(figure(format!("durations-{system}"), format!("Durations of spans, {system}"), durations));
        let sizes = histogram(|s| &s.sizes, Axis::linear("spans a trace"));
        blocks.push(figure(format!("sizes-{system}"), format!("Sizes of traces, {system}"), sizes));
    }
    blocks
}

/// Confusion matrices of the classifiers tested on `test`.
pub(crate) fn confusions(experiment: &Experiment, outcome: &Outcome, test: &str) -> Vec<Block> {
    let labels: Vec<String> = experiment.systems.keys().cloned().collect();
    let draw = |confusion: &crate::outcome::Confusion| {
        let counts = confusion.counts.iter().map(|row| row.iter().map(|&count| count as u64).collect()).collect();
        let plot = Plot::Confusion { labels: labels.clone(), counts };
        figure(format!("confusion-{}", confusion.title), format!("Confusion matrix: {}", confusion.title), plot)
    };
    outcome.visuals.confusions.iter().filter(|confusion| confusion.title.contains(test)).map(draw).collect()
}

/// Accuracy over the share of real training traces.
pub(crate) fn sweep(experiment: &Experiment, outcome: &Outcome) -> Vec<Block> {
    let mut shares = experiment.utility.sweep.clone();
    shares.sort_unstable();
    let curve = |generator: &String| {
        let at = |&share: &u32| Some((f64::from(share), outcome.mean(&format!("rq2.{generator}.{MAIN_SIZE}.real{share}.accuracy"))?));
        Points { name: generator.clone(), points: shares.iter().filter_map(at).collect() }
    };
    let mut series: Vec<Points> = experiment.generators.keys().map(curve).filter(|points| !points.points.is_empty()).collect();
    if let (Some(ceiling), Some(&first), Some(&last)) = (outcome.mean("rq2.ceiling.trtr.accuracy"), shares.first(), shares.last()) {
        let points = vec![(f64::from(first), ceiling), (f64::from(last), ceiling)];
        series.push(Points { name: "ceiling: real only (TRTR)".into(), points });
    }
    if series.is_empty() {
        return Vec::new();
    }
    let plot = Plot::Lines { series, x: Axis::linear("real training traces (%)"), y: Axis::linear("accuracy on held-out real traces") };
    vec![figure("sweep".into(), "Accuracy by the share of real traces added to the synthetic ones (mean over seeds)".into(), plot)]
}

fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut distinct = Vec::new();
    for name in names {
        if !distinct.contains(&name) {
            distinct.push(name);
        }
    }
    distinct
}
