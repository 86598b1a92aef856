//! Names and their ids.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Distinct names in sorted order; the id of a name is its position (the numbering of the paper).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<String>", into = "Vec<String>")]
pub struct Vocabulary {
    names: Vec<String>,
    ids: HashMap<String, u32>,
}

/// A name that a vocabulary does not have.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the name {name:?} is not in the vocabulary of {size} names")]
pub struct UnknownName {
    /// The name that was looked up.
    pub name: String,
    /// Size of the vocabulary.
    pub size: usize,
}

impl Vocabulary {
    /// Collects distinct names.
    pub fn new<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Self {
        let distinct: BTreeSet<String> = names.into_iter().map(Into::into).collect();
        Self::from(distinct.into_iter().collect::<Vec<_>>())
    }

    /// Number of names.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is no name.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Id of `name`, if it is known.
    pub fn id(&self, name: &str) -> Option<u32> {
        self.ids.get(name).copied()
    }

    /// Id of `name`, or an error that says which name is missing.
    pub fn require(&self, name: &str) -> Result<u32, UnknownName> {
        self.id(name).ok_or_else(|| UnknownName { name: name.to_owned(), size: self.len() })
    }

    /// Name of `id`.
    ///
    /// # Panics
    /// If `id` is not of this vocabulary; a [`crate::Corpus`] checks its ids when it is built.
    pub fn name(&self, id: u32) -> &str {
        &self.names[id as usize]
    }

    /// All names in the order of their ids.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The vocabulary of both.
    pub fn union(&self, other: &Self) -> Self {
        Self::new(self.names.iter().chain(&other.names).cloned())
    }
}

impl From<Vec<String>> for Vocabulary {
    fn from(mut names: Vec<String>) -> Self {
        names.sort();
        names.dedup();
        let ids = names.iter().zip(0u32..).map(|(name, id)| (name.clone(), id)).collect();
        Self { names, ids }
    }
}

impl From<Vocabulary> for Vec<String> {
    fn from(vocabulary: Vocabulary) -> Self {
        vocabulary.names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_the_sorted_order_of_distinct_names() {
        let vocabulary = Vocabulary::new(["b", "a", "b"]);
        assert_eq!(vocabulary.names(), ["a", "b"]);
        assert_eq!((vocabulary.id("a"), vocabulary.id("b"), vocabulary.id("c")), (Some(0), Some(1), None));
    }

    #[test]
    fn a_missing_name_is_named() {
        let error = Vocabulary::new(["a"]).require("z").unwrap_err();
        assert_eq!(error.to_string(), "the name \"z\" is not in the vocabulary of 1 names");
    }
}
