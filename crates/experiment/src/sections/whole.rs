//! The whole report.

use std::path::Path;

use super::findings::Findings;
use super::{
    anomaly, configuration, data, deviations, figures, privacy, reconstruction, sdmetrics, similarity, summary, traces, utility, variants,
};
use crate::config::Question;
use crate::error::ExperimentError;
use crate::report::{Block, Report, Section};
use crate::results;

/// The report of an experiment, whose folder may hold the figures of other programs: what a reader asks first comes first.
///
/// # Errors
/// A file of another program that cannot be read.
pub(crate) fn report(name: &str, findings: &[Findings<'_>], folder: &Path) -> Result<Report, ExperimentError> {
    let first = &findings[0];
    let title = if first.experiment.title.is_empty() { name.to_owned() } else { first.experiment.title.clone() };
    let mut sections: Vec<Section> = if findings.len() > 1 {
        vec![variants::section(findings), deviations::section(first)]
    } else {
        summary::section(first).into_iter().chain([deviations::section(first)]).chain(questions(first)).collect()
    };
    sections.extend(sdmetrics::section(folder, first)?);
    sections.push(data::section(first));
    sections.push(configuration::section(first, findings.len()));
    Ok(Report { name: name.to_owned(), title, description: first.experiment.description.clone(), sections })
}

fn questions(findings: &Findings<'_>) -> Vec<Section> {
    let asks = |question| findings.experiment.asks(question).then_some(());
    let answers = [
        asks(Question::Rq1).and_then(|()| reconstruction::section(findings)),
        asks(Question::Rq2).and_then(|()| utility::held_out(findings)),
        asks(Question::Rq3).and_then(|()| utility::another_run(findings)),
        asks(Question::Rq4).and_then(|()| similarity::section(findings)),
        asks(Question::Rq4).and_then(|()| traces::section(findings)),
        asks(Question::Anomaly).map(|()| anomaly::section(findings)),
        privacy::section(findings),
        training(findings),
    ];
    answers.into_iter().flatten().collect()
}

fn training(findings: &Findings<'_>) -> Option<Section> {
    let losses = figures::losses(findings);
    let blocks = vec![Block::Details { summary: "Losses".into(), blocks: losses, numbers: results::FILE }];
    let any = !findings.outcome.visuals.losses.is_empty();
    any.then(|| Section { id: "training".into(), title: "Training".into(), blocks })
}
