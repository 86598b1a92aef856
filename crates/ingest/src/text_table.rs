//! Aligned text tables for people on a terminal.

/// Lines of aligned columns, two spaces apart. A column of nothing but numbers is flush right.
pub(crate) fn text_table(header: &[&str], rows: &[Vec<String>]) -> String {
    let cell = |row: &[String], column: usize| row.get(column).cloned().unwrap_or_default();
    let is_number = |text: &str| text.is_empty() || text.trim_end_matches([' ', '%']).parse::<f64>().is_ok();
    let columns: Vec<(usize, bool)> = (0..header.len())
        .map(|column| {
            let widest = rows.iter().map(|row| cell(row, column).chars().count()).max().unwrap_or(0);
            (widest.max(header[column].chars().count()), rows.iter().all(|row| is_number(&cell(row, column))))
        })
        .collect();
    let header: Vec<String> = header.iter().map(|&name| name.to_owned()).collect();
    let mut text = String::new();
    for row in std::iter::once(&header).chain(rows) {
        let cells = columns.iter().enumerate().map(|(column, &(width, right))| {
            let value = cell(row, column);
            if right { format!("{value:>width$}") } else { format!("{value:<width$}") }
        });
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_flush_right_and_names_flush_left() {
        let rows = [vec!["é".to_owned(), "10".to_owned()], vec!["long".to_owned(), "5".to_owned()]];
        assert_eq!(text_table(&["name", "n"], &rows), "name   n\né     10\nlong   5\n");
    }
}
