//! Aligned columns for people on a terminal.

/// The first column to the left, all others to the right, two spaces between; every line ends with a line break.
pub fn table<const N: usize>(header: [&str; N], rows: &[[String; N]]) -> String {
    let header = header.map(str::to_owned);
    let lines = || std::iter::once(&header).chain(rows);
    let widths: [usize; N] = std::array::from_fn(|column| lines().map(|line| line[column].chars().count()).max().unwrap_or(0));
    let cell = |line: &[String; N], column: usize| match column {
        0 => format!("{:<width$}", line[0], width = widths[0]),
        _ => format!("  {:>width$}", line[column], width = widths[column]),
    };
    lines().map(|line| format!("{}\n", (0..N).map(|column| cell(line, column)).collect::<String>().trim_end())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_line_up_on_the_right() {
        let rows = [["a".to_owned(), "1.5".to_owned()], ["long".to_owned(), String::new()]];
        assert_eq!(table(["metric", "ours"], &rows), "metric  ours\na        1.5\nlong\n");
    }
}
