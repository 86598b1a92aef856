//! The representation of the generator `tree-hvae`: traces that are trees as tokens and quantiles, and back.
//!
//! A trace becomes one depth, one label and one outcome a span in depth-first preorder ([`Tokens`]): any legal sequence of them is a tree
//! with a single root. Its times become gaps between events, and gaps become quantiles of their slot, so that a model need learn nothing but
//! how they depend on each other.

mod codec;
mod config;
mod error;
mod floors;
mod grammar;
mod layout;
mod names;
mod slot;
mod table;
mod tokens;
mod with_starts;
mod without_starts;

pub use codec::Codec;
pub use config::{CodecConfig, Times};
pub use error::CodecError;
pub use grammar::Grammar;
pub use tokens::{Tokens, parents_of, previous_siblings};
