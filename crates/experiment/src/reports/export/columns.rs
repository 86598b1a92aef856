//! Which metrics are exported, and how their columns are called.

use tracesmith_evaluate::Role;
use tracesmith_trace::nearest_name;

use super::cell::WideCell;
use crate::ExperimentError;
use crate::config::MAIN_SIZE;
use crate::metrics::{format, metric};
use crate::results::{Row, Selection, Side};

/// What a classifier is trained on where one number is to stand for all: synthetic traces alone.
const MAIN_PROTOCOL: &str = "real0";

/// Which metrics are exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Columns {
    /// Those that have a column in a table of all generators, in the main size mode.
    Main,
    /// Every metric in every size mode and protocol.
    All,
    /// These, by id, in every size mode and protocol.
    Named(Vec<String>),
}

/// A metric in one size mode and protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Column<'a> {
    question: &'a str,
    size: &'a str,
    protocol: &'a str,
    metric: &'a str,
}

impl Columns {
    /// Whether every metric that was asked for was measured.
    pub(super) fn check(&self, rows: &Selection<'_>) -> Result<(), ExperimentError> {
        let Self::Named(names) = self else { return Ok(()) };
        let known = rows.metrics();
        match names.iter().find(|name| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some(unknown) => {
                let nearest = nearest_name(unknown, known).map_or_else(String::new, |nearest| format!("; the nearest one is `{nearest}`"));
                Err(ExperimentError::Report(format!("metric `{unknown}` was not measured{nearest}")))
            }
        }
    }

    /// The columns of a table: those of the generators, or of the ceiling if there are none; headline metrics first.
    pub(super) fn of<'a>(&self, rows: &Selection<'a>) -> Vec<Column<'a>> {
        let generators = rows.filter(|row| row.side != Side::Ceiling);
        let shown = if generators.is_empty() { rows } else { &generators };
        let mut columns = Vec::new();
        for row in shown.rows().iter().filter(|row| self.holds(row)) {
            let column = Column { question: &row.question, size: &row.size, protocol: &row.protocol, metric: &row.metric };
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
        if *self == Self::Main {
            columns.sort_by_key(|column| metric(column.metric).map_or(Role::Detail, |metric| metric.role));
        }
        columns
    }

    fn holds(&self, row: &Row) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.contains(&row.metric),
            Self::Main => {
                let main = [(row.size.as_str(), MAIN_SIZE), (row.protocol.as_str(), MAIN_PROTOCOL)];
                let is_main = main.into_iter().all(|(found, main)| found.is_empty() || found == main);
                is_main && metric(&row.metric).is_some_and(|metric| metric.column.is_some() || matches!(metric.role, Role::Headline(_)))
            }
        }
    }
}

impl<'a> Column<'a> {
    /// Name for programs, as in `metrics.json` without variant, system and generator.
    pub(super) fn id(&self) -> String {
        [self.question, self.size, self.protocol, self.metric].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".")
    }

    /// Name for people, with what tells it from the other columns.
    pub(super) fn heading(&self, all: &[Self]) -> String {
        let name = |column: &Self| match metric(column.metric) {
            Some(known) => known.column.map_or_else(|| known.label_of(column.metric), str::to_owned),
            None => column.metric.to_owned(),
        };
        let own = name(self);
        let elsewhere = all.iter().any(|column| column.question != self.question && name(column) == own);
        let question = if elsewhere { self.question } else { "" };
        let size = if self.size == MAIN_SIZE { "" } else { self.size };
        let parts: Vec<&str> = [question, size, self.protocol].into_iter().filter(|part| !part.is_empty()).collect();
        if parts.is_empty() { own } else { format!("{own} ({})", parts.join(", ")) }
    }

    /// The values of a generator or of the ceiling. Real traces have no size mode and a protocol of their own.
    pub(super) fn cell(&self, rows: &Selection<'a>) -> Option<WideCell> {
        let own = rows.filter(|row| row.question == self.question && row.metric == self.metric);
        let exact = own.filter(|row| row.size == self.size && row.protocol == self.protocol);
        let found = if exact.is_empty() { own.side(Side::Ceiling) } else { exact };
        Some(WideCell { summary: found.summary()?, interval: found.interval() })
    }

    /// A cell for people.
    pub(super) fn text(&self, cell: &WideCell) -> String {
        format(metric(self.metric)).line(&cell.summary, cell.interval)
    }
}
