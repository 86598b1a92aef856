//! No module of a crate uses another one that uses it: a reader can start anywhere and read downwards.

use tracesmith_checks::{module_graph::cycles_of, workspace};

#[test]
fn no_modules_use_each_other_in_a_circle() {
    let mut wrong = Vec::new();
    for member in workspace::crates() {
        let cycles = cycles_of(&member);
        let modules: usize = cycles.iter().map(|cycle| cycle.modules.len()).sum();
        if modules > 0 {
            wrong.push(format!("{}: {modules} modules use each other in circles", member.name));
            wrong.extend(cycles.iter().map(|cycle| format!("  {cycle}\n    all of them: {}", cycle.modules.join(", "))));
        }
    }
    assert!(wrong.is_empty(), "\n{}\nmove what both need into a module below both", wrong.join("\n"));
}
