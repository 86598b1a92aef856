//! Aligned columns for people on a terminal.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

/// The first column to the left, all others to the right, two spaces between; every line ends with a line break.
pub fn table<const N: usize>(header: [&str; N], rows: &[[String; N]]) -> String {
    let right: [bool; N] = std::array::from_fn(|column| column > 0);
    aligned(&header, rows, &right)
}

/// Columns two spaces apart, those of `right` flush right; every line ends with a line break.
pub fn aligned<H: AsRef<str>, R: AsRef<[String]>>(header: &[H], rows: &[R], right: &[bool]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.add_row(header.iter().map(AsRef::as_ref));
    for row in rows {
        table.add_row(row.as_ref());
    }
    for (column, &right) in table.column_iter_mut().zip(right) {
        column.set_padding((0, 2));
        column.set_cell_alignment(if right { CellAlignment::Right } else { CellAlignment::Left });
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_line_up_on_the_right() {
        let rows = [["a".to_owned(), "1.5".to_owned()], ["long".to_owned(), String::new()]];
        assert_eq!(table(["metric", "ours"], &rows), "metric  ours\na        1.5\nlong\n");
    }

    #[test]
    fn a_table_without_rows_is_its_header() {
        assert_eq!(aligned(&["a", "b"], &[] as &[[String; 2]], &[false, true]), "a  b\n");
    }
}
