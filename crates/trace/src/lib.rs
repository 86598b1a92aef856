//! The data model of tracesmith: a [`Corpus`] of traces, the [`Vocabulary`] of their names, and the rules that make a trace valid.
//!
//! Times are microseconds (µs) unless a name ends in `_ns`. This crate knows neither files nor tensors.

mod assemble;
mod attributes;
mod categorical;
pub mod conditions;
mod corpus;
mod label;
mod nearest;
pub mod operations;
mod order;
mod pseudonym;
mod record;
mod seed;
mod signature;
mod span_kind;
pub mod span_table;
mod split;
pub mod statistics;
mod status;
mod trace;
mod trace_ref;
mod validity;
mod vocabulary;

pub use assemble::{Assembled, Defect, assemble};
pub use attributes::{ATTRIBUTE_KEYS, AttributeRefused, AttributeSets, Attributes, MAX_ATTRIBUTE_BYTES};
pub use categorical::categorical;
pub use conditions::{ConditionError, Conditions, SizeMode};
pub use corpus::{Corpus, CorpusBuilder, InvalidTrace};
pub use label::{Class, Fault, Label};
pub use nearest::{nearest_key, nearest_name, nearest_names, with_nearest};
pub use order::{canonical_tree, in_preorder, preorder, span_order};
pub use pseudonym::{MIN_SALT_BYTES, PseudonymError, PseudonymMapping};
pub use record::{SpanRecord, span_id};
pub use seed::{derive_seed, rng, shifted};
pub use signature::{EdgeLabel, Signature, SignatureHash, SpanLabel, edge_labels, span_labels};
pub use span_kind::SpanKind;
pub use split::{Split, folds, split};
pub use status::{Status, StatusCode};
pub use trace::{Edge, Span, Trace};
pub use trace_ref::TraceRef;
pub use validity::{Shape, ValidityCounts};
pub use vocabulary::{UnknownName, Vocabulary};
