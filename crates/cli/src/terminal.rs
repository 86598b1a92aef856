//! What goes to whom: results to standard output, everything about the work to standard error.

use std::{
    fmt::Display,
    io::{self, IsTerminal, Write},
};

use clap::Args;
use indicatif::{MultiProgress, ProgressDrawTarget};
use tracing_subscriber::filter::LevelFilter;

/// How much is said on standard error.
#[derive(Debug, Clone, Copy, Args)]
pub struct Terminal {
    /// Say more about what happens (-vv: much more)
    #[arg(short, long, action = clap::ArgAction::Count, global = true, display_order = 900)]
    verbose: u8,
    /// Say nothing but errors
    #[arg(short, long, global = true, conflicts_with = "verbose", display_order = 901)]
    quiet: bool,
}

impl Terminal {
    /// Sends the log of the libraries to standard error, unless the process has a log already.
    pub fn start_log(&self) {
        let level = match (self.quiet, self.verbose) {
            (true, _) => LevelFilter::ERROR,
            (false, 0) => LevelFilter::WARN,
            (false, 1) => LevelFilter::INFO,
            (false, _) => LevelFilter::DEBUG,
        };
        let ansi = io::stderr().is_terminal();
        let log = tracing_subscriber::fmt().with_max_level(level).with_writer(io::stderr).with_ansi(ansi);
        let _ = log.without_time().with_target(false).try_init();
    }

    /// Says something about the work, unless nobody wants to know.
    pub fn note(&self, text: impl Display) {
        if !self.quiet {
            // Work goes on if standard error is closed.
            let _ = writeln!(io::stderr(), "{}", text.to_string().trim_end());
        }
    }

    /// A place for progress bars, which is invisible unless standard error is a terminal.
    pub fn bars(&self) -> MultiProgress {
        MultiProgress::with_draw_target(if self.quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() })
    }
}

/// Prints a result.
///
/// # Errors
/// If standard output is closed or full.
pub fn print(text: impl Display) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", text.to_string().trim_end())?;
    out.flush()
}

/// Prints a result for programs.
///
/// # Errors
/// As [`print()`].
pub fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    Ok(print(serde_json::to_string_pretty(value)?)?)
}
