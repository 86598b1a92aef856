//! Settings of the discriminator.

use serde::Serialize;

/// What the discriminator sees.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DiscriminatorSettings {
    /// Largest number of traces of each side; equal numbers are drawn.
    pub traces: usize,
    /// Also the smallest and largest duration and the mean start offset (if both sides have start times) of every (service, operation) pair.
    pub extended: bool,
    /// Largest number of features. Of more, those of the labels and label pairs that the most traces have are kept.
    pub columns: usize,
}

impl Default for DiscriminatorSettings {
    fn default() -> Self {
        Self { traces: 2_000, extended: false, columns: 600 }
    }
}
