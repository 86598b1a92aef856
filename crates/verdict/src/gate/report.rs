//! All checks, what is wrong about them together, and the verdict.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::check::{Check, Offender, Question, Status};
use super::limits::Limits;
use crate::error::VerdictError;
use tracesmith_evaluate::statistics::share;

/// Every check and the verdict. Serialised with [`GateReport::verdict`] beside the fields.
#[derive(Debug, Clone, PartialEq)]
pub struct GateReport {
    /// No check failed, and every required one was measured.
    pub passed: bool,
    /// M1 to M10, some of several figures.
    pub checks: Vec<Check>,
}

impl GateReport {
    /// The report on M1–M8 and M10: adds M9.
    ///
    /// # Errors
    /// [`VerdictError::UnknownCheck`].
    pub(super) fn of(mut checks: Vec<Check>, readable: Check, limits: &Limits) -> Result<Self, VerdictError> {
        checks.push(readable);
        let share = passed(&checks, limits);
        checks.insert(checks.len() - 1, share);
        if let Some(required) = required(&checks, limits)? {
            checks.insert(checks.len() - 1, required);
        }
        Ok(Self { passed: checks.iter().all(|check| check.status != Status::Failed), checks })
    }

    /// The checks that failed.
    pub fn failures(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| check.status == Status::Failed)
    }

    /// The checks without a figure and what each of them needs.
    pub fn not_measured(&self) -> impl Iterator<Item = (&Check, &str)> {
        self.checks.iter().filter_map(|check| match &check.status {
            Status::NotMeasured { reason } => Some((check, reason.as_str())),
            Status::Passed | Status::Failed => None,
        })
    }

    /// `passed` or `failed`, followed by everything that this is said without, and what it needs.
    pub fn verdict(&self) -> String {
        let verdict = if self.passed { "passed" } else { "failed" };
        let mut needs: Vec<(&str, Vec<&str>)> = Vec::new();
        for (check, reason) in self.not_measured() {
            match needs.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, ids)) => ids.push(&check.id),
                None => needs.push((reason, vec![&check.id])),
            }
        }
        let missing: Vec<String> = needs.into_iter().map(|(reason, ids)| format!("{} ({reason})", ids.join(", "))).collect();
        if missing.is_empty() { verdict.to_owned() } else { format!("{verdict}; not measured: {}", missing.join("; ")) }
    }
}

/// M9: of the checks that were measured.
fn passed(checks: &[Check], limits: &Limits) -> Check {
    let count = |status: &Status| checks.iter().filter(|check| check.status == *status).count();
    let (passed, failed) = (count(&Status::Passed), count(&Status::Failed));
    let question = Question::at_least("M9", "share of the measured checks that pass", limits.min_passed_share);
    let failures = checks.iter().filter(|check| check.status == Status::Failed).filter_map(|check| {
        Some(Offender { name: format!("{} {}", check.id, check.name), found: check.value?, expected: Some(check.threshold) })
    });
    // All of them, not only a few.
    Check { offenders: failures.collect(), ..question.measured(share(passed, passed + failed, 1.0), Vec::new()) }
}

/// M9 of what is required, if anything is: a check that was not measured cannot vouch for anything.
fn required(checks: &[Check], limits: &Limits) -> Result<Option<Check>, VerdictError> {
    let belongs = |check: &Check, name: &str| check.id == name || check.id.split('.').next() == Some(name);
    if let Some(unknown) = limits.require.iter().find(|name| !checks.iter().any(|check| belongs(check, name))) {
        let known: Vec<&str> = checks.iter().map(|check| check.id.as_str()).collect();
        return Err(VerdictError::UnknownCheck { check: unknown.clone(), known: known.join(", ") });
    }
    let required: Vec<&Check> = checks.iter().filter(|check| limits.require.iter().any(|name| belongs(check, name))).collect();
    let missing: Vec<Offender> = required
        .iter()
        .filter_map(|check| match &check.status {
            Status::NotMeasured { reason } => Some(Offender { name: format!("{} ({reason})", check.id), found: 0.0, expected: Some(1.0) }),
            Status::Passed | Status::Failed => None,
        })
        .collect();
    let question = Question::at_least("M9.required", "share of the required checks that were measured", 1.0);
    let measured = share(required.len() - missing.len(), required.len(), 1.0);
    Ok((!required.is_empty()).then(|| Check { offenders: missing, ..question.measured(measured, Vec::new()) }))
}

