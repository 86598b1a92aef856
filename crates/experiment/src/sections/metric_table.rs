//! Tables with a row a metric and a column a generator.

use tracesmith_evaluate::Role;

use super::best::marks;
use super::view::View;
use crate::metrics::{self, label};
use crate::report::{Block, Cell, Row, Table};
use crate::results;

/// Metrics by generators, group by group: what is measured together, under a heading.
pub(super) struct MetricTable<'a> {
    /// Generators in the order of their columns.
    pub generators: Vec<&'a str>,
    /// Heading and results of each group.
    pub groups: Vec<(String, View<'a>)>,
    /// Which metrics are shown; those without a declaration are for the breakdown.
    pub shows: fn(Role) -> bool,
    /// Name of the publication whose figures stand beside ours.
    pub publication: &'a str,
}

impl<'a> MetricTable<'a> {
    /// The table; nothing without a row.
    pub fn block(self, caption: String) -> Option<Block> {
        let groups: Vec<(&str, Vec<&str>, &View<'a>)> =
            self.groups.iter().map(|(heading, view)| (heading.as_str(), self.metrics(view), view)).collect();
        let groups: Vec<_> = groups.into_iter().filter(|(_, metrics, _)| !metrics.is_empty()).collect();
        let measured = |generator: &&str| groups.iter().any(|(.., view)| view.measured().contains(generator));
        let generators: Vec<&str> = self.generators.iter().copied().filter(measured).collect();
        let references = distinct(groups.iter().flat_map(|(.., view)| view.references()));
        let mut rows = Vec::new();
        for (heading, metrics, view) in &groups {
            rows.push(Row::Group((*heading).to_owned()));
            rows.extend(metrics.iter().map(|metric| row(view, metric, &generators, &references)));
        }
        let cited = references.iter().map(|name| format!("{}: {name}", self.publication));
        let columns = std::iter::once("metric".to_owned()).chain(generators.iter().map(|&name| name.to_owned())).chain(cited);
        let columns = columns.chain(["ceiling".to_owned()]).collect();
        (!rows.is_empty()).then_some(Block::Table(Table { caption, columns, rows }))
    }

    fn metrics(&self, view: &View<'a>) -> Vec<&'a str> {
        let shown = |metric: &&str| (self.shows)(metrics::metric(metric).map_or(Role::Detail, |metric| metric.role));
        view.metrics().into_iter().filter(shown).collect()
    }
}

fn row(view: &View<'_>, metric: &str, generators: &[&str], references: &[&str]) -> Row {
    let candidates: Vec<_> = generators.iter().map(|generator| view.of(generator, metric)).collect();
    let marks = marks(metrics::metric(metric), &candidates);
    let ours = generators.iter().zip(marks).map(|(generator, mark)| view.cell(generator, metric).marked(mark));
    let cited = references.iter().map(|generator| view.reference(generator, metric));
    Row::Plain([Cell::text(label(metric))].into_iter().chain(ours).chain(cited).chain([view.ceiling(metric)]).collect())
}

/// What a reader must know of the metrics of these views.
pub(super) fn notes<'a>(views: impl Iterator<Item = &'a View<'a>>) -> Option<Block> {
    let metrics = distinct(views.flat_map(|view| view.metrics()));
    let note = |metric: &&str| {
        let declared = metrics::metric(metric).filter(|metric| !metric.note.is_empty() && metric.role != Role::Reference)?;
        Some(format!("{}: {}", declared.label_of(metric), declared.note))
    };
    let notes: Vec<String> = metrics.iter().filter_map(note).collect();
    (!notes.is_empty()).then(|| Block::Details {
        summary: "Notes on the metrics".into(),
        blocks: vec![Block::List(notes)],
        numbers: results::FILE,
    })
}

/// Each name once, in order.
pub(super) fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut distinct = Vec::new();
    for name in names {
        if !distinct.contains(&name) {
            distinct.push(name);
        }
    }
    distinct
}
