//! What a caller asks a generator for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

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

impl FromStr for SizeMode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fixed = |size: &str| size.parse().ok().filter(|&size| size > 0).map(Self::Fixed);
        match text {
            "copied" => Ok(Self::Copied),
            "empirical" => Ok(Self::Empirical),
            "range" => Ok(Self::Range),
            "model" => Ok(Self::Model),
            _ => text
                .strip_prefix("fixed:")
                .and_then(fixed)
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

/// State of the system that generated traces shall show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LabelRequest {
    /// Traces outside fault windows.
    Normal,
    /// Traces inside fault windows.
    Abnormal,
}

impl LabelRequest {
    /// The word of the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Abnormal => "abnormal",
        }
    }
}

/// A request for traces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Number of traces.
    pub count: usize,
    /// Their sizes.
    pub size: SizeMode,
    /// Their label; `None` draws labels as often as they were in the training data.
    pub label: Option<LabelRequest>,
    /// Operation of the root, as `operation` or `service/operation`; `None` draws roots as often as they were in the training data.
    pub root: Option<String>,
    /// Seed.
    pub seed: u64,
    /// Number of threads; 0 for one a core. Does not change the result.
    pub threads: usize,
}

impl Request {
    /// `count` traces of empirical sizes with any label.
    pub fn new(count: usize, seed: u64) -> Self {
        Self { count, size: SizeMode::Empirical, label: None, root: None, seed, threads: 0 }
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
        for text in ["fixed", "fixed:", "fixed:0", "fixed:-1", "all"] {
            assert!(text.parse::<SizeMode>().unwrap_err().contains(text));
        }
    }
}
