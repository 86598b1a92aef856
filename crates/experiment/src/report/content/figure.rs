//! Figures: what is drawn, and on which axes.

use tracesmith_view::Waterfall;

use crate::report::number::NumberFormat;
use crate::report::summary::Summary;

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
