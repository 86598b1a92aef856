//! A table in Markdown.

use super::wide::Wide;

pub(super) fn write(table: &Wide<'_>) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let header: Vec<String> = std::iter::once("generator".to_owned()).chain(table.headings()).collect();
    let rule: Vec<&str> = std::iter::once("---").chain(table.columns.iter().map(|_| "--:")).collect();
    let rows: String = table.rows.iter().map(|row| line(&table.texts(row))).collect();
    format!("### {}\n\n{}| {} |\n{rows}", table.title(), line(&header), rule.join(" | "))
}
