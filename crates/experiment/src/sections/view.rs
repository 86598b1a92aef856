//! Rows that stand beside each other, and their cells.

use tracesmith_evaluate::Ceiling;

use crate::metrics::{self, format, in_order};
use crate::report::Cell;
use crate::results::{Row, Selection, Side};

/// Results of one question on one system with one size and protocol: of generators, of publications, and of real traces in their place.
#[derive(Clone)]
pub(super) struct View<'a> {
    generators: Selection<'a>,
    references: Selection<'a>,
    ceiling: Selection<'a>,
}

impl<'a> View<'a> {
    /// The rows of `all` for which `keep` holds, and the ceiling, which has no size.
    pub fn new(all: &Selection<'a>, keep: impl Fn(&Row) -> bool) -> Self {
        let kept = all.filter(keep);
        Self {
            generators: kept.filter(|row| matches!(row.side, Side::Ours | Side::Trivial)),
            references: kept.side(Side::Reference),
            ceiling: all.side(Side::Ceiling),
        }
    }

    /// The metrics whose ids begin in one of these ways.
    pub fn only(self, stems: &[&str]) -> Self {
        let keep = |row: &Row| stems.iter().any(|stem| row.metric.starts_with(stem));
        Self { generators: self.generators.filter(keep), references: self.references.filter(keep), ceiling: self.ceiling.filter(keep) }
    }

    /// The metrics of the generators, in the order of their declarations.
    pub fn metrics(&self) -> Vec<&'a str> {
        in_order(&self.generators.metrics())
    }

    /// The generators that something was measured of, in the order of the table.
    pub fn measured(&self) -> Vec<&'a str> {
        self.generators.generators()
    }

    /// Generators of which a publication prints a figure.
    pub fn references(&self) -> Vec<&'a str> {
        self.references.generators()
    }

    /// A metric of a generator, one row a seed.
    pub fn of(&self, generator: &str, metric: &str) -> Selection<'a> {
        self.generators.metric(metric).generator(generator)
    }

    /// A metric of real traces, one row a seed.
    pub fn of_ceiling(&self, metric: &str) -> Selection<'a> {
        self.ceiling.metric(metric)
    }

    pub fn cell(&self, generator: &str, metric: &str) -> Cell {
        cell(&self.of(generator, metric), metric)
    }

    /// The figure of a publication.
    pub fn reference(&self, generator: &str, metric: &str) -> Cell {
        cell(&self.references.filter(|row| row.generator == generator && row.metric == metric), metric)
    }

    /// What real traces, or a perfect generator, reach.
    pub fn ceiling(&self, metric: &str) -> Cell {
        match metrics::metric(metric).map_or(Ceiling::RealTraces, |declared| declared.ceiling) {
            Ceiling::RealTraces => cell(&self.of_ceiling(metric), metric),
            // It is measured beside every generator, and the same for all.
            Ceiling::Metric(other) => {
                let first = self.generators.metric(other).generators().first().copied();
                first.map_or(Cell::Missing, |generator| self.cell(generator, other))
            }
            Ceiling::Constant(value) => Cell::number(value, format(metrics::metric(metric))),
            Ceiling::None => Cell::Missing,
        }
    }
}

/// Mean, standard deviation and interval of a measurement.
fn cell(rows: &Selection<'_>, metric: &str) -> Cell {
    Cell::measured(&rows.values(), format(metrics::metric(metric))).within(rows.interval())
}
