//! The `tracesmith` command. One verb a module below [`commands`]; everything they do is in the libraries.

mod arguments;
mod commands;
mod failure;
mod progress;
mod table;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

use commands::Tracesmith;

/// 0: done; 1: failed, with one message on standard error; 2: wrong usage, which the parser of the arguments says.
fn main() -> ExitCode {
    let tracesmith = Tracesmith::parse();
    match tracesmith.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(&error),
    }
}
