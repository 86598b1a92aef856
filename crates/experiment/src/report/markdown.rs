//! `report.md`: the same report for GitHub, with figures as files.

use std::fmt::Write;

use super::content::{Block, Cell, Mark, Report, Row, Table, paragraphs};
use super::figure::Drawing;

/// Stands where the page has a viewer.
const VIEWER: &str = "The page `report.html` has a viewer of real and synthetic traces here.";

pub(super) fn render(report: &Report, drawings: &[Drawing]) -> String {
    let mut blocks = vec![format!("# {}", inline(&report.title))];
    blocks.extend(paragraphs(&report.description).map(paragraph));
    let mut page = Page { tables: 0, drawings: drawings.iter().enumerate() };
    for section in &report.sections {
        blocks.push(format!("## {}", inline(&section.title)));
        blocks.extend(section.blocks.iter().flat_map(|block| page.block(block)));
    }
    blocks.retain(|block| !block.is_empty());
    blocks.join("\n\n") + "\n"
}

/// Numbers tables and figures in the order they are rendered in.
struct Page<'a, I: Iterator<Item = (usize, &'a Drawing<'a>)>> {
    tables: usize,
    drawings: I,
}

impl<'a, I: Iterator<Item = (usize, &'a Drawing<'a>)>> Page<'a, I> {
    fn block(&mut self, block: &Block) -> Vec<String> {
        match block {
            Block::Text(text) => paragraphs(text).map(paragraph).collect(),
            Block::List(items) => vec![items.iter().map(|item| format!("- {}", inline(item))).collect::<Vec<_>>().join("\n")],
            Block::Code(code) => vec![fenced(code)],
            Block::Table(content) => {
                self.tables += 1;
                vec![table(self.tables, content)]
            }
            Block::Viewer(_) => vec![VIEWER.to_owned()],
            Block::Figure(_) => self.drawings.next().map(|(i, drawing)| figure(i + 1, drawing)).into_iter().collect(),
            Block::Details { summary, blocks, numbers } => self.details(summary, blocks, numbers),
        }
    }

    /// What the page folds away stays short where nothing can be folded: figures are links, and tables are in the page.
    fn details(&mut self, summary: &str, blocks: &[Block], numbers: &str) -> Vec<String> {
        let mut content = vec![bold(&format!("{}.", inline(summary)))];
        let mut items = Vec::new();
        for block in blocks {
            match block {
                Block::Figure(_) => items.extend(self.drawings.next().map(|(i, drawing)| link(i + 1, drawing))),
                Block::Table(table) => {
                    self.tables += 1;
                    items.push(format!(
                        "- Table {} (in `report.html`, its numbers in `{numbers}`): {}",
                        self.tables,
                        inline(&table.caption)
                    ));
                }
                block => content.extend(self.block(block)),
            }
        }
        content.push(items.join("\n"));
        content
    }
}

fn link(number: usize, drawing: &Drawing) -> String {
    let notes: String = drawing.notes.iter().map(|note| format!(" {}", inline(note))).collect();
    format!("- [Figure {number}]({}): {}{notes}", drawing.file(), inline(&drawing.figure.caption))
}

fn figure(number: usize, drawing: &Drawing) -> String {
    let caption = inline(&drawing.figure.caption);
    let notes: String = drawing.notes.iter().map(|note| format!(" {}", inline(note))).collect();
    format!("![Figure {number}]({})\n\n**Figure {number}.** {caption}{notes}", drawing.file())
}

fn table(number: usize, table: &Table) -> String {
    let note = table.notes().map_or(String::new(), |note| format!(". {note}"));
    let mut text = format!("**Table {number}.** {}{note}\n\n", inline(&table.caption));
    text.push_str(&line(table.columns.iter().map(|name| inline(name))));
    text.push_str(&line((0..table.columns.len()).map(|column| if table.is_numeric(column) { "---:" } else { "---" }.to_owned())));
    for row in &table.rows {
        text.push_str(&match row {
            Row::Plain(cells) => line(cells.iter().map(cell)),
            Row::Emphasis(cells) => line(cells.iter().map(|content| bold(&cell(&content.clone().marked(Mark::None))))),
            Row::Group(title) => {
                line((0..table.columns.len()).map(|column| if column == 0 { bold(&inline(title)) } else { String::new() }))
            }
        });
    }
    text.trim_end().to_owned()
}

