//! What figures are drawn on.

use std::io;

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind};

pub(super) type Canvas<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(super) type DrawError = DrawingAreaErrorKind<io::Error>;
/// Notes on what could not be drawn, or the drawing library's reason.
pub(super) type Painted = Result<Vec<String>, DrawError>;
