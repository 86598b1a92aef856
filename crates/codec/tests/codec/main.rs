//! Traces to tokens and back.

#![allow(clippy::unwrap_used)]

mod bad_input;
mod corpora;
mod random_tokens;
mod real_excerpts;
mod round_trip;
