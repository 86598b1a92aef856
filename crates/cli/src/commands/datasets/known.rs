//! Data sets by name, whichever kind they are.

use anyhow::Context;
use tracesmith_catalogue::{Catalogue, Entry, Reference};
use tracesmith_ingest::{Manifest, ManifestError};

/// What a name stands for.
pub enum Known {
    /// A real or a simulated data set.
    Manifest(Box<Manifest>),
    /// Versions of a generated one, the latest last; at least one.
    Versions(Vec<Entry>),
}

impl Known {
    /// The built-in manifest of this name, the manifest in this TOML file, or the versions in the catalogue.
    pub fn find(name: &str, catalogue: &Catalogue) -> anyhow::Result<Self> {
        let unknown = match Manifest::find_or_read(name) {
            Ok(manifest) => return Ok(Self::Manifest(Box::new(manifest))),
            Err(error @ ManifestError::Unknown { .. }) => error,
            Err(error) => return Err(error.into()),
        };
        let reference: Reference = name.parse()?;
        match catalogue.find(&reference) {
            Ok(versions) => Ok(Self::Versions(versions)),
            Err(error) if reference.version().is_some() => Err(error.into()),
            Err(error) => Err(unknown).with_context(|| error.to_string()),
        }
    }
}
