//! Experiment reports: plain data in, `report.html`, `report.md`, figures and `metrics.json` out.
//!
//! Nothing here knows how a number was made. A [`Report`] is sections of text, tables and figures;
//! [`write_report`] renders it. [`FlatMetrics`] holds the same numbers for programs.

mod check;
mod content;
mod error;
mod figure;
mod file_name;
mod html;
mod markdown;
mod metrics;
mod number;
mod summary;

use std::path::Path;

pub use content::{
    Axis, BarSeries, Block, Cell, Figure, Mark, Plot, Points, Profile, Report, Row, Sample, Scale, Section, Table, TraceColumn,
};
pub use error::ReportError;
pub(crate) use file_name::file_name;
pub use metrics::{FlatMetrics, MetricsError};
pub use number::NumberFormat;
pub use summary::Summary;

/// Writes `report.html` (one self-contained page), `report.md` and `figures/<id>.svg` into `dir`, which is created.
///
/// Each file is replaced in one step, the pages after the figures, so a reader never sees half a file or a page
/// without its figures. The same report gives the same bytes.
///
/// # Errors
/// A table or figure whose parts do not fit together, an identifier that is taken or cannot be a file name, or a
/// file that cannot be written.
pub fn write_report(report: &Report, dir: &Path) -> Result<(), ReportError> {
    check::check(report)?;
    let drawings = figure::draw_all(report)?;
    for drawing in &drawings {
        tracesmith_disk::write_bytes(&dir.join(drawing.file()), drawing.standalone())?;
    }
    tracesmith_disk::write_bytes(&dir.join("report.md"), markdown::render(report, &drawings))?;
    Ok(tracesmith_disk::write_bytes(&dir.join("report.html"), html::render(report, &drawings))?)
}

#[cfg(test)]
mod tests;
