//! Every result as a flat list, so that a report can print any of them without knowing it.

/// A result that can be listed under dotted keys.
pub trait Entries {
    /// Every number of the result with its key, e.g. `structure.node_count`. A number that the input does not define is left out.
    fn entries(&self) -> Vec<(String, f64)>;
}

/// `entries` with `prefix.` before every key.
pub fn nested(prefix: &str, entries: Vec<(String, f64)>) -> Vec<(String, f64)> {
    entries.into_iter().map(|(key, value)| (format!("{prefix}.{key}"), value)).collect()
}

/// Named numbers with owned keys.
pub(crate) fn listed<const N: usize>(entries: [(&str, f64); N]) -> Vec<(String, f64)> {
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}
