//! Attributes of spans that survive from file to file.
//!
//! Kept are attributes of OpenTelemetry's semantic conventions that say what kind of call a span is, and of which there are few different
//! values: they are worth modelling, and harmless. Everything else is dropped: what tells requests apart (URLs, statements, ids, messages),
//! where they went (addresses), or who sent them. Those are of any number, and may be private. The HTTP status code and the span kind are
//! no attributes here: see [`crate::Span::status`] and [`crate::Span::kind`].

use std::{borrow::Borrow, collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::UnknownName;

/// Keys of the attributes that are kept, in the stable and in the older names of the conventions, sorted.
pub const ATTRIBUTE_KEYS: [&str; 24] = [
    "db.collection.name",
    "db.name",
    "db.namespace",
    "db.operation",
    "db.operation.name",
    "db.sql.table",
    "db.system",
    "db.system.name",
    "http.method",
    "http.request.method",
    "http.route",
    "http.scheme",
    "messaging.operation",
    "messaging.operation.name",
    "messaging.operation.type",
    "messaging.system",
    "rpc.grpc.status_code",
    "rpc.method",
    "rpc.response.status_code",
    "rpc.service",
    "rpc.system",
    "rpc.system.name",
    "url.scheme",
    "url.template",
];

/// Longest value that is kept, in bytes; what is longer is no name of anything.
pub const MAX_ATTRIBUTE_BYTES: usize = 256;

/// Attributes of a span: values by the keys of [`ATTRIBUTE_KEYS`], sorted by key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>", into = "BTreeMap<&'static str, Box<str>>")]
pub struct Attributes(Vec<(&'static str, Box<str>)>);

/// Why an attribute is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AttributeRefused {
    /// Its key is not of [`ATTRIBUTE_KEYS`].
    #[error("attributes with this key are not kept")]
    Key,
    /// Its value is empty or longer than [`MAX_ATTRIBUTE_BYTES`].
    #[error("attributes of no or of more than {MAX_ATTRIBUTE_BYTES} bytes are not kept")]
    Value,
}

impl Attributes {
    /// Whether attributes with this key are kept.
    pub fn keeps(key: &str) -> bool {
        ATTRIBUTE_KEYS.binary_search(&key).is_ok()
    }

    /// Adds an attribute; of several with one key the first stays.
    ///
    /// # Errors
    /// [`AttributeRefused`] if it is not kept.
    pub fn insert(&mut self, key: &str, value: &str) -> Result<(), AttributeRefused> {
        let known = ATTRIBUTE_KEYS.binary_search(&key).map_err(|_| AttributeRefused::Key)?;
        if value.is_empty() || value.len() > MAX_ATTRIBUTE_BYTES {
            return Err(AttributeRefused::Value);
        }
        if let Err(place) = self.0.binary_search_by_key(&key, |(key, _)| key) {
            self.0.insert(place, (ATTRIBUTE_KEYS[known], value.into()));
        }
        Ok(())
    }

    /// Value of `key`, if there is one.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.binary_search_by_key(&key, |(key, _)| key).ok().map(|place| &*self.0[place].1)
    }

    /// Keys and values, sorted by key.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(key, value)| (*key, &**value))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl TryFrom<BTreeMap<String, String>> for Attributes {
    type Error = AttributeRefused;

    fn try_from(pairs: BTreeMap<String, String>) -> Result<Self, AttributeRefused> {
        let mut attributes = Self::default();
        pairs.iter().try_for_each(|(key, value)| attributes.insert(key, value))?;
        Ok(attributes)
    }
}

impl From<Attributes> for BTreeMap<&'static str, Box<str>> {
    fn from(attributes: Attributes) -> Self {
        attributes.0.into_iter().collect()
    }
}

impl fmt::Display for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Distinct [`Attributes`] in sorted order; the id of one is its position. Id 0 is always "no attribute".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Attributes>", into = "Vec<Attributes>")]
pub struct AttributeSets(Vec<Attributes>);

impl AttributeSets {
    /// Collects distinct sets.
    pub fn new<A: Borrow<Attributes>>(sets: impl IntoIterator<Item = A>) -> Self {
        let mut distinct = std::collections::BTreeSet::from([Attributes::default()]);
        for set in sets {
            if !distinct.contains(set.borrow()) {
                distinct.insert(set.borrow().clone());
            }
        }
        Self(distinct.into_iter().collect())
    }

