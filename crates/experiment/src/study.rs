//! The plan of one variant: which generators are fitted, what is sampled from them, and what is measured on it.

mod anomaly;
mod context;
mod fit;
mod job;
mod measure;
mod plan;
mod utility;
mod visuals;

pub(crate) use context::Study;
