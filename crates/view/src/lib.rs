//! Traces to look at.
//!
//! [`layout()`] places the spans of a trace on a time axis; a [`Waterfall`] adds the names. [`terminal`] draws one as text, [`Viewer`] many
//! of them, real beside synthetic, for a page. [`shapes()`] counts what kinds of traces there are, [`worst_operations`] finds the operations
//! whose durations a generator gets wrong. Nothing here knows how a trace was made.

mod layout;
mod names;
mod quantiles;
mod shape;
pub mod terminal;
mod viewer;
mod waterfall;

pub use layout::{Bar, Layout, Starts, layout};
pub use names::{duration, label, printable, status};
pub use quantiles::{OperationQuantiles, QuantileLine, worst_operations};
pub use shape::{Shape, ShapeKey, shapes};
pub use viewer::{GeneratedTraces, PanelTraces, SCRIPT, STYLE, ShapePanel, Viewer};
pub use waterfall::{SpanRow, Waterfall};

#[cfg(test)]
mod fixture;
