//! How a failed command ends.

use std::{
    io::{self, Write},
    process::ExitCode,
};

/// Nothing could be judged: not the code of a verdict.
const NO_VERDICT: u8 = 2;

/// Exit code of a verb that does something: 0 if it is done, 1 if it failed. A reader that has read enough (`tracesmith inspect … | head`) is
/// no failure.
pub fn ended(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Err(error) if !is_closed_pipe(&error) => report(&error, ExitCode::FAILURE),
        _ => ExitCode::SUCCESS,
    }
}

/// Exit code of a verb that judges: 0 if the verdict is good, 1 if it is not, 2 if there is none.
pub fn judged(verdict: anyhow::Result<bool>) -> ExitCode {
    match verdict {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => report(&error, ExitCode::from(NO_VERDICT)),
    }
}

/// Says why, with all causes.
fn report(error: &anyhow::Error, code: ExitCode) -> ExitCode {
    // Nobody can be told if standard error is closed.
    let _ = writeln!(io::stderr(), "error: {}", message(error));
    code
}

/// The printing of a verdict whose reader has read enough; the exit code still tells it.
pub fn unless_closed(printed: anyhow::Result<()>) -> anyhow::Result<()> {
    printed.or_else(|error| if is_closed_pipe(&error) { Ok(()) } else { Err(error) })
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
    fn a_verdict_and_no_verdict_have_codes_of_their_own() {
        let closed = || anyhow::Error::from(io::Error::from(io::ErrorKind::BrokenPipe));
        let same = |a: ExitCode, b: ExitCode| assert_eq!(format!("{a:?}"), format!("{b:?}"));
        same(judged(Ok(true)), ExitCode::SUCCESS);
        same(judged(Ok(false)), ExitCode::FAILURE);
        same(judged(Err(closed())), ExitCode::from(2));
        same(ended(Err(closed())), ExitCode::SUCCESS);
        same(ended(Err(anyhow::anyhow!("no"))), ExitCode::FAILURE);
        assert!(unless_closed(Err(closed())).is_ok() && unless_closed(Err(anyhow::anyhow!("full"))).is_err());
    }

    #[test]
    fn a_closed_pipe_is_recognised_below_other_errors() {
        let closed = Err::<(), _>(io::Error::from(io::ErrorKind::BrokenPipe)).context("cannot print").unwrap_err();
        assert!(is_closed_pipe(&closed));
        assert!(!is_closed_pipe(&anyhow::anyhow!("something else")));
    }
}
