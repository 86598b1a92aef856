//! The `tracesmith` command as a library, so that a program can bring a format, a generator or a metric of its own, register it, and offer
//! the same verbs. One verb a module below `commands`; everything they do is in the other libraries.

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
mod sampling;
mod scenario;
mod settings;
mod table;
mod terminal;

use std::{ffi::OsString, process::ExitCode};

use clap::{CommandFactory, Parser};

use commands::Tracesmith;

/// Does what the command line of this process says.
///
/// The exit code is 0: done, or a good verdict; 1: failed, with one message on standard error, or a bad verdict; 2: wrong usage, with a
/// message, or no verdict, with one.
pub fn run() -> ExitCode {
    run_with(std::env::args_os())
}

/// Does what `arguments` say, the first of which is the name of the program; the exit codes are those of [`run`].
pub fn run_with(arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> ExitCode {
    match Tracesmith::try_parse_from(arguments) {
        Ok(command) => command.run(),
        Err(answer) => {
            // Help and version go to standard output, wrong usage to standard error; nobody can be told if that is closed.
            let _ = answer.print();
            ExitCode::from(u8::try_from(answer.exit_code()).unwrap_or(2))
        }
    }
}

/// The command line with all verbs, arguments and help texts.
pub fn command() -> clap::Command {
    Tracesmith::command()
}