    /// Number of sets, the empty one included: at least 1.
    #[expect(clippy::len_without_is_empty, reason = "there is always the empty set")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no span can have an attribute.
    pub fn is_none(&self) -> bool {
        self.0.len() == 1
    }

    /// Id of `attributes`, if they are one of the sets.
    pub fn id(&self, attributes: &Attributes) -> Option<u32> {
        self.0.binary_search(attributes).ok().map(|position| position as u32)
    }

    /// Id of `attributes`, or an error that says which are missing.
    ///
    /// # Errors
    /// [`UnknownName`] if they are none of the sets.
    pub fn require(&self, attributes: &Attributes) -> Result<u32, UnknownName> {
        self.id(attributes).ok_or_else(|| UnknownName { name: attributes.to_string(), size: self.len() })
    }

    /// The set of `id`.
    ///
    /// # Panics
    /// If `id` is not of these sets; a [`crate::Corpus`] checks its ids when it is built.
    pub fn get(&self, id: u32) -> &Attributes {
        &self.0[id as usize]
    }

    /// All sets in the order of their ids.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Attributes> {
        self.0.iter()
    }
}

impl Default for AttributeSets {
    fn default() -> Self {
        Self(vec![Attributes::default()])
    }
}

impl From<Vec<Attributes>> for AttributeSets {
    fn from(sets: Vec<Attributes>) -> Self {
        Self::new(sets)
    }
}

impl From<AttributeSets> for Vec<Attributes> {
    fn from(sets: AttributeSets) -> Self {
        sets.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(pairs: &[(&str, &str)]) -> Attributes {
        let mut attributes = Attributes::default();
        pairs.iter().for_each(|(key, value)| attributes.insert(key, value).unwrap());
        attributes
    }

    #[test]
    fn the_keys_are_sorted_so_that_they_are_found() {
        assert!(ATTRIBUTE_KEYS.is_sorted_by(|a, b| a < b));
        assert!(ATTRIBUTE_KEYS.iter().all(|key| Attributes::keeps(key)));
        assert!(!["http.url", "db.statement", "server.address", "enduser.id", ""].into_iter().any(Attributes::keeps));
    }

    #[test]
    fn attributes_are_sorted_and_the_first_of_a_key_stays() {
        let some = attributes(&[("rpc.system", "grpc"), ("http.route", "/a"), ("rpc.system", "other")]);
        assert_eq!(some.iter().collect::<Vec<_>>(), [("http.route", "/a"), ("rpc.system", "grpc")]);
        assert_eq!((some.get("http.route"), some.get("http.method")), (Some("/a"), None));
        assert_eq!(some.to_string(), r#"{"http.route": "/a", "rpc.system": "grpc"}"#);
    }

    #[test]
    fn private_empty_and_long_attributes_are_refused() {
        let mut none = Attributes::default();
        assert_eq!(none.insert("http.url", "http://shop/?user=7"), Err(AttributeRefused::Key));
        assert_eq!(none.insert("http.route", &"é".repeat(129)), Err(AttributeRefused::Value));
        assert_eq!(none.insert("http.route", ""), Err(AttributeRefused::Value));
        assert!(none.is_empty());
        assert_eq!(none.insert("http.route", &"é".repeat(128)), Ok(()));
        assert!(serde_json::from_str::<Attributes>(r#"{"http.url":"x"}"#).is_err());
    }

    #[test]
    fn ids_follow_the_sorted_order_of_distinct_sets_after_the_empty_one() {
        let (get, put) = (attributes(&[("http.method", "GET")]), attributes(&[("http.method", "PUT")]));
        let sets = AttributeSets::new([&put, &get, &put]);
        assert_eq!((sets.len(), sets.id(&Attributes::default()), sets.id(&get), sets.id(&put)), (3, Some(0), Some(1), Some(2)));
        assert_eq!(sets.get(2), &put);
        let message = sets.require(&attributes(&[("db.name", "x")])).unwrap_err().to_string();
        assert!(message.contains("db.name") && message.contains("of 3 names"), "{message}");
        assert_eq!(serde_json::from_str::<AttributeSets>(&serde_json::to_string(&sets).unwrap()).unwrap(), sets);
        assert!(AttributeSets::default().is_none() && !sets.is_none() && AttributeSets::new([Attributes::default()]).is_none());
    }
}
