//! The `tracesmith` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    tracesmith_cli::run()
}
