//! The attribute `fault`.

use super::attribute::{TraceAttribute, Value};
use crate::Label;

pub(super) const FAULT: TraceAttribute =
    TraceAttribute::new("fault", "kind of the fault that was injected, for example cpu_load", Value::Label(value));

fn value(label: &Label) -> Option<&str> {
    label.fault().map(|fault| fault.kind.as_str())
}
