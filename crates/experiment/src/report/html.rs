//! `report.html`: one page with its styles and figures inside and nothing to load; only a viewer of traces brings a script.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::check;
use super::content::{Block, Cell, Mark, Report, Row, Table};
use super::figure::Drawing;

const STYLE: &str = include_str!("style.css");

pub(super) fn render(report: &Report, drawings: &[Drawing]) -> String {
    let mut numbering = Numbering { tables: 0, drawings: drawings.iter().enumerate() };
    let has_viewer = check::viewers(report).next().is_some();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (report.title) }
                style { (PreEscaped(STYLE)) @if has_viewer { (PreEscaped(tracesmith_view::STYLE)) } }
            }
            body {
                div class="page" {
                    header {
                        p class="name" { (report.name) }
                        h1 { (report.title) }
                        (paragraphs(&report.description))
                    }
                    div class="body" {
                        (contents(report))
                        main {
                            @for section in &report.sections {
                                section id=(section.id) {
                                    h2 { (section.title) }
                                    @for block in &section.blocks { (numbering.block(block)) }
                                }
                            }
                        }
                    }
                }
                @if has_viewer { script { (PreEscaped(tracesmith_view::SCRIPT)) } }
            }
        }
    };
    page.into_string() + "\n"
}

/// Numbers tables and figures in the order they are rendered in.
struct Numbering<'a, I: Iterator<Item = (usize, &'a Drawing<'a>)>> {
    tables: usize,
    drawings: I,
}

impl<'a, I: Iterator<Item = (usize, &'a Drawing<'a>)>> Numbering<'a, I> {
    fn block(&mut self, block: &Block) -> Markup {
        match block {
            Block::Text(text) => paragraphs(text),
            Block::List(items) => html! { ul { @for item in items { li { (item) } } } },
            Block::Code(code) => html! { pre tabindex="0" { (code) } },
            Block::Table(content) => {
                self.tables += 1;
                table(self.tables, content)
            }
            Block::Viewer(viewer) => viewer.markup(),
            Block::Details { summary, blocks, .. } => html! {
                details { summary { (summary) } @for block in blocks { (self.block(block)) } }
            },
            Block::Figure(_) => html! { @if let Some((i, drawing)) = self.drawings.next() { (figure(i + 1, drawing)) } },
        }
    }
}

fn contents(report: &Report) -> Markup {
    html! {
        nav aria-labelledby="contents." {
            h2 id="contents." { "Contents" }
            ol { @for section in &report.sections { li { a href={ "#" (section.id) } { (section.title) } } } }
        }
    }
}

fn paragraphs(text: &str) -> Markup {
    html! { @for paragraph in super::content::paragraphs(text) { p { (paragraph) } } }
}

// The dots in the ids below keep them apart from section ids, which have none.

fn figure(number: usize, drawing: &Drawing) -> Markup {
    let caption = format!("caption.figure.{}", drawing.figure.id);
    html! {
        figure class="figure" id={ "figure." (drawing.figure.id) } {
            div class="plot scroll" tabindex="0" { (drawing.inline(&caption)) }
            figcaption id=(caption) {
                strong { "Figure " (number) "." } " " (drawing.figure.caption)
                @for note in &drawing.notes { small { (note) } }
            }
        }
    }
}

fn table(number: usize, table: &Table) -> Markup {
    let caption = format!("caption.table.{number}");
    let numeric: Vec<bool> = (0..table.columns.len()).map(|column| table.is_numeric(column)).collect();
    html! {
        figure id={ "table." (number) } {
            figcaption id=(caption) {
                strong { "Table " (number) "." } " " (table.caption)
                @if let Some(note) = table.notes() { small { (note) } }
            }
            div class="scroll" role="region" aria-labelledby=(caption) tabindex="0" {
                table aria-labelledby=(caption) {
                    thead { tr { @for (name, numeric) in table.columns.iter().zip(&numeric) {
                        th scope="col" class=[numeric.then_some("number")] { (name) }
                    } } }
                    tbody { @for content in &table.rows { (row(content, &numeric)) } }
                }
            }
        }
    }
}

fn row(row: &Row, numeric: &[bool]) -> Markup {
    let cells = || row.cells().iter().zip(numeric).enumerate();
    match row {
        Row::Group(title) => html! { tr class="group" { th scope="colgroup" colspan=(numeric.len().max(1)) { (title) } } },
        Row::Plain(_) => html! { tr { @for (i, (content, numeric)) in cells() { (cell(content, *numeric, i == 0)) } } },
        Row::Emphasis(_) => html! { tr class="emphasis" { @for (i, (content, numeric)) in cells() { (cell(content, *numeric, i == 0)) } } },
    }
}

fn cell(cell: &Cell, numeric: bool, first: bool) -> Markup {
    let class = numeric.then_some("number");
    match cell {
        Cell::Text(text) if first => html! { th scope="row" class=[class] { (text) } },
        Cell::Text(text) => html! { td class=[class] { (text) } },
        Cell::Missing => html! { td class=[class] { span class="missing" title="not measured" { "–" } } },
        Cell::Measured { summary, format, interval, mark } => {
            let written = format.write(summary, *interval);
            html! {
                td class=[class] title={ (summary.mean) " (n = " (summary.n) ")" } {
                    @if *mark == Mark::Best { strong { (written.mean) } } @else { (written.mean) }
                    @match &written.sd {
                        Some(sd) => { " " span class="sd" { "± " (sd) (written.unit) } }
                        None => { (written.unit) }
                    }
                    @if *mark == Mark::Tied { " " span class="tied" title="not distinguishable from the best one" { "≈" } }
                    @if let Some(interval) = &written.interval { " " span class="sd interval" { "(" (interval) ")" } }
                }
            }
        }
    }
}
