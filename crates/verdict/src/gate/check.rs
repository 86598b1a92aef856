//! One figure beside its threshold.

use std::fmt;

use serde::Serialize;

use crate::figure::figure;

/// Offenders that a check names, at most.
const MAX_OFFENDERS: usize = 5;

/// On which side of the threshold a figure passes; the threshold itself passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Large figures are good.
    AtLeast,
    /// Small figures are good.
    AtMost,
}

/// How a check ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "status")]
pub enum Status {
    /// The figure is on the good side.
    Passed,
    /// It is not.
    Failed,
    /// There is no figure, which fails the gate only if the check is required ([`super::Limits::require`]).
    NotMeasured {
        /// What it needs.
        reason: String,
    },
}

/// A part of the data that contributes to a figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Offender {
    /// What it is, e.g. `web/GET → db/find`.
    pub name: String,
    /// Its figure in the synthetic traces.
    pub found: f64,
    /// The figure that it should be like, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<f64>,
}

/// A check of the gate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    /// `M1` to `M10`; after a dot, which of several figures of one of these.
    pub id: String,
    /// What is measured.
    pub name: &'static str,
    /// The figure; absent if it was not measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// The threshold.
    pub threshold: f64,
    /// Which side of it is good.
    pub direction: Direction,
    /// The outcome.
    #[serde(flatten)]
    pub status: Status,
    /// Where the figure comes from, the worst first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub offenders: Vec<Offender>,
}

/// What is measured, and the threshold.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) id: String,
    pub(crate) name: &'static str,
    pub(crate) direction: Direction,
    pub(crate) threshold: f64,
}

impl Question {
    pub(crate) fn at_least(id: &str, name: &'static str, threshold: f64) -> Self {
        Self { id: id.to_owned(), name, direction: Direction::AtLeast, threshold }
    }

    pub(crate) fn at_most(id: &str, name: &'static str, threshold: f64) -> Self {
        Self { id: id.to_owned(), name, direction: Direction::AtMost, threshold }
    }

    /// The check with a finite figure.
    pub(crate) fn measured(self, value: f64, mut offenders: Vec<Offender>) -> Check {
        let passed = match self.direction {
            Direction::AtLeast => value >= self.threshold,
            Direction::AtMost => value <= self.threshold,
        };
        offenders.truncate(MAX_OFFENDERS);
        self.ended(Some(value), if passed { Status::Passed } else { Status::Failed }, offenders)
    }

    /// The check without a figure.
    pub(crate) fn not_measured(self, reason: &str) -> Check {
        self.ended(None, Status::NotMeasured { reason: reason.to_owned() }, Vec::new())
    }

    fn ended(self, value: Option<f64>, status: Status, offenders: Vec<Offender>) -> Check {
        let Self { id, name, direction, threshold } = self;
        Check { id, name, value, threshold, direction, status, offenders }
    }
}

impl Direction {
    /// `at least` or `at most`.
    pub fn words(self) -> &'static str {
        match self {
            Self::AtLeast => "at least",
            Self::AtMost => "at most",
        }
    }
}

impl fmt::Display for Offender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, figure(self.found))?;
        self.expected.map_or(Ok(()), |expected| write!(f, " instead of {}", figure(expected)))
    }
}

impl fmt::Display for Check {
    /// One line: the figure, what it must be, and the worst offenders.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: ", self.id, self.name)?;
        match (&self.status, self.value) {
            (Status::NotMeasured { reason }, _) => write!(f, "not measured ({reason})")?,
            (_, value) => {
                let value = value.map(figure).unwrap_or_default();
                write!(f, "{value}, must be {} {}", self.direction.words(), figure(self.threshold))?;
            }
        }
        for (position, offender) in self.offenders.iter().enumerate() {
            write!(f, "{}{offender}", if position == 0 { "; worst: " } else { ", " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_itself_passes_on_either_side() {
        for question in [Question::at_least("M", "x", 0.5), Question::at_most("M", "x", 0.5)] {
            assert_eq!(question.measured(0.5, vec![]).status, Status::Passed);
        }
        assert_eq!(Question::at_least("M", "x", 0.5).measured(0.4, vec![]).status, Status::Failed);
        assert_eq!(Question::at_most("M", "x", 0.5).measured(0.6, vec![]).status, Status::Failed);
    }

    #[test]
    fn a_failure_says_the_figure_the_threshold_and_the_worst_offenders() {
        let offender = |name: &str, expected| Offender { name: name.to_owned(), found: 0.25, expected };
        let check =
            Question::at_most("M2.service", "divergence", 0.2).measured(1.0, vec![offender("web", Some(0.5)), offender("db", None)]);
        assert_eq!(check.to_string(), "M2.service divergence: 1, must be at most 0.2000; worst: web 0.2500 instead of 0.5000, db 0.2500");
        let missing = Question::at_least("M6", "throughput", 1.0).not_measured("no time is given");
        assert_eq!(missing.to_string(), "M6 throughput: not measured (no time is given)");
    }

    #[test]
    fn programs_find_the_status_beside_the_figures() {
        let json = serde_json::to_value(Question::at_least("M6", "throughput", 1.0).not_measured("no time")).unwrap();
        assert_eq!((&json["status"], &json["reason"]), (&"not_measured".into(), &"no time".into()));
        let json = serde_json::to_value(Question::at_most("M1", "x", 1.0).measured(2.0, vec![])).unwrap();
        assert_eq!((&json["status"], &json["value"], &json["direction"]), (&"failed".into(), &2.0.into(), &"at_most".into()));
    }
}
