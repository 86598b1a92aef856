//! No module of a crate uses another one that uses it: a reader can start anywhere and read downwards.

use tracesmith_checks::{module_graph::cycles_of, workspace};

/// Crates that still have cycles, with the number of modules on one. A number only ever falls.
const LEFT: &[(&str, usize)] = &[("experiment", 12)];

#[test]
fn no_modules_use_each_other_in_a_circle() {
    let mut wrong = Vec::new();
    for member in workspace::crates() {
        let cycles = cycles_of(&member);
        let modules: usize = cycles.iter().map(|cycle| cycle.modules.len()).sum();
        let left = LEFT.iter().find(|(name, _)| *name == member.name).map_or(0, |&(_, left)| left);
        if modules > left {
            wrong.push(format!("{}: {modules} modules use each other in circles, {left} may", member.name));
            wrong.extend(cycles.iter().map(|cycle| format!("  {cycle}\n    all of them: {}", cycle.modules.join(", "))));
        }
    }
    assert!(wrong.is_empty(), "\n{}\nmove what both need into a module below both", wrong.join("\n"));
}
