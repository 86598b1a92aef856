//! A table in LaTeX.

use super::wide::Wide;
use crate::results::Side;

pub(super) fn write(table: &Wide<'_>) -> String {
    let line = |cells: &[String]| format!("{} \\\\\n", cells.iter().map(|cell| escape(cell)).collect::<Vec<_>>().join(" & "));
    let header: Vec<String> = std::iter::once("generator".to_owned()).chain(table.headings()).collect();
    let part = |ceiling: bool| {
        let rows = table.rows.iter().filter(move |row| (row.side == Side::Ceiling) == ceiling);
        rows.map(|row| line(&table.texts(row))).collect::<String>()
    };
    let (generators, ceiling) = (part(false), part(true));
    let ceiling = if ceiling.is_empty() { ceiling } else { format!("\\midrule\n{ceiling}") };
    format!(
        "% {}; needs \\usepackage{{booktabs}}\n\\begin{{tabular}}{{l{}}}\n\\toprule\n{}\\midrule\n{generators}{ceiling}\\bottomrule\n\\end{{tabular}}\n",
        table.title(),
        "r".repeat(table.columns.len()),
        line(&header),
    )
}

/// Text with the characters that LaTeX reads as commands.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => escaped.extend(['\\', letter]),
            '\\' => escaped += "\\textbackslash{}",
            '~' => escaped += "\\textasciitilde{}",
            '^' => escaped += "\\textasciicircum{}",
            '±' => escaped += "$\\pm$",
            '–' => escaped += "--",
            'µ' => escaped += "$\\mu$",
            '…' => escaped += "\\dots{}",
            _ => escaped.push(letter),
        }
    }
    escaped
}
