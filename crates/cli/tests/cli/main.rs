//! The real binary, from the outside.

#![allow(clippy::unwrap_used)]

mod bad_input;
mod sandbox;
mod verdicts;
mod whole_path;
