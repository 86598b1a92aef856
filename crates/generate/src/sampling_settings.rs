//! How a fitted generator draws traces, by the names of its settings.

use serde_json::{Map, Value};

/// Name of the table among the settings of a generator that is about drawing alone.
pub(crate) const SAMPLING: &str = "sampling";

/// The settings of the table `sampling` of a generator. Whether the values are right is found when a model is loaded with them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SamplingSettings(Map<String, Value>);

impl SamplingSettings {
    /// Those among the settings of a generator, which has none if it has no such table.
    pub(crate) fn of(generator: &Map<String, Value>) -> Self {
        Self(generator.get(SAMPLING).and_then(Value::as_object).cloned().unwrap_or_default())
    }

    /// These settings with those of `other` in their places.
    pub(crate) fn overlaid(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    pub(crate) fn into_value(self) -> Value {
        Value::Object(self.0)
    }

    /// Whether the generator has nothing to set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the generator has a setting of this name.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Changes a setting. One that the generator does not have is refused by [`crate::load`].
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }
}
