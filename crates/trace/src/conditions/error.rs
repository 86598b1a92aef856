//! What can be wrong with conditions.

use thiserror::Error;

/// Why traces cannot be asked for so.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ConditionError {
    /// There is no such attribute.
    #[error("traces have no attribute `{name}`; did you mean `{nearest}`? Attributes are {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The attribute with the most similar name.
        nearest: String,
        /// All attributes.
        known: String,
    },
    /// The attribute has no such value.
    #[error("{name}={value}: {message}")]
    Value {
        /// The attribute.
        name: &'static str,
        /// What was asked for.
        value: String,
        /// What it should be.
        message: String,
    },
    /// It is not written as a condition.
    #[error("`{0}` is no condition: write NAME=VALUE, for example fault=cpu_load; a comma within a value is written `\\,`")]
    Syntax(String),
    /// Two values of one attribute.
    #[error("`{name}` is asked for twice, as `{first}` and as `{second}`: leave one out")]
    Twice {
        /// The attribute.
        name: &'static str,
        /// One value.
        first: String,
        /// The other one.
        second: String,
    },
    /// No trace of a corpus meets them.
    #[error("no trace has {asked}; {known}")]
    NotMet {
        /// What was asked for.
        asked: String,
        /// What there is, in words.
        known: String,
    },
    /// There is already an attribute of this name.
    #[error("there is already an attribute `{0}`")]
    Registered(&'static str),
    /// A name that cannot be written in conditions.
    #[error("an attribute cannot be called `{0}`: its name is a word without commas, equals signs and backslashes")]
    Name(&'static str),
}
