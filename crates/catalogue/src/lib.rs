//! Generated data sets as immutable, versioned folders: `NAME/vN` with the traces, `card.md` for people, `manifest.json` for programs, and
//! `prov.json`, the lineage as [PROV-JSON](https://www.w3.org/submissions/prov-json/).
//!
//! A version appears by a rename, is never written to again, and its number is never given to another one. [`Catalogue::verify`] tells
//! whether it is still what was published.

mod card;
mod catalogue;
mod error;
mod lineage;
mod manifest;
mod reference;
mod version;

pub use catalogue::Catalogue;
pub use error::CatalogueError;
pub use lineage::{Lineage, Origin};
pub use manifest::{Facts, GateFacts, GeneratorFacts, VersionManifest};
pub use reference::{Reference, ReferenceError};
pub use version::{Draft, Entry};
