//! Names of files that come from names of an experiment file.

/// Small letters, digits and `-` for a name.
pub(crate) fn file_name(name: &str) -> String {
    name.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric() && c != '-', "-")
}
