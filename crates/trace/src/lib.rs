//! The data model of tracesmith: a [`Corpus`] of traces, the [`Vocabulary`] of their names, and the rules that make a trace valid.
//!
//! Times are microseconds (µs) unless a name ends in `_ns`. This crate knows neither files nor tensors.

mod assemble;
mod corpus;
mod label;
mod order;
mod record;
mod seed;
mod span_kind;
mod split;
mod status;
mod trace;
mod validity;
mod vocabulary;

pub use assemble::{Assembled, Defect, assemble};
pub use corpus::{Corpus, CorpusBuilder, InvalidTrace, TraceRef};
pub use label::{Fault, Label};
pub use order::preorder;
pub use record::SpanRecord;
pub use seed::{derive_seed, rng};
pub use span_kind::SpanKind;
pub use split::{Split, folds, split};
pub use status::{STATUS_ERROR, STATUS_OK};
pub use trace::{Edge, Span, Trace};
pub use validity::{Shape, ValidityCounts};
pub use vocabulary::{UnknownName, Vocabulary};
