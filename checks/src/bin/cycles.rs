//! Prints the modules that use each other in circles, of all crates or of those that are named.

use std::process::ExitCode;

use tracesmith_checks::{module_graph, workspace};

fn main() -> ExitCode {
    let named: Vec<String> = std::env::args().skip(1).collect();
    let mut code = ExitCode::SUCCESS;
    for member in workspace::crates().into_iter().filter(|member| named.is_empty() || named.contains(&member.name)) {
        for cycle in module_graph::cycles_of(&member) {
            code = ExitCode::FAILURE;
            println!("{}: {cycle}\n    all of them: {}", member.name, cycle.modules.join(", "));
        }
    }
    code
}
