//! How a catalogued data set is named: `NAME` or `NAME/vN`.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// Longest name.
const MAX_LENGTH: usize = 100;

/// A data set, or one version of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    name: String,
    version: Option<u32>,
}

/// A text names no data set.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{text:?} names no data set: a name has letters, digits, '.', '_' and '-', begins with a letter or digit, and may end in a version like /v2"
)]
pub struct ReferenceError {
    /// The text.
    pub text: String,
}

impl Reference {
    /// Name of the data set.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its version; without one, the latest or all are meant.
    pub fn version(&self) -> Option<u32> {
        self.version
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.version {
            Some(version) => write!(f, "{}/v{version}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ReferenceError { text: text.to_owned() };
        let (name, version) = match text.split_once('/') {
            Some((name, version)) => (name, Some(version_number(version).ok_or_else(error)?)),
            None => (text, None),
        };
        let is_plain = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
        let is_name =
            name.starts_with(|first: char| first.is_ascii_alphanumeric()) && name.len() <= MAX_LENGTH && name.chars().all(is_plain);
        if is_name { Ok(Self { name: name.to_owned(), version }) } else { Err(error()) }
    }
}

/// N of a folder `vN`, written without zeros in front.
pub(crate) fn version_number(text: &str) -> Option<u32> {
    let digits = text.strip_prefix('v')?;
    let is_canonical = digits.starts_with(|first: char| ('1'..='9').contains(&first)) && digits.chars().all(|digit| digit.is_ascii_digit());
    if is_canonical { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions_are_read_as_they_are_written() {
        for text in ["shop", "shop/v1", "Shop-2.0_x/v12"] {
            assert_eq!(text.parse::<Reference>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_could_lead_elsewhere_is_no_name() {
        let long = "x".repeat(101);
        for text in
            ["", ".", "..", ".hidden", "../a", "a/b", "a/v0", "a/v01", "a/v-1", "a/v1/x", "a b", "/a", "é", "-x", &long, "a/v9999999999"]
        {
            assert!(text.parse::<Reference>().is_err(), "{text:?}");
        }
    }
}
