//! Whether the parts of a report fit together, before anything is written.

use std::collections::BTreeSet;

use tracesmith_view::Viewer;

use super::{Block, Figure, Plot, Report, ReportError, Row, Table};

pub(super) fn check(report: &Report) -> Result<(), ReportError> {
    check_ids("section", report.sections.iter().map(|section| section.id.as_str()))?;
    check_ids("figure", figures(report).map(|figure| figure.id.as_str()))?;
    // Sections and viewers are link targets of one page.
    let sections = report.sections.iter().map(|section| section.id.as_str());
    check_ids("viewer", sections.chain(viewers(report).map(|viewer| viewer.id.as_str())))?;
    for block in report.blocks() {
        match block {
            Block::Table(table) => check_table(table)?,
            Block::Figure(figure) => check_figure(figure)?,
            Block::Text(_) | Block::List(_) | Block::Code(_) | Block::Viewer(_) | Block::Details { .. } => {}
        }
    }
    Ok(())
}

/// The figures of a report, in order.
pub(super) fn figures(report: &Report) -> impl Iterator<Item = &Figure> {
    report.blocks().filter_map(|block| match block {
        Block::Figure(figure) => Some(figure),
        _ => None,
    })
}

/// The viewers of a report, in order.
pub(super) fn viewers(report: &Report) -> impl Iterator<Item = &Viewer> {
    report.blocks().filter_map(|block| match block {
        Block::Viewer(viewer) => Some(viewer),
        _ => None,
    })
}

fn check_ids<'a>(kind: &'static str, ids: impl Iterator<Item = &'a str>) -> Result<(), ReportError> {
    let mut seen = BTreeSet::new();
    for id in ids {
        if id.is_empty() || !id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
            return Err(ReportError::BadId { kind, id: id.to_owned() });
        }
        if !seen.insert(id) {
            return Err(ReportError::DuplicateId { kind, id: id.to_owned() });
        }
    }
    Ok(())
}

fn check_table(table: &Table) -> Result<(), ReportError> {
    let columns = table.columns.len();
    for (row, cells) in table.rows.iter().map(|row| row.cells().len()).enumerate() {
        if cells != columns && !matches!(table.rows[row], Row::Group(_)) {
            return Err(ReportError::RowWidth { table: table.caption.clone(), row, cells, columns });
        }
    }
    Ok(())
}

fn check_figure(figure: &Figure) -> Result<(), ReportError> {
    match &figure.plot {
        Plot::Confusion { labels, counts } if counts.len() != labels.len() || counts.iter().any(|row| row.len() != labels.len()) => {
            Err(ReportError::ConfusionShape { figure: figure.id.clone(), labels: labels.len() })
        }
        Plot::Bars { categories, series, .. } => match series.iter().find(|series| series.values.len() != categories.len()) {
            Some(wrong) => Err(ReportError::BarCount {
                figure: figure.id.clone(),
                series: wrong.name.clone(),
                values: wrong.values.len(),
                categories: categories.len(),
            }),
            None => Ok(()),
        },
        Plot::Parallel { axes, profiles } => match profiles.iter().find(|profile| profile.values.len() != axes.len()) {
            Some(wrong) => Err(ReportError::BarCount {
                figure: figure.id.clone(),
                series: wrong.name.clone(),
                values: wrong.values.len(),
                categories: axes.len(),
            }),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}
