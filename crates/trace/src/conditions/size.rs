//! The attribute `size`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::attribute::{TraceAttribute, Value};
use crate::{Corpus, TraceRef};

pub(super) const SIZE: TraceAttribute = TraceAttribute {
    parse,
    open: &["copied", "empirical", "range", "model"],
    ..TraceAttribute::new("size", "number of spans, or how it is drawn: copied, empirical, range or model", Value::Spans(value))
};

fn value(_: &Corpus, trace: TraceRef<'_>) -> Vec<String> {
    vec![trace.span_count().to_string()]
}

fn parse(text: &str) -> Result<String, String> {
    Ok(text.parse::<SizeMode>()?.value())
}

/// Number of spans of the traces to generate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum SizeMode {
    /// The same number of spans for every trace.
    Fixed(usize),
    /// The sizes of the training traces one after the other (label by label), the paper's second reading of "fixed size".
    Copied,
    /// Drawn from the sizes of the training traces.
    Empirical,
    /// Drawn evenly between the smallest and the largest training trace.
    Range,
    /// The generator's own sizes.
    Model,
}

impl SizeMode {
    /// How conditions say it: a number of spans is the number alone.
    pub(super) fn value(self) -> String {
        match self {
            Self::Fixed(size) => size.to_string(),
            open => open.to_string(),
        }
    }

    /// The mode of a value of conditions. Those that programs put together may ask for 0 spans, which a generator refuses.
    pub(super) fn of_value(value: &str) -> Option<Self> {
        value.parse().map(Self::Fixed).ok().or_else(|| value.parse().ok())
    }
}

impl FromStr for SizeMode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fixed = |size: &str| size.parse().ok().filter(|&size| size > 0).map(Self::Fixed);
        match text {
            "copied" => Ok(Self::Copied),
            "empirical" => Ok(Self::Empirical),
            "range" => Ok(Self::Range),
            "model" => Ok(Self::Model),
            _ => fixed(text.strip_prefix("fixed:").unwrap_or(text))
                .ok_or_else(|| format!("unknown size {text:?}: use fixed:K (K at least 1), copied, empirical, range or model")),
        }
    }
}

impl fmt::Display for SizeMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(size) => write!(f, "fixed:{size}"),
            Self::Copied => f.write_str("copied"),
            Self::Empirical => f.write_str("empirical"),
            Self::Range => f.write_str("range"),
            Self::Model => f.write_str("model"),
        }
    }
}

impl TryFrom<String> for SizeMode {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<SizeMode> for String {
    fn from(mode: SizeMode) -> Self {
        mode.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_parsed_and_printed_back() {
        for text in ["fixed:7", "copied", "empirical", "range", "model"] {
            assert_eq!(text.parse::<SizeMode>().unwrap().to_string(), text);
        }
        assert_eq!("7".parse(), Ok(SizeMode::Fixed(7)));
        for text in ["fixed", "fixed:", "fixed:0", "0", "-1", "fixed:-1", "all"] {
            assert!(text.parse::<SizeMode>().unwrap_err().contains(text));
        }
    }
}
