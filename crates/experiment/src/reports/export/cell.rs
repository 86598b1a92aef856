//! A cell of the wide table.

use crate::report::Summary;

/// What the seeds say of a generator and a metric.
pub(super) struct WideCell {
    pub summary: Summary,
    /// Means of the ends of the seeds' intervals.
    pub interval: Option<[f64; 2]>,
}
