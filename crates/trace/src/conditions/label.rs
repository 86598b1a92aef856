//! The attribute `label`.

use super::attribute::{TraceAttribute, Value};
use crate::{Class, Label};

pub(super) const LABEL: TraceAttribute = TraceAttribute {
    parse,
    ..TraceAttribute::new("label", "state of the system: normal, or abnormal (a fault was injected)", Value::Label(value))
};

fn value(label: &Label) -> Option<&str> {
    (label.class() != Class::Unknown).then(|| label.class().name())
}

fn parse(text: &str) -> Result<String, String> {
    let class = Class::named(text).filter(|class| *class != Class::Unknown);
    class.map(|class| class.name().to_owned()).ok_or_else(|| "it is normal or abnormal".to_owned())
}
