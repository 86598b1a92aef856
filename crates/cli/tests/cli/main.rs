//! The real binary, from the outside.

#![allow(clippy::unwrap_used)]

mod anomaly;
mod bad_input;
mod cache;
mod data_sets;
mod live;
mod query;
mod reports;
mod sandbox;
mod scenario;
#[path = "../../../ingest/tests/fetch/server.rs"]
mod server;
mod sharing;
mod show;
mod verdicts;
mod whole_path;
