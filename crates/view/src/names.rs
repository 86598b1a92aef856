//! How the parts of a span are written for people.

use tracesmith_trace::{Label, Status};

/// A duration in µs, to three digits, in the unit that suits it: `870 µs`, `12.3 ms`, `1.65 s`, `2.1 min`, `3 h`.
pub fn duration(us: f64) -> String {
    const UNITS: [(f64, &str); 5] = [(1.0, "µs"), (1e3, "ms"), (1e6, "s"), (60e6, "min"), (3600e6, "h")];
    // A value that rounds up to the next unit is written in that.
    let (size, unit) = UNITS.iter().rev().find(|(size, _)| us >= size * 0.9995).copied().unwrap_or(UNITS[0]);
    let value = us / size;
    let decimals = match value {
        value if value < 9.995 => 2,
        value if value < 99.95 => 1,
        _ => 0,
    };
    let number = format!("{value:.decimals$}");
    let number = if number.contains('.') && unit == "µs" { number.trim_end_matches('0').trim_end_matches('.') } else { &number };
    format!("{number} {unit}")
}

/// A status in words; empty where nothing is known.
pub fn status(status: Status) -> String {
    if status.is_known() { status.to_string() } else { String::new() }
}

/// A label in words; empty where nothing is known.
pub fn label(label: &Label) -> String {
    match label {
        Label::Unknown => String::new(),
        Label::Normal => "normal".to_owned(),
        Label::Abnormal(fault) => format!("{} of {}", printable(&fault.kind), printable(&fault.service)),
    }
}

/// `text` without what would move the cursor or turn the direction of writing, each replaced by `�`: names come from files.
pub fn printable(text: &str) -> String {
    let harmful = |c: char| c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if harmful(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_digits_and_a_unit() {
        let expected = [
            (0.0, "0 µs"),
            (0.25, "0.25 µs"),
            (7.0, "7 µs"),
            (870.0, "870 µs"),
            (999.6, "1.00 ms"),
            (12_345.0, "12.3 ms"),
            (999_600.0, "1.00 s"),
            (1_653_559.0, "1.65 s"),
            (126e6, "2.10 min"),
            (10_800e6, "3.00 h"),
            (1.8e13, "5000 h"),
        ];
        for (us, text) in expected {
            assert_eq!(duration(us), text);
        }
    }

    #[test]
    fn only_errors_of_the_server_and_plain_errors_count_as_failed() {
        assert_eq!([0, 1, 2, 404].map(|number| status(Status::from_number(number))), ["", "ok", "error", "404"]);
    }

    #[test]
    fn names_cannot_move_the_cursor() {
        assert_eq!(printable("a\u{1b}[31m\n\u{202e}b支"), "a\u{fffd}[31m\u{fffd}\u{fffd}b支");
    }
}