fn line(cells: impl Iterator<Item = String>) -> String {
    let mut line = "|".to_owned();
    for cell in cells {
        // Writing to a string cannot fail.
        let _ = write!(line, " {cell} |");
    }
    line + "\n"
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => inline(text),
        Cell::Measured { summary, format, interval, mark } => {
            let written = format.write(summary, *interval).line();
            match mark {
                Mark::None => written,
                Mark::Best => bold(&written),
                Mark::Tied => format!("{written} ≈"),
            }
        }
        Cell::Missing => "–".to_owned(),
    }
}

fn bold(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("**{text}**") }
}

/// A code block whose fence is longer than any run of backticks inside.
fn fenced(code: &str) -> String {
    let longest = code.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}\n{}\n{fence}", code.trim_end())
}

/// A paragraph whose first characters would otherwise start a list, a heading, a quotation or a rule.
fn paragraph(text: &str) -> String {
    let escaped = inline(text);
    let digits = escaped.bytes().take_while(u8::is_ascii_digit).count();
    match escaped.as_bytes().get(digits) {
        Some(b'.' | b')') if digits > 0 => format!("{}\\{}", &escaped[..digits], &escaped[digits..]),
        Some(b'-' | b'+' | b'#' | b'=') if digits == 0 => format!("\\{escaped}"),
        _ => escaped,
    }
}

/// Plain text on one line, with the characters that mean something in Markdown escaped. An underscore between
/// letters or digits means nothing and stays, so that names read well.
fn inline(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut escaped = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    let mut before = ' ';
    while let Some(c) = characters.next() {
        let inside_name = c == '_' && before.is_alphanumeric() && characters.peek().is_some_and(|after| after.is_alphanumeric());
        if "\\`*_<>[]|~$&".contains(c) && !inside_name {
            escaped.push('\\');
        }
        escaped.push(c);
        before = c;
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_with_a_meaning_are_escaped() {
        assert_eq!(inline("a|b *c* <d> _e_ edge_f1\n[f]"), "a\\|b \\*c\\* \\<d\\> \\_e\\_ edge_f1 \\[f\\]");
    }

    #[test]
    fn a_paragraph_does_not_become_a_list_or_a_heading() {
        assert_eq!(paragraph("1. of"), "1\\. of");
        assert_eq!(paragraph("# x"), "\\# x");
        assert_eq!(paragraph("- x"), "\\- x");
        assert_eq!(paragraph("12 traces - all"), "12 traces - all");
    }

    #[test]
    fn a_fence_is_longer_than_the_backticks_inside() {
        assert_eq!(fenced("a ```` b\n"), "`````\na ```` b\n`````");
        assert_eq!(fenced("plain"), "```\nplain\n```");
    }

    #[test]
    fn a_table_escapes_its_cells_and_aligns_numbers_right() {
        let content = Table {
            caption: "a|b".to_owned(),
            columns: vec!["x|y".to_owned(), "F1".to_owned()],
            rows: vec![
                Row::Group("g|h".to_owned()),
                Row::Plain(vec![Cell::text("c|d"), Cell::measured(&[0.5, 0.5], super::super::NumberFormat::Ratio)]),
                Row::Emphasis(vec![Cell::text("e"), Cell::Missing]),
            ],
        };
        let expected = "**Table 3.** a\\|b. Mean ± sample standard deviation, n = 2.\n\n| x\\|y | F1 |\n| --- | ---: |\n\
                        | **g\\|h** |  |\n| c\\|d | 0.500 ± 0.000 |\n| **e** | **–** |";
        assert_eq!(table(3, &content), expected);
    }
}
