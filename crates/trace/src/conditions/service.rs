//! The attribute `service`.

use super::attribute::{TraceAttribute, Value};
use crate::Label;

pub(super) const SERVICE: TraceAttribute = TraceAttribute::new("service", "service that the fault was injected into", Value::Label(value));

fn value(label: &Label) -> Option<&str> {
    label.fault().map(|fault| fault.service.as_str())
}
