//! How the answer to a query is written.

use std::{
    io::{self, Write},
    path::Path,
};

use serde_json::Value;
use tracesmith_frame::{Cell, cells, numeric_columns, polars::prelude::DataFrame};
use tracesmith_view::{duration, printable};

use crate::table::aligned;

/// A format of an answer. For programs (CSV and JSON) durations are numbers of µs, and nothing is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultFormat {
    /// Aligned columns for people.
    Table,
    /// Comma-separated values with a header; what is null is empty.
    Csv,
    /// A list of objects; what is NaN is null, for want of it in JSON.
    Json,
    /// A table of Markdown.
    Markdown,
}

impl ResultFormat {
    /// Every format by name.
    pub const NAMED: [(&'static str, Self); 4] =
        [("table", Self::Table), ("csv", Self::Csv), ("json", Self::Json), ("markdown", Self::Markdown)];

    /// The format that the ending of a file says.
    pub fn of_name(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            "md" => Some(Self::Markdown),
            _ => None,
        }
    }

    /// Writes an answer.
    ///
    /// # Errors
    /// If `out` cannot be written to.
    pub fn write(self, answer: &DataFrame, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Table => write_table(answer, out),
            Self::Csv => write_csv(answer, out),
            Self::Json => write_json(answer, out),
            Self::Markdown => write_markdown(answer, out),
        }
    }
}

fn names(answer: &DataFrame) -> Vec<String> {
    answer.get_column_names().into_iter().map(ToString::to_string).collect()
}

fn write_table(answer: &DataFrame, out: &mut dyn Write) -> io::Result<()> {
    let header: Vec<String> = names(answer).iter().map(|name| printable(name)).collect();
    let rows: Vec<Vec<String>> = cells(answer).map(|row| row.iter().map(for_people).collect()).collect();
    out.write_all(aligned(&header, &rows, &numeric_columns(answer)).as_bytes())
}

fn write_markdown(answer: &DataFrame, out: &mut dyn Write) -> io::Result<()> {
    let escaped = |text: &str| printable(text).replace('|', "\\|");
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let rules = numeric_columns(answer).into_iter().map(|right| if right { "---:" } else { "---" }.to_owned());
    out.write_all(line(names(answer).iter().map(|name| escaped(name)).collect()).as_bytes())?;
    out.write_all(line(rules.collect()).as_bytes())?;
    cells(answer).try_for_each(|row| out.write_all(line(row.iter().map(|cell| escaped(&for_people(cell))).collect()).as_bytes()))
}

fn write_csv(answer: &DataFrame, out: &mut dyn Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(names(answer))?;
    for row in cells(answer) {
        csv.write_record(row.iter().map(for_programs))?;
    }
    csv.flush()
}

fn write_json(answer: &DataFrame, out: &mut dyn Write) -> io::Result<()> {
    let names = names(answer);
    let mut separator = "[\n  ";
    for row in cells(answer) {
        let object: serde_json::Map<String, Value> = names.iter().cloned().zip(row.iter().map(json)).collect();
        out.write_all(separator.as_bytes())?;
        serde_json::to_writer(&mut *out, &object)?;
        separator = ",\n  ";
    }
    out.write_all(if answer.height() == 0 { b"[]\n" } else { b"\n]\n" })
}

fn for_people(cell: &Cell) -> String {
    match cell {
        Cell::Null => "null".to_owned(),
        Cell::Boolean(value) => value.to_string(),
        Cell::Integer(value) => value.to_string(),
        Cell::Number(value) => rounded(*value),
        Cell::Text(text) => printable(text),
        Cell::DurationUs(us) if *us < 0.0 => format!("-{}", duration(-us)),
        Cell::DurationUs(us) => duration(*us),
        Cell::List(cells) => format!("[{}]", cells.iter().map(for_people).collect::<Vec<_>>().join(", ")),
    }
}

/// A number to three decimals; one of too many digits for that by its power of ten.
fn rounded(value: f64) -> String {
    match value.abs() {
        size if size != 0.0 && size.is_finite() && !(0.001..1e15).contains(&size) => format!("{value:.3e}"),
        size if size.is_finite() => {
            let text = format!("{value:.3}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        _ => value.to_string(),
    }
}

fn for_programs(cell: &Cell) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Number(value) | Cell::DurationUs(value) => value.to_string(),
        Cell::Text(text) => text.clone(),
        Cell::List(_) => json(cell).to_string(),
        Cell::Boolean(_) | Cell::Integer(_) => for_people(cell),
    }
}

fn json(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Boolean(value) => Value::from(*value),
        // No counter is larger than what JSON's integers hold.
        Cell::Integer(value) => i64::try_from(*value).map_or_else(|_| Value::from(*value as f64), Value::from),
        Cell::Number(value) | Cell::DurationUs(value) => Value::from(*value),
        Cell::Text(text) => Value::from(text.as_str()),
        Cell::List(cells) => cells.iter().map(json).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable_whatever_their_size() {
        let expected = [
            (0.0, "0"),
            (1234.56789, "1234.568"),
            (2.0, "2"),
            (-0.5, "-0.5"),
            (0.00001234, "1.234e-5"),
            (1e18, "1.000e18"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "inf"),
        ];
        for (value, text) in expected {
            assert_eq!(rounded(value), text);
        }
    }

    #[test]
    fn durations_are_for_people_or_for_programs_and_nothing_is_nan_in_json() {
        let list = Cell::List(vec![Cell::Integer(1), Cell::Null]);
        assert_eq!((for_people(&Cell::DurationUs(-12_345.0)).as_str(), for_programs(&Cell::DurationUs(0.5)).as_str()), ("-12.3 ms", "0.5"));
        assert_eq!((for_people(&list).as_str(), for_programs(&list).as_str()), ("[1, null]", "[1,null]"));
        assert_eq!((json(&Cell::Number(f64::NAN)), for_programs(&Cell::Null)), (Value::Null, String::new()));
        assert_eq!(for_people(&Cell::Text("a\n\u{1b}[31m".into())).lines().count(), 1);
    }
}
