//! The sections of a report, each a query over the table of results: which metrics there are, their names, units, directions and ceilings come
//! from their declarations.

mod anomaly;
mod best;
mod configuration;
mod data;
mod deviations;
mod fault_effects;
mod figures;
mod findings;
#[cfg(test)]
mod fixture;
mod headline;
mod metric_table;
mod overview;
mod privacy;
mod reconstruction;
mod sdmetrics;
mod settings;
mod similarity;
mod summary;
mod tell_tales;
mod traces;
mod utility;
mod variants;
mod view;
mod whole;

pub(crate) use findings::Findings;
pub(crate) use summary::lines;
pub(crate) use tell_tales::write as write_tell_tales;
pub(crate) use whole::report;
