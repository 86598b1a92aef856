//! The README's table of formats is what the registry says.

use std::fs;

use tracesmith_checks::workspace::{root, text};
use tracesmith_formats::{Format, all};

/// Set to write the table instead of comparing it.
const WRITE: &str = "TRACESMITH_WRITE_README";

/// The line before the table says how it is made.
const BEGIN: &str = "<!-- formats: written by `TRACESMITH_WRITE_README=1 cargo test -p tracesmith-checks --test readme_formats` -->\n";
const END: &str = "<!-- end of formats -->\n";

fn table() -> String {
    let row = |format: Format| {
        let endings: Vec<String> = format.endings().iter().map(|ending| format!("`{ending}`")).collect();
        let cells = [format!("`{format}`"), format.summary().to_owned(), endings.join(", "), format.capabilities().in_words()];
        format!("| {} |\n", cells.join(" | "))
    };
    let rows: String = all().into_iter().map(row).collect();
    format!("| `--from`, `--to` | what it is | ending | keeps |\n|---|---|---|---|\n{rows}")
}

#[test]
fn the_table_of_formats_is_that_of_the_registry() {
    let path = root().join("README.md");
    let readme = text(&path);
    let (before, rest) = readme.split_once(BEGIN).expect("the README has the line before the table");
    let (found, after) = rest.split_once(END).expect("the README has the line after the table");
    if std::env::var_os(WRITE).is_some() {
        fs::write(&path, format!("{before}{BEGIN}{}{END}{after}", table())).expect("the README can be written");
        return;
    }
    assert_eq!(found, table(), "set {WRITE}=1 to write it");
}
