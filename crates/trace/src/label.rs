//! What is known about the state of the system while a trace was recorded.

use serde::{Deserialize, Serialize};

/// An injected fault.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Fault {
    /// Service (or pod) that the fault was injected into.
    pub service: String,
    /// Kind of fault, e.g. `cpu_load` or `network_delay`.
    pub kind: String,
}

/// Label of a trace. A trace is abnormal if its root span overlaps a fault window.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Label {
    /// Nothing is known.
    #[default]
    Unknown,
    /// Recorded outside every fault window.
    Normal,
    /// Recorded inside a fault window.
    Abnormal(Fault),
}

impl Label {
    /// Whether the trace was recorded inside a fault window.
    pub fn is_abnormal(&self) -> bool {
        self.class() == Class::Abnormal
    }

    /// The fault of an abnormal trace.
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            Label::Abnormal(fault) => Some(fault),
            Label::Unknown | Label::Normal => None,
        }
    }

    /// The label without the fault.
    pub fn class(&self) -> Class {
        match self {
            Label::Unknown => Class::Unknown,
            Label::Normal => Class::Normal,
            Label::Abnormal(_) => Class::Abnormal,
        }
    }
}

/// State of the system without its fault. Its number stands for it in networks and tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Nothing is known.
    Unknown,
    /// Outside every fault window.
    Normal,
    /// Inside a fault window.
    Abnormal,
}

impl Class {
    /// All classes in the order of their numbers.
    pub const ALL: [Self; 3] = [Self::Unknown, Self::Normal, Self::Abnormal];

    /// How many classes there are.
    pub const COUNT: usize = Self::ALL.len();

    /// Its number.
    pub fn index(self) -> usize {
        self as usize
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Normal => "normal",
            Self::Abnormal => "abnormal",
        }
    }

    /// The class of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }
}
