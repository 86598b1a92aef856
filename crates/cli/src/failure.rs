//! How a failed command ends.

use std::{
    io::{self, Write},
    process::ExitCode,
};

/// Prints the error with its causes and gives the exit code. A reader that has read enough (`tracesmith inspect … | head`) is no failure.
pub fn report(error: &anyhow::Error) -> ExitCode {
    if is_closed_pipe(error) {
        return ExitCode::SUCCESS;
    }
    // Nobody can be told if standard error is closed.
    let _ = writeln!(io::stderr(), "error: {}", message(error));
    ExitCode::FAILURE
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe))
}

/// The error and its causes on one line. Many errors quote their cause, which is then not said twice.
fn message(error: &anyhow::Error) -> String {
    let mut message = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if message.is_empty() {
            message = cause;
        } else if !message.contains(cause.trim()) {
            message = format!("{message}: {cause}");
        }
    }
    message.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn causes_are_said_in_order_and_once() {
        let missing = || io::Error::new(io::ErrorKind::NotFound, "no such file");
        let plain = Err::<(), _>(missing()).context("cannot open x").context("cannot fit").unwrap_err();
        assert_eq!(message(&plain), "cannot fit: cannot open x: no such file");
        let quoting = Err::<(), _>(missing()).context("cannot open x: no such file").unwrap_err();
        assert_eq!(message(&quoting), "cannot open x: no such file");
    }

    #[test]
    fn a_closed_pipe_is_recognised_below_other_errors() {
        let closed = Err::<(), _>(io::Error::from(io::ErrorKind::BrokenPipe)).context("cannot print").unwrap_err();
        assert!(is_closed_pipe(&closed));
        assert!(!is_closed_pipe(&anyhow::anyhow!("something else")));
    }
}
