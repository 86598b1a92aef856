//! From the loose span records of one trace to a tree.

use std::collections::HashMap;

use thiserror::Error;

use crate::{SpanRecord, preorder};

/// The records of one trace in preorder, and the position of each one's parent.
#[derive(Debug, Clone, PartialEq)]
pub struct Assembled {
    /// Records, the root first and parents before children.
    pub records: Vec<SpanRecord>,
    /// Position of the parent; `None` for the root alone.
    pub parents: Vec<Option<usize>>,
}

/// Why records do not make one rooted tree.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Defect {
    /// Two records have the same span id.
    #[error("span id {0:?} stands twice")]
    DuplicateSpan(String),
    /// A duration is negative or not finite.
    #[error("span {0:?} has a negative or non-finite duration")]
    BadDuration(String),
    /// A span is its own parent.
    #[error("span {0:?} is its own parent")]
    SelfParent(String),
    /// A parent is not among the records.
    #[error("the parent {parent:?} of span {span:?} is missing")]
    Orphan {
        /// The span.
        span: String,
        /// The id that does not resolve.
        parent: String,
    },
    /// More than one record has no parent.
    #[error("{0} spans have no parent")]
    SeveralRoots(usize),
    /// Parents form a cycle.
    #[error("the parents of {0} spans form a cycle")]
    Cycle(usize),
    /// There is no record.
    #[error("there is no span")]
    Empty,
}

/// Resolves parents and puts the records in preorder; `has_starts` says whether start times may order siblings.
///
/// # Errors
/// The first [`Defect`] found, in the order in which the variants stand.
pub fn assemble(records: Vec<SpanRecord>, has_starts: bool) -> Result<Assembled, Defect> {
    let mut position = HashMap::with_capacity(records.len());
    for (i, record) in records.iter().enumerate() {
        if position.insert(record.span_id.as_str(), i).is_some() {
            return Err(Defect::DuplicateSpan(record.span_id.clone()));
        }
    }
    if let Some(bad) = records.iter().find(|r| !r.duration_us.is_finite() || r.duration_us < 0.0) {
        return Err(Defect::BadDuration(bad.span_id.clone()));
    }
    if let Some(own) = records.iter().find(|r| r.parent_id.as_deref() == Some(&r.span_id)) {
        return Err(Defect::SelfParent(own.span_id.clone()));
    }
    let mut parents = Vec::with_capacity(records.len());
    for record in &records {
        parents.push(match &record.parent_id {
            None => None,
            Some(parent) => Some(
                *position.get(parent.as_str()).ok_or_else(|| Defect::Orphan { span: record.span_id.clone(), parent: parent.clone() })?,
            ),
        });
    }
    let roots = parents.iter().filter(|parent| parent.is_none()).count();
    if roots > 1 {
        return Err(Defect::SeveralRoots(roots));
    }
    let labels: Vec<_> = records.iter().map(|r| (r.service.as_str(), r.operation.as_str())).collect();
    let starts: Vec<i64> = records.iter().map(|r| r.start_ns).collect();
    let order = preorder(&parents, &labels, has_starts.then_some(&starts[..]));
    if order.len() < records.len() {
        return Err(Defect::Cycle(records.len() - order.len()));
    }
    if records.is_empty() {
        return Err(Defect::Empty);
    }
    Ok(reorder(records, &parents, &order))
}

fn reorder(records: Vec<SpanRecord>, parents: &[Option<usize>], order: &[usize]) -> Assembled {
    let mut new_position = vec![0; order.len()];
    for (new, &old) in order.iter().enumerate() {
        new_position[old] = new;
    }
    let mut slots: Vec<Option<SpanRecord>> = records.into_iter().map(Some).collect();
    Assembled {
        records: order.iter().filter_map(|&old| slots[old].take()).collect(),
        parents: order.iter().map(|&old| parents[old].map(|parent| new_position[parent])).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(span: &str, parent: Option<&str>) -> SpanRecord {
        SpanRecord {
            trace_id: "t".into(),
            span_id: span.into(),
            parent_id: parent.map(Into::into),
            service: "s".into(),
            operation: span.into(),
            duration_us: 1.0,
            ..SpanRecord::default()
        }
    }

    #[test]
    fn rows_in_any_order_become_a_tree_in_preorder() {
        let rows = vec![record("leaf", Some("mid")), record("mid", Some("root")), record("root", None), record("a", Some("root"))];
        let Assembled { records, parents } = assemble(rows, false).unwrap();
        assert_eq!(records.iter().map(|r| r.span_id.as_str()).collect::<Vec<_>>(), ["root", "a", "mid", "leaf"]);
        assert_eq!(parents, [None, Some(0), Some(0), Some(2)]);
    }

    #[test]
    fn every_defect_is_named() {
        let negative = SpanRecord { duration_us: -1.0, ..record("a", None) };
        let cases = [
            (vec![record("a", None), record("a", None)], Defect::DuplicateSpan("a".into())),
            (vec![negative], Defect::BadDuration("a".into())),
            (vec![record("a", Some("a"))], Defect::SelfParent("a".into())),
            (vec![record("a", Some("x"))], Defect::Orphan { span: "a".into(), parent: "x".into() }),
            (vec![record("a", None), record("b", None)], Defect::SeveralRoots(2)),
            (vec![record("a", None), record("b", Some("c")), record("c", Some("b"))], Defect::Cycle(2)),
            (vec![], Defect::Empty),
        ];
        for (rows, defect) in cases {
            assert_eq!(assemble(rows, false), Err(defect));
        }
    }
}
