//! What traces can be asked for: named attributes of a trace, each with its values.
//!
//! A new attribute is one file below `conditions/` with a constant [`TraceAttribute`], and its name in `BUILT_IN` (`conditions/registry.rs`).
//! Programs bring their own with [`register`].

mod attribute;
mod error;
mod fault;
mod label;
mod load;
mod registry;
mod root;
mod service;
mod size;

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Class, Corpus, nearest_names};

pub use attribute::{TraceAttribute, Value};
pub use error::ConditionError;
pub use registry::{attribute, attributes, register};
pub use size::SizeMode;

/// Values that a message names.
const LISTED: usize = 10;

/// Attributes that traces are asked for, each with one value: `fault=cpu_load,service=user-service`.
///
/// In a file they are a table of names and values, in which a number may stand for its digits. Every attribute is known, and every value is one
/// that the attribute can have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, Written>", into = "BTreeMap<String, String>")]
pub struct Conditions(BTreeMap<&'static str, String>);

impl Conditions {
    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names and values in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// The value that is asked for.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Asks for one more value.
    ///
    /// # Errors
    /// [`ConditionError`] if there is no such attribute, it has no such value, or another one is asked for already.
    pub fn add(&mut self, name: &str, value: &str) -> Result<(), ConditionError> {
        let attribute = attribute(name)?;
        let value =
            (attribute.parse)(value).map_err(|message| ConditionError::Value { name: attribute.name, value: value.to_owned(), message })?;
        match self.0.get(attribute.name) {
            Some(first) if *first != value => Err(ConditionError::Twice { name: attribute.name, first: first.clone(), second: value }),
            _ => {
                self.0.insert(attribute.name, value);
                Ok(())
            }
        }
    }

    /// These conditions and those of `others`.
    ///
    /// # Errors
    /// [`ConditionError::Twice`] if they contradict each other.
    pub fn and(mut self, others: &Self) -> Result<Self, ConditionError> {
        others.iter().try_for_each(|(name, value)| self.add(name, value))?;
        Ok(self)
    }

    /// These conditions, and those of `others` for attributes that these leave open.
    pub fn or(mut self, others: &Self) -> Self {
        others.0.iter().for_each(|(name, value)| {
            self.0.entry(name).or_insert_with(|| value.clone());
        });
        self
    }

    /// The same conditions but for one attribute.
    pub fn without(mut self, name: &str) -> Self {
        self.0.remove(name);
        self
    }

    /// The same conditions with sizes of this mode.
    pub fn with_size(self, mode: SizeMode) -> Self {
        self.with(size::SIZE.name, mode.value())
    }

    /// The same conditions with traces of this class; [`Class::Unknown`] leaves it open.
    pub fn with_class(self, class: Class) -> Self {
        match class {
            Class::Unknown => self.without(label::LABEL.name),
            Class::Normal | Class::Abnormal => self.with(label::LABEL.name, class.name().to_owned()),
        }
    }

    /// The same conditions with this root, written `operation` or `service/operation`.
    pub fn with_root(self, root: impl Into<String>) -> Self {
        self.with(root::ROOT.name, root.into())
    }

    fn with(mut self, name: &'static str, value: String) -> Self {
        self.0.insert(name, value);
        self
    }

    /// How sizes are drawn: as often as training has them if nothing is asked for.
    pub fn size(&self) -> SizeMode {
        self.get(size::SIZE.name).and_then(SizeMode::of_value).unwrap_or(SizeMode::Empirical)
    }

    /// The class that is asked for; a fault, or a service that is at fault, is abnormal.
    pub fn class(&self) -> Option<Class> {
        let named = self.get(label::LABEL.name).and_then(Class::named);
        let faulty = [fault::FAULT.name, service::SERVICE.name].iter().any(|name| self.get(name).is_some());
        named.or(faulty.then_some(Class::Abnormal))
    }

    /// The root that is asked for, written `operation` or `service/operation`.
    pub fn root(&self) -> Option<&str> {
        self.get(root::ROOT.name)
    }

    /// Positions of the traces of a corpus that meet all conditions.
    pub fn met_by(&self, corpus: &Corpus) -> Vec<usize> {
        let mut met = vec![true; corpus.len()];
        // What is no longer registered cannot be asked for either.
        for (attribute, asked) in self.iter().filter_map(|(name, asked)| Some((attribute(name).ok()?, asked))) {
            let spellings = attribute.spellings(corpus);
            met.iter_mut().zip(spellings).for_each(|(met, spellings)| *met &= attribute.is_met(&spellings, asked));
        }
        (0..corpus.len()).filter(|&position| met[position]).collect()
    }

    /// The traces of a corpus that meet all conditions, of which there must be some.
    ///
    /// # Errors
    /// [`ConditionError::NotMet`] says what there is instead.
    pub fn select(&self, corpus: &Corpus) -> Result<Corpus, ConditionError> {
        let met = self.met_by(corpus);
        if !met.is_empty() {
            return Ok(corpus.select(&met));
        }
        let known = |name: &str, asked: &str| {
            let known = attribute(name).ok()?.vocabulary(corpus);
            let alone = Self::default().with(attribute(name).ok()?.name, asked.to_owned());
            let nearest = nearest_names(asked, known.names().iter().map(String::as_str), LISTED).join(", ");
            alone.met_by(corpus).is_empty().then(|| format!("values of {name} are, the nearest first: {nearest}"))
        };
        let known = self.iter().find_map(|(name, asked)| known(name, asked));
        Err(ConditionError::NotMet {
            asked: self.to_string(),
            known: known.unwrap_or_else(|| "some meet each of these, none all".to_owned()),
        })
    }
}

impl fmt::Display for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (name, value)) in self.iter().enumerate() {
            let comma = if number > 0 { "," } else { "" };
            write!(f, "{comma}{name}={}", value.replace('\\', "\\\\").replace(',', "\\,"))?;
        }
        Ok(())
    }
}

impl FromStr for Conditions {
    type Err = ConditionError;

    /// Conditions written `name=value,name=value`; a comma within a value is written `\,`, and a backslash `\\`.
    fn from_str(text: &str) -> Result<Self, ConditionError> {
        let mut conditions = Self::default();
        for part in parts(text) {
            let (name, value) = part.split_once('=').ok_or_else(|| ConditionError::Syntax(part.clone()))?;
            conditions.add(name.trim(), value.trim())?;
        }
        Ok(conditions)
    }
}

/// The parts between commas, with what is escaped as it is meant.
fn parts(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let last = parts.len() - 1;
        match character {
            ',' => parts.push(String::new()),
            '\\' => parts[last].extend(characters.next()),
            other => parts[last].push(other),
        }
    }
    parts
}

/// A value in a file.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Number(u64),
    Text(String),
}

impl TryFrom<BTreeMap<String, Written>> for Conditions {
    type Error = ConditionError;

    fn try_from(written: BTreeMap<String, Written>) -> Result<Self, ConditionError> {
        let mut conditions = Self::default();
        for (name, value) in written {
            let value = match value {
                Written::Number(number) => number.to_string(),
                Written::Text(text) => text,
            };
            conditions.add(&name, &value)?;
        }
        Ok(conditions)
    }
}

impl From<Conditions> for BTreeMap<String, String> {
    fn from(conditions: Conditions) -> Self {
        conditions.0.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

#[cfg(test)]
mod tests;
