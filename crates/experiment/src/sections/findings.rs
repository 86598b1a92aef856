//! What the sections of a report are made of.

use tracesmith_evaluate::Role;

use super::view::View;
use crate::config::{Experiment, MAIN_SIZE, Question};
use crate::data::Run;
use crate::outcome::Outcome;
use crate::reference::Bound;

/// A variant and what it found.
#[derive(Clone, Copy)]
pub(crate) struct Findings<'a> {
    /// Name of the variant.
    pub variant: &'a str,
    pub experiment: &'a Experiment,
    pub outcome: &'a Outcome,
    pub runs: &'a [Run],
    /// Publications whose figures stand beside the results.
    pub bound: &'a Bound<'a>,
}

impl<'a> Findings<'a> {
    /// Names of the systems under study.
    pub(super) fn systems(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.experiment.systems.keys().map(String::as_str)
    }

    /// Names of the generators under study.
    pub(super) fn generators(&self) -> Vec<&'a str> {
        self.experiment.generators.keys().map(String::as_str).collect()
    }

    /// What a question found on a system (with an empty name, on all of them together) with traces of some sizes and one protocol.
    pub(super) fn view(&self, question: Question, system: &str, sizes: &[&str], protocol: &str) -> View<'a> {
        let all = self.outcome.results.select().question(question.name()).system(system);
        View::new(&all, |row| sizes.contains(&row.size.as_str()) && row.protocol == protocol)
    }

    /// What RQ4 found on a system with traces of the main size.
    pub(super) fn similarity(&self, system: &str) -> View<'a> {
        self.view(Question::Rq4, system, &[MAIN_SIZE, ""], "")
    }

    /// Name of the publication whose figures stand beside ours.
    pub(super) fn publication(&self) -> &'a str {
        self.bound.name()
    }

    /// The protocol of a share of real training traces.
    pub(super) fn protocol(percent: u32) -> String {
        format!("real{percent}")
    }
}

/// Whether a metric stands in the table of its question.
pub(super) fn in_table(role: Role) -> bool {
    matches!(role, Role::Headline(_) | Role::Table)
}

/// Whether a metric stands in the breakdown.
pub(super) fn in_detail(role: Role) -> bool {
    role == Role::Detail
}
