//! What a report says, before it is rendered.

use tracesmith_view::{Viewer, Waterfall};

use super::{NumberFormat, Summary};

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
}

/// A table; its number is given by its place in the report.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// What the table shows.
    pub caption: String,
    /// Column headings.
    pub columns: Vec<String>,
    /// Rows, in order.
    pub rows: Vec<Row>,
}

impl Table {
    /// Whether a column holds numbers and nothing but numbers, and so is aligned right.
    pub(super) fn is_numeric(&self, column: usize) -> bool {
        let mut cells = self.cells(column).filter(|cell| **cell != Cell::Missing).peekable();
        cells.peek().is_some() && cells.all(|cell| matches!(cell, Cell::Measured { .. }))
    }

    /// What stands behind "±" and in brackets; nothing if no cell has either.
    pub(super) fn notes(&self) -> Option<String> {
        let within = self.rows.iter().flat_map(Row::cells).any(|cell| matches!(cell, Cell::Measured { interval: Some(_), .. }));
        let interval = within.then(|| INTERVAL.to_owned());
        let notes: Vec<String> = self.repetitions().into_iter().chain(interval).collect();
        (!notes.is_empty()).then(|| notes.join(" "))
    }

    fn repetitions(&self) -> Option<String> {
        let repeated = self.rows.iter().flat_map(Row::cells).filter_map(|cell| match cell {
            Cell::Measured { summary: Summary { sd: Some(_), n, .. }, .. } => Some(*n),
            _ => None,
        });
        let (least, most) =
            repeated.fold(None, |range, n| range.map_or(Some((n, n)), |(low, high): (usize, usize)| Some((low.min(n), high.max(n)))))?;
        let n = if least == most { least.to_string() } else { format!("{least} to {most}") };
        Some(format!("Mean ± sample standard deviation, n = {n}."))
    }

    fn cells(&self, column: usize) -> impl Iterator<Item = &Cell> {
        self.rows.iter().filter_map(move |row| row.cells().get(column))
    }
}

/// What a table with intervals says of them.
const INTERVAL: &str = "In brackets: 95 % interval; over several seeds, the means of its ends.";

/// The paragraphs of a plain text, which blank lines separate.
pub(super) fn paragraphs(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty())
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Row {
    /// One cell a column.
    Plain(Vec<Cell>),
    /// One cell a column, set in bold.
    Emphasis(Vec<Cell>),
    /// A heading over the rows that follow.
    Group(String),
}

impl Row {
    /// The cells; none for a group heading.
    pub fn cells(&self) -> &[Cell] {
        match self {
            Row::Plain(cells) | Row::Emphasis(cells) => cells,
            Row::Group(_) => &[],
        }
    }
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// A number, or a mean over repetitions.
    Measured {
        /// Mean, standard deviation and number of repetitions.
        summary: Summary,
        /// How to write it.
        format: NumberFormat,
        /// Ends of its interval.
        interval: Option<[f64; 2]>,
    },
    /// Not measured.
    Missing,
}

impl Cell {
    /// A cell of words.
    pub fn text(text: impl Into<String>) -> Self {
        Cell::Text(text.into())
    }

    /// The mean over one value per seed; [`Cell::Missing`] if there are none.
    pub fn measured(values: &[f64], format: NumberFormat) -> Self {
        Summary::of(values).map_or(Cell::Missing, |summary| Cell::Measured { summary, format, interval: None })
    }

    /// A number that was measured once.
    pub fn number(value: f64, format: NumberFormat) -> Self {
        Cell::Measured { summary: Summary { mean: value, sd: None, n: 1 }, format, interval: None }
    }

    /// The same number with the ends of its interval, if they are known.
    pub fn within(self, ends: Option<[f64; 2]>) -> Self {
        match self {
            Cell::Measured { summary, format, .. } => Cell::Measured { summary, format, interval: ends },
            other => other,
        }
    }
}

/// A figure; its number is given by its place in the report.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// File stem (`figures/<id>.svg`), unique in the report: letters, digits, `-` and `_`.
    pub id: String,
    /// What the figure shows.
    pub caption: String,
    /// What is drawn.
    pub plot: Plot,
}

/// What a figure draws. Values that cannot be drawn are left out and counted below the caption.
#[derive(Debug, Clone, PartialEq)]
pub enum Plot {
    /// Points, such as embeddings or a measure against another.
    Scatter {
        /// Groups of points.
        series: Vec<Points>,
        /// Horizontal axis.
        x: Axis,
        /// Vertical axis.
        y: Axis,
    },
    /// Points joined in the order given, such as learning curves.
    Lines {
        /// The lines.
        series: Vec<Points>,
        /// Horizontal axis.
        x: Axis,
        /// Vertical axis.
        y: Axis,
    },
    /// Distributions of raw values over common bins, each as a share of its own sample.
    Histogram {
        /// The samples.
        samples: Vec<Sample>,
        /// Axis of the values.
        x: Axis,
    },
    /// Counts of predicted (columns) by true (rows) label, shaded by share of the row.
    Confusion {
        /// Labels, in the order of rows and columns.
        labels: Vec<String>,
        /// One row per true label, one count per predicted label.
        counts: Vec<Vec<u64>>,
    },
    /// Horizontal bars from 0, grouped by category, with whiskers of one standard deviation.
    Bars {
        /// The groups, from the top.
        categories: Vec<String>,
        /// One bar in each category for each series.
        series: Vec<BarSeries>,
        /// Name and unit of the values.
        label: String,
        /// How to write the values.
        format: NumberFormat,
    },
    /// A vertical axis a measure, all from 0 to 1 with 1 the best, and a line across them a candidate.
    Parallel {
        /// Names of the measures.
        axes: Vec<String>,
        /// The candidates.
        profiles: Vec<Profile>,
    },
    /// Traces below each other, beside those of other sets.
    Waterfalls {
        /// The sets, from the left.
        columns: Vec<TraceColumn>,
    },
}

/// A candidate in a parallel plot.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Name in the legend.
    pub name: String,
    /// One value in 0–1 a measure; `None` where nothing was measured.
    pub values: Vec<Option<f64>>,
    /// Whether it is what the others are compared with, and so dashed.
    pub reference: bool,
}

/// Traces of one set.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceColumn {
    /// Name of the set.
    pub name: String,
    /// The traces, from the top.
    pub traces: Vec<Waterfall>,
}

/// A named group of points.
#[derive(Debug, Clone, PartialEq)]
pub struct Points {
    /// Name in the legend.
    pub name: String,
    /// `(x, y)`.
    pub points: Vec<(f64, f64)>,
}

/// A named sample of raw values.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Name in the legend.
    pub name: String,
    /// The values.
    pub values: Vec<f64>,
}

/// A named series of bars.
#[derive(Debug, Clone, PartialEq)]
pub struct BarSeries {
    /// Name in the legend.
    pub name: String,
    /// One value a category; `None` where nothing was measured.
    pub values: Vec<Option<Summary>>,
}

/// An axis of a figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// Name and unit.
    pub label: String,
    /// How values map to positions.
    pub scale: Scale,
}

impl Axis {
    /// A linear axis.
    pub fn linear(label: impl Into<String>) -> Self {
        Axis { label: label.into(), scale: Scale::Linear }
    }

    /// A logarithmic axis, such as for durations in µs. Values of 0 and below are left out.
    pub fn log(label: impl Into<String>) -> Self {
        Axis { label: label.into(), scale: Scale::Log }
    }
}

/// How an axis maps values to positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Equal steps are equal distances.
    Linear,
    /// Equal ratios are equal distances.
    Log,
}
