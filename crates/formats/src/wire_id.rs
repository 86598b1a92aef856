//! Ids as OTLP and Zipkin have them: hexadecimal, 64 or 128 bits for a trace and 64 bits for a span.
//!
//! An id that already is so many lower-case hexadecimal digits, not all zero, is kept. Any other text is replaced by its hash, which keeps
//! distinct ids distinct and the tree as it is. A 128-bit trace id whose upper half is zero is the 64-bit id of its lower half.

use sha2::{Digest, Sha256};
use tracesmith_trace::SpanRecord;

const SHORT: usize = 16;
const LONG: usize = 32;

/// Hexadecimal digits of a trace id, 16 or 32 of them.
pub(crate) fn trace_digits(id: &str) -> String {
    if is_hex(id, SHORT) || is_hex(id, LONG) { id.to_owned() } else { hash(id, LONG) }
}

/// Hexadecimal digits of a span id, 16 of them.
pub(crate) fn span_digits(id: &str) -> String {
    if is_hex(id, SHORT) { id.to_owned() } else { hash(id, SHORT) }
}

/// Whether the ids of a span survive.
pub(crate) fn keeps_ids(span: &SpanRecord) -> bool {
    (is_hex(&span.trace_id, SHORT) || is_hex(&span.trace_id, LONG))
        && is_hex(&span.span_id, SHORT)
        && span.parent_id.as_deref().is_none_or(|parent| is_hex(parent, SHORT))
}

/// A trace id as it was read, in its one form: lower case, 64 bits where the upper 64 are zero.
pub(crate) fn normal_trace_id(digits: &str) -> String {
    let digits = normal_id(digits);
    match digits.split_at_checked(digits.len().saturating_sub(SHORT)) {
        Some((upper, lower)) if digits.len() == LONG && upper.bytes().all(|digit| digit == b'0') => lower.to_owned(),
        _ => digits,
    }
}

/// An id as it was read, in lower case.
pub(crate) fn normal_id(digits: &str) -> String {
    digits.to_ascii_lowercase()
}

/// Whether an id is nothing but zeros, which stands for no id.
pub(crate) fn is_zero(digits: &str) -> bool {
    digits.bytes().all(|digit| digit == b'0')
}

fn is_hex(id: &str, digits: usize) -> bool {
    id.len() == digits && !is_zero(id) && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn hash(id: &str, digits: usize) -> String {
    hex::encode(&Sha256::digest(id)[..digits / 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_ids_are_kept_and_others_hashed() {
        let (short, long) = ("00000000deadbeef", "0123456789abcdef0123456789abcdef");
        assert_eq!((trace_digits(short), trace_digits(long), span_digits(short)), (short.into(), long.into(), short.into()));
        for id in ["", "deadbeef", "DEADBEEFDEADBEEF", "0000000000000000", "trace 1", "gggggggggggggggg"] {
            assert_eq!((trace_digits(id).len(), span_digits(id).len()), (32, 16), "{id}");
            assert_ne!(span_digits(id), id);
        }
        assert_eq!(span_digits(long).len(), 16);
        assert_ne!(span_digits("1"), span_digits("01"));
    }

    #[test]
    fn an_upper_half_of_zeros_is_no_part_of_a_trace_id() {
        assert_eq!(normal_trace_id("000000000000000000000000DEADBEEF"), "00000000deadbeef");
        assert_eq!(normal_trace_id("0123456789abcdef0123456789abcdef"), "0123456789abcdef0123456789abcdef");
        assert_eq!(normal_trace_id("0ddba11"), "0ddba11");
        assert_eq!(normal_trace_id("ééééééééééééééé0é"), "ééééééééééééééé0é");
    }
}
