//! The `tracesmith` command. One verb a module below [`commands`]; everything they do is in the libraries.

// Comments of arguments are help texts, and their brackets no links.
#![allow(rustdoc::broken_intra_doc_links)]

mod arguments;
mod build_info;
mod commands;
mod conditions;
mod failure;
mod junit;
mod progress;
mod reading;
mod scenario;
mod settings;
mod table;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

use commands::Tracesmith;

/// 0: done, or a good verdict; 1: failed, with one message on standard error, or a bad verdict; 2: wrong usage, which the parser of the
/// arguments says, or no verdict, with a message.
fn main() -> ExitCode {
    Tracesmith::parse().run()
}
