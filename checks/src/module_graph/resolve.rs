//! From a path in a module to the module that defines what it names.

use std::collections::BTreeMap;

use super::parse::Module;

/// Longest chain of re-exports that is followed.
const LONGEST_CHAIN: usize = 20;

/// The modules that `module` uses, each with a path that does so.
pub fn uses(modules: &[Module], module: usize) -> BTreeMap<usize, String> {
    let of = &modules[module];
    let mut uses = BTreeMap::new();
    for path in of.paths.iter().chain(&of.globs) {
        if let Some(used) = defining(modules, module, path, LONGEST_CHAIN).filter(|&used| used != module) {
            uses.entry(used).or_insert_with(|| path.join("::"));
        }
    }
    uses
}

/// The module that defines what `path` names in `module`, or the module that it names. `None` if that is no part of the crate.
fn defining(modules: &[Module], module: usize, path: &[String], left: usize) -> Option<usize> {
    let (first, rest) = path.split_first()?;
    match first.as_str() {
        "crate" => inside(modules, 0, rest, left),
        "self" => inside(modules, module, rest, left),
        "super" => inside(modules, modules[module].parent, rest, left),
        _ => inside(modules, module, path, left),
    }
}

/// The module that defines `path` seen from inside of `module`.
fn inside(modules: &[Module], module: usize, path: &[String], left: usize) -> Option<usize> {
    let left = left.checked_sub(1)?;
    let Some((first, rest)) = path.split_first() else { return Some(module) };
    let of = &modules[module];
    if first == "super" {
        return inside(modules, of.parent, rest, left);
    }
    if let Some(&child) = of.children.get(first) {
        return inside(modules, child, rest, left);
    }
    if of.items.contains(first) {
        return Some(module);
    }
    if let Some(import) = of.imports.get(first) {
        // `use a::a` names another crate or a module outside; looked up here it would find itself.
        if import.first() == Some(first) && !of.children.contains_key(first) {
            return None;
        }
        return defining(modules, module, &[import, rest].concat(), left);
    }
    of.globs.iter().find_map(|glob| {
        let globbed = defining(modules, module, glob, left)?;
        if globbed == module { None } else { inside(modules, globbed, path, left) }
    })
}
