//! Figures of publications, each bound to the data that it was measured on: beside other data they would say nothing.

mod bound;
mod file;

pub(crate) use bound::Bound;
pub(crate) use file::{Reference, paper};