impl Serialize for GateReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut report = serializer.serialize_struct("GateReport", 3)?;
        report.serialize_field("passed", &self.passed)?;
        report.serialize_field("verdict", &self.verdict())?;
        report.serialize_field("checks", &self.checks)?;
        report.end()
    }
}

impl GateReport {
    /// The figure of every check that was measured, under its id.
    pub fn figures(&self) -> Vec<(String, f64)> {
        self.checks.iter().filter_map(|check| Some((check.id.clone(), check.value?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(id: &str, value: f64) -> Check {
        Question::at_least(id, "figure", 0.5).measured(value, Vec::new())
    }

    fn missing(id: &str, reason: &str) -> Check {
        Question::at_least(id, "figure", 0.5).not_measured(reason)
    }

    fn report(checks: Vec<Check>, require: &[&str]) -> Result<GateReport, VerdictError> {
        let limits = Limits { require: require.iter().map(|&name| name.to_owned()).collect(), ..Limits::default() };
        GateReport::of(checks, measured("M10", 1.0), &limits)
    }

    #[test]
    fn the_share_of_passed_checks_is_of_those_measured_and_names_the_failures() {
        let report = report(vec![measured("M1", 1.0), measured("M2.size", 0.2), measured("M3", 0.5), missing("M6", "time")], &[]).unwrap();
        // M1, M3 and M10 pass, M2.size fails, M6 does not count.
        let share = &report.checks[4];
        assert_eq!((share.id.as_str(), share.value, &share.status), ("M9", Some(0.75), &Status::Failed));
        assert_eq!(share.offenders.iter().map(ToString::to_string).collect::<Vec<_>>(), ["M2.size figure 0.2000 instead of 0.5000"]);
        assert_eq!(report.checks.last().unwrap().id, "M10");
        assert_eq!(report.failures().map(|check| check.id.as_str()).collect::<Vec<_>>(), ["M2.size", "M9"]);
    }

    #[test]
    fn more_than_a_few_failures_are_all_named() {
        let failed: Vec<Check> = (1..=8).map(|number| measured(&format!("M2.{number}"), 0.0)).collect();
        assert_eq!(report(failed, &[]).unwrap().checks[8].offenders.len(), 8);
    }

    #[test]
    fn what_is_required_and_not_measured_fails_with_its_reason() {
        let checks =
            || vec![measured("M1", 1.0), missing("M5.membership", "training"), missing("M5.duplicates", "training"), missing("M6", "time")];
        let lax = report(checks(), &[]).unwrap();
        assert!(lax.passed && lax.checks.iter().all(|check| check.id != "M9.required"));
        assert_eq!(lax.verdict(), "passed; not measured: M5.membership, M5.duplicates (training); M6 (time)");
        let strict = report(checks(), &["M1", "M5", "M5.membership"]).unwrap();
        let required = strict.failures().next().unwrap();
        assert_eq!((required.id.as_str(), required.value, strict.passed), ("M9.required", Some(1.0 / 3.0), false));
        assert!(required.to_string().contains("worst: M5.membership (training) 0 instead of 1, M5.duplicates (training) 0"), "{required}");
        assert!(strict.verdict().starts_with("failed; not measured: M5.membership"));
        assert!(report(checks(), &["M1", "M10"]).unwrap().passed);
    }

    #[test]
    fn a_check_that_does_not_exist_cannot_be_required() {
        let error = report(vec![measured("M1", 1.0)], &["M55"]).unwrap_err();
        assert_eq!(error.to_string(), "there is no check \"M55\" that could be required; there are M1, M9, M10");
    }

    #[test]
    fn a_full_report_has_a_short_verdict_and_programs_find_it() {
        let report = report(vec![measured("M1", 1.0)], &[]).unwrap();
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!((&json["passed"], &json["verdict"], json["checks"].as_array().unwrap().len()), (&true.into(), &"passed".into(), 3));
    }
}
