//! Verdicts as a JUnit report, which build servers show.

use std::path::Path;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use tracesmith_disk::{WriteError, write_atomically};
use tracesmith_verdict::{
    GateReport,
    gate::{Check, Status},
};

/// Writes the report to `path`, whole or not at all.
pub fn write(report: &GateReport, suite: &str, path: &Path) -> Result<(), WriteError> {
    let report = document(report, suite);
    write_atomically(path, |out| report.serialize(out).map_err(std::io::Error::other))
}

/// A test suite with a test case a check; what was not measured is skipped.
fn document(report: &GateReport, suite: &str) -> Report {
    let mut cases = TestSuite::new(printable(suite));
    cases.add_test_cases(report.checks.iter().map(case));
    let mut document = Report::new("tracesmith validate");
    document.add_test_suite(cases);
    document
}

fn case(check: &Check) -> TestCase {
    let status = match &check.status {
        Status::Passed => TestCaseStatus::success(),
        Status::NotMeasured { reason } => {
            let mut skipped = TestCaseStatus::skipped();
            skipped.set_message(printable(reason)).set_description(printable(reason));
            skipped
        }
        Status::Failed => {
            let text = printable(&check.to_string());
            let mut failed = TestCaseStatus::non_success(NonSuccessKind::Failure);
            failed.set_type("threshold").set_message(&text).set_description(&text);
            failed
        }
    };
    let mut case = TestCase::new(printable(&format!("{} {}", check.id, check.name)), status);
    case.set_classname("tracesmith.gate");
    case
}

/// Text without control characters and what XML 1.0 forbids: each is replaced, so that a reader sees that there was one.
fn printable(text: &str) -> String {
    let is_bad = |character: char| (character.is_control() && character != '\n') || matches!(character, '\u{fffe}' | '\u{ffff}');
    text.replace('\t', " ").replace(is_bad, "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use tracesmith_verdict::gate::{Direction, Offender};

    use super::*;

    fn check(id: &str, status: Status, offender: &str) -> Check {
        let offenders = vec![Offender { name: offender.to_owned(), found: 0.5, expected: None }];
        Check { id: id.to_owned(), name: "figure", value: Some(0.5), threshold: 1.0, direction: Direction::AtLeast, status, offenders }
    }

    fn text(checks: Vec<Check>, suite: &str) -> String {
        document(&GateReport { passed: false, checks }, suite).to_string().unwrap()
    }

    #[test]
    fn failures_are_said_and_what_is_missing_is_skipped() {
        let checks = vec![
            check("M1", Status::Passed, "x"),
            check("M2", Status::Failed, "GET <\"a\" & 'b'>"),
            check("M3", Status::NotMeasured { reason: "no time".to_owned() }, "x"),
        ];
        let document = text(checks, "a&b.csv");
        assert!(document.contains("<testsuite name=\"a&amp;b.csv\" tests=\"3\" skipped=\"1\" errors=\"0\" failures=\"1\">"), "{document}");
        assert!(document.contains("name=\"M1 figure\" classname=\"tracesmith.gate\"/>"), "{document}");
        assert!(document.contains("worst: GET &lt;&quot;a&quot; &amp; &apos;b&apos;&gt; 0.5000</failure>"), "{document}");
        assert!(document.contains("<skipped message=\"no time\">no time</skipped>"), "{document}");
        assert_eq!(document.matches("<testcase").count(), 3);
    }

    #[test]
    fn characters_that_xml_forbids_are_replaced_and_line_breaks_kept() {
        assert_eq!(printable("a\u{1}b\nc\u{7f}é\t\u{ffff}"), "a\u{fffd}b\nc\u{fffd}é \u{fffd}");
        let document = text(vec![check("M1", Status::NotMeasured { reason: "a\nb\u{1b}".to_owned() }, "x")], "s");
        assert!(document.contains(">a\nb\u{fffd}</skipped>"), "{document}");
    }
}
