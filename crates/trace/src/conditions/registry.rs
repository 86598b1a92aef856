//! Which attributes there are.

use std::sync::{PoisonError, RwLock};

use super::{
    attribute::TraceAttribute, error::ConditionError, fault::FAULT, label::LABEL, load::LOAD, root::ROOT, service::SERVICE, size::SIZE,
};
use crate::nearest_name;

/// The attributes that every program has.
const BUILT_IN: [&TraceAttribute; 6] = [&LABEL, &FAULT, &SERVICE, &ROOT, &SIZE, &LOAD];

/// Those of this program.
static REGISTERED: RwLock<Vec<&'static TraceAttribute>> = RwLock::new(Vec::new());

/// All attributes, those of this program last.
pub fn attributes() -> Vec<&'static TraceAttribute> {
    let registered = REGISTERED.read().unwrap_or_else(PoisonError::into_inner);
    BUILT_IN.into_iter().chain(registered.iter().copied()).collect()
}

/// The attribute of this name.
///
/// # Errors
/// [`ConditionError::Unknown`] names the nearest one.
pub fn attribute(name: &str) -> Result<&'static TraceAttribute, ConditionError> {
    let all = attributes();
    all.iter().find(|attribute| attribute.name == name).copied().ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|attribute| attribute.name).collect();
        let nearest = nearest_name(name, names.iter().copied()).unwrap_or_default().to_owned();
        ConditionError::Unknown { name: name.to_owned(), nearest, known: names.join(", ") }
    })
}

/// Adds an attribute to those of this program.
///
/// # Errors
/// [`ConditionError::Registered`] if there is one of this name; [`ConditionError::Name`] if the name cannot be written in conditions.
pub fn register(attribute: &'static TraceAttribute) -> Result<(), ConditionError> {
    let name = attribute.name;
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || [',', '=', '\\'].contains(&c)) {
        return Err(ConditionError::Name(name));
    }
    let mut registered = REGISTERED.write().unwrap_or_else(PoisonError::into_inner);
    if BUILT_IN.iter().chain(registered.iter()).any(|known| known.name == name) {
        return Err(ConditionError::Registered(name));
    }
    registered.push(attribute);
    Ok(())
}
