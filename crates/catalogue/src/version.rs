//! A version of a data set: what it is made of, and its folder.

use std::{fs, path::PathBuf};

use crate::{CatalogueError, Facts, Lineage, VersionManifest};

/// Version of the form of a manifest.
pub(crate) const FORM: u32 = 1;

/// What people read of a version.
pub(crate) const CARD: &str = "card.md";
/// What programs read of a version.
pub(crate) const MANIFEST: &str = "manifest.json";
/// Checksum of [`MANIFEST`], as `sha256sum --check` reads it.
pub(crate) const MANIFEST_SUM: &str = "manifest.json.sha256";

/// What is to be published.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Draft {
    /// Name of the data set, new or not.
    pub name: String,
    /// Files to be copied: the traces first, then what was measured.
    pub files: Vec<PathBuf>,
    /// What is known about it.
    pub facts: Facts,
    /// Where it comes from.
    pub lineage: Lineage,
}

/// A version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Name of the data set.
    pub name: String,
    /// Version, from 1.
    pub version: u32,
    /// Its folder.
    pub folder: PathBuf,
}

impl Entry {
    /// Name and version, e.g. `shop/v2`.
    pub fn id(&self) -> String {
        format!("{}/v{}", self.name, self.version)
    }

    /// What is known about the version.
    ///
    /// # Errors
    /// [`CatalogueError::Damaged`] if its manifest cannot be understood, or is of another version.
    pub fn manifest(&self) -> Result<VersionManifest, CatalogueError> {
        let path = self.folder.join(MANIFEST);
        let damaged = |reason: String| CatalogueError::Damaged { path: path.clone(), reason };
        let text = fs::read(&path).map_err(|error| damaged(error.to_string()))?;
        let manifest: VersionManifest = serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
        if (manifest.tracesmith_catalogue, &manifest.name, manifest.version) != (FORM, &self.name, self.version) {
            return Err(damaged(format!(
                "it is that of {}/v{} in form {}",
                manifest.name, manifest.version, manifest.tracesmith_catalogue
            )));
        }
        Ok(manifest)
    }

    /// The card of the version, in Markdown.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn card(&self) -> Result<String, CatalogueError> {
        let path = self.folder.join(CARD);
        fs::read_to_string(&path).map_err(CatalogueError::io(path))
    }
}
