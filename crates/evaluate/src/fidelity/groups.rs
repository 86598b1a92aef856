//! What a score of structural fidelity is made of.

use serde::Serialize;

/// A named number.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Member {
    /// Key, e.g. `node_count`.
    pub name: &'static str,
    /// Value in 0–1.
    pub value: f64,
}

/// Members and their mean.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// Key: `structure`, `duration` or `semantic`.
    pub name: &'static str,
    /// Mean of the members.
    pub score: f64,
    /// What the score is made of.
    pub members: Vec<Member>,
}
