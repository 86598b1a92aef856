//! Declarative experiments: a TOML file in, a report out.
//!
//! [`run`] reads an [`Experiment`], expands its matrix into variants, runs the stages of each (data, fits, evaluations), and writes
//! `report.html`, `report.md`, `metrics.csv`, `metrics.json`, `provenance.json` and the synthetic traces. Every stage is addressed by a hash of what it
//! depends on and kept in a cache, so that an interrupted run picks up where it was.

mod anomaly;
mod cache;
mod config;
mod cost;
mod data;
mod differential_privacy;
mod error;
mod experiment_file;
mod export;
mod gnn_discriminator;
mod graph_classifier;
mod latent;
mod matrix;
mod metrics;
mod options;
mod outcome;
mod pictures;
mod progress;
mod provenance;
mod reference;
pub mod report;
pub mod reports;
pub mod results;
mod run;
mod schema;
mod sections;
mod study;
mod utility;

pub use cache::{About, CacheEntry, CacheFolder, EntryState, code_versions};
pub use config::{DataConfig, Experiment, Question, SystemConfig, UtilityConfig};
pub use data::Origin;
pub use error::ExperimentError;
pub use experiment_file::ExperimentFile;
pub use gnn_discriminator::GnnDiscriminatorConfig;
pub use matrix::{Variant, read};
pub use metrics::{families, metric};
pub use options::RunOptions;
pub use progress::Progress;
pub use provenance::{Build, Machine, PROVENANCE_FILE, Provenance, VariantProvenance};
pub use run::{RunSummary, run, run_file};
pub use schema::schema;
