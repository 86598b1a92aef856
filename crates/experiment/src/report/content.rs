//! What a report says, before it is rendered.

mod figure;
mod table;

use tracesmith_view::Viewer;

pub use figure::{Axis, BarSeries, Figure, Plot, Points, Profile, Sample, Scale, TraceColumn};
pub use table::{Cell, Mark, Row, Table};

/// A report: what `report.html` and `report.md` are rendered from. All text is plain text; the renderers escape it.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Name of the experiment, as in its file name.
    pub name: String,
    /// Heading of the page.
    pub title: String,
    /// What the experiment asks and how; blank lines separate paragraphs.
    pub description: String,
    /// The sections, in order.
    pub sections: Vec<Section>,
}

/// A part of a report with its own heading.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// Link target, unique in the report: letters, digits, `-` and `_`.
    pub id: String,
    /// Heading.
    pub title: String,
    /// Content, in order.
    pub blocks: Vec<Block>,
}

/// A piece of a section.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// Plain text; blank lines separate paragraphs.
    Text(String),
    /// A bullet list of plain texts.
    List(Vec<String>),
    /// Text kept as it is, in a fixed-width font: a command, a configuration.
    Code(String),
    /// A table.
    Table(Table),
    /// A figure.
    Figure(Figure),
    /// Traces to choose from, in the page only; its id is unique in the report.
    Viewer(Viewer),
    /// What is shown on demand.
    Details {
        /// The line that stands for it.
        summary: String,
        /// Its content, without further details.
        blocks: Vec<Block>,
        /// File in the folder of the report that has the numbers of its tables, too: there `report.md` leaves them.
        numbers: &'static str,
    },
}

impl Block {
    /// The block, and those inside it.
    pub(super) fn flattened(&self) -> Vec<&Block> {
        match self {
            Block::Details { blocks, .. } => std::iter::once(self).chain(blocks.iter().flat_map(Block::flattened)).collect(),
            _ => vec![self],
        }
    }
}

impl Report {
    /// All blocks in order, those of details after the details themselves.
    pub(super) fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.sections.iter().flat_map(|section| &section.blocks).flat_map(Block::flattened)
    }
}

/// The paragraphs of a plain text, which blank lines separate.
pub(super) fn paragraphs(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty())
}
