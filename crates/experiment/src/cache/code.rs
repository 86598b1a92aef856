//! Versions of the code that computes results: the checked-in file `code_version.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

#[derive(Deserialize)]
struct Part {
    version: u32,
}

static VERSIONS: LazyLock<BTreeMap<String, u32>> = LazyLock::new(|| {
    let parts: BTreeMap<String, Part> = toml::from_str(include_str!("../../code_version.toml")).unwrap_or_default();
    parts.into_iter().map(|(name, part)| (name, part.version)).collect()
});

/// The version of every part of the code that computes results: of our crates by their names, of those of others as `libraries`.
///
/// It is raised whenever results may change.
pub fn code_versions() -> &'static BTreeMap<String, u32> {
    &VERSIONS
}
