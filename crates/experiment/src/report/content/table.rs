//! Tables: rows of words and numbers.

use crate::report::number::NumberFormat;
use crate::report::summary::Summary;

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
    pub(crate) fn is_numeric(&self, column: usize) -> bool {
        let mut cells = self.cells(column).filter(|cell| **cell != Cell::Missing).peekable();
        cells.peek().is_some() && cells.all(|cell| matches!(cell, Cell::Measured { .. }))
    }

    /// What stands behind "±" and in brackets; nothing if no cell has either.
    pub(crate) fn notes(&self) -> Option<String> {
        let within = self.rows.iter().flat_map(Row::cells).any(|cell| matches!(cell, Cell::Measured { interval: Some(_), .. }));
        let tied = self.rows.iter().flat_map(Row::cells).any(|cell| matches!(cell, Cell::Measured { mark: Mark::Tied, .. }));
        let said = [(within, INTERVAL), (tied, TIED)].into_iter().filter(|(applies, _)| *applies).map(|(_, note)| note.to_owned());
        let notes: Vec<String> = self.repetitions().into_iter().chain(said).collect();
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

/// What a table with numbers that are as good as the best one says of them.
const TIED: &str = "≈: not distinguishable from the best one, which is bold.";

/// What a table with intervals says of them.
const INTERVAL: &str = "In brackets: 95 % interval; over several seeds, the means of its ends.";

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

/// How a number does beside the others of its kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mark {
    /// Nothing to say.
    #[default]
    None,
    /// The best one; set in bold.
    Best,
    /// Not distinguishable from the best one.
    Tied,
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
        /// How it does beside others.
        mark: Mark,
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
        Summary::of(values).map_or(Cell::Missing, |summary| Cell::Measured { summary, format, interval: None, mark: Mark::None })
    }

    /// A number that was measured once.
    pub fn number(value: f64, format: NumberFormat) -> Self {
        Cell::Measured { summary: Summary { mean: value, sd: None, n: 1 }, format, interval: None, mark: Mark::None }
    }

    /// The same number with the ends of its interval, if they are known.
    pub fn within(self, ends: Option<[f64; 2]>) -> Self {
        match self {
            Cell::Measured { summary, format, mark, .. } => Cell::Measured { summary, format, interval: ends, mark },
            other => other,
        }
    }

    /// The same number with a mark.
    pub fn marked(self, mark: Mark) -> Self {
        match self {
            Cell::Measured { summary, format, interval, .. } => Cell::Measured { summary, format, interval, mark },
            other => other,
        }
    }
}
