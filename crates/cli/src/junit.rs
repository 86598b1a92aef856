//! Verdicts as a JUnit report, which build servers show.

use std::{fmt::Write as _, path::Path};

use tracesmith_formats::{FormatError, write_atomically};
use tracesmith_verdict::{
    GateReport,
    gate::{Check, Status},
};

/// Writes the report to `path`, whole or not at all.
pub fn write(report: &GateReport, suite: &str, path: &Path) -> Result<(), FormatError> {
    write_atomically(path, |out| out.write_all(document(report, suite).as_bytes()))
}

/// A test suite with a test case a check; what was not measured is skipped.
fn document(report: &GateReport, suite: &str) -> String {
    let skipped = report.checks.iter().filter(|check| matches!(check.status, Status::NotMeasured { .. })).count();
    let counts = format!("tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{skipped}\"", report.checks.len(), report.failures().count());
    let cases: String = report.checks.iter().map(case).collect();
    let suite = escaped(suite);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"tracesmith validate\" {counts}>\n  \
         <testsuite name=\"{suite}\" {counts}>\n{cases}  </testsuite>\n</testsuites>\n"
    )
}

fn case(check: &Check) -> String {
    let head = format!("    <testcase classname=\"tracesmith.gate\" name=\"{}\"", escaped(&format!("{} {}", check.id, check.name)));
    match &check.status {
        Status::Passed => format!("{head}/>\n"),
        Status::NotMeasured { reason } => format!("{head}>\n      <skipped message=\"{}\"/>\n    </testcase>\n", escaped(reason)),
        Status::Failed => {
            let text = escaped(&check.to_string());
            format!("{head}>\n      <failure type=\"threshold\" message=\"{text}\">{text}</failure>\n    </testcase>\n")
        }
    }
}

/// Text that is safe in elements and in attributes: markup is escaped, and characters that XML 1.0 forbids are replaced.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            // Attributes would turn these into spaces.
            '\t' | '\n' | '\r' => {
                // Writing to a string cannot fail.
                let _ = write!(escaped, "&#{};", character as u32);
            }
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use tracesmith_verdict::gate::{Direction, Offender};

    use super::*;

    fn check(id: &str, status: Status, offender: &str) -> Check {
        let offenders = vec![Offender { name: offender.to_owned(), found: 0.5, expected: None }];
        Check { id: id.to_owned(), name: "figure", value: Some(0.5), threshold: 1.0, direction: Direction::AtLeast, status, offenders }
    }

    #[test]
    fn failures_are_said_and_what_is_missing_is_skipped() {
        let checks = vec![
            check("M1", Status::Passed, "x"),
            check("M2", Status::Failed, "GET <\"a\" & 'b'>"),
            check("M3", Status::NotMeasured { reason: "no time".to_owned() }, "x"),
        ];
        let document = document(&GateReport { passed: false, checks }, "a&b.csv");
        assert!(document.contains("<testsuite name=\"a&amp;b.csv\" tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\">"), "{document}");
        assert!(document.contains("name=\"M1 figure\"/>"), "{document}");
        assert!(document.contains("worst: GET &lt;&quot;a&quot; &amp; &apos;b&apos;&gt; 0.5000</failure>"), "{document}");
        assert!(document.contains("<skipped message=\"no time\"/>"), "{document}");
        assert_eq!(document.matches("<testcase").count(), 3);
    }

    #[test]
    fn characters_that_xml_forbids_are_replaced_and_line_breaks_kept() {
        assert_eq!(escaped("a\u{1}b\nc\u{7f}é\u{ffff}"), "a\u{fffd}b&#10;c\u{7f}é\u{fffd}");
    }
}
