//! Running a program with a time limit, and keeping what it says.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::ProgramError;

/// Bytes at the end of what a program says that are kept.
const KEPT: u64 = 16 * 1024;
/// Lines of it that an error shows.
const SHOWN: usize = 10;
/// Pauses between looks at a program that runs.
const PAUSE: Duration = Duration::from_millis(20);

/// Runs a command to its end, for `limit` at most, and returns the end of what it printed. `log` is a file for that.
pub(super) fn run(command: &[String], limit: Duration, log: &Path) -> Result<String, ProgramError> {
    let (program, arguments) = command.split_first().ok_or_else(|| ProgramError::Start("the command is empty".into()))?;
    let start = |error: io::Error| ProgramError::Start(format!("cannot run {program}: {error}"));
    let output = File::create(log).map_err(start)?;
    let mut child = Command::new(program);
    child.args(arguments).stdin(Stdio::null()).stdout(output.try_clone().map_err(start)?).stderr(output);
    in_own_group(&mut child);
    let mut child = child.spawn().map_err(start)?;
    let guard = Guard::of(&child);
    let status = wait(&mut child, limit).map_err(start)?;
    // On every way out, nothing that the program started is left.
    guard.kill(&mut child);
    let said = said(log);
    match status {
        Some(status) if status.success() => Ok(said),
        Some(status) => Err(ProgramError::Failed { program: program.clone(), how: how_it_ended(status), said: last_lines(&said) }),
        None => Err(ProgramError::TimeLimit { program: program.clone(), seconds: limit.as_secs(), said: last_lines(&said) }),
    }
}

/// How it ended; `None` if it is still running at the limit.
fn wait(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let start = Instant::now();
    loop {
        match child.try_wait()? {
            Some(status) => return Ok(Some(status)),
            None if start.elapsed() >= limit => return Ok(None),
            None => thread::sleep(PAUSE),
        }
    }
}

fn how_it_ended(status: ExitStatus) -> String {
    status.code().map_or_else(|| status.to_string(), |code| format!("exit code {code}"))
}

#[cfg(unix)]
fn in_own_group(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(not(unix))]
fn in_own_group(_command: &mut Command) {}

/// Kills a group of processes when its standard input ends: when this process says so, or is killed itself.
struct Guard(Option<Child>);

impl Guard {
    #[cfg(unix)]
    fn of(child: &Child) -> Self {
        let mut guard = Command::new("sh");
        guard.args(["-c", "read _; kill -s KILL -- \"-$1\"", "sh", &child.id().to_string()]);
        guard.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        in_own_group(&mut guard);
        Self(guard.spawn().ok())
    }

    #[cfg(not(unix))]
    fn of(_child: &Child) -> Self {
        Self(None)
    }

    fn kill(mut self, child: &mut Child) {
        if let Some(guard) = &mut self.0 {
            drop(guard.stdin.take());
            let _ = guard.wait();
        }
        // Without a shell, the program at least.
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// The end of what a program printed.
fn said(log: &Path) -> String {
    let read = || -> io::Result<Vec<u8>> {
        let mut file = File::open(log)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(KEPT)))?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        Ok(text)
    };
    let text = read().unwrap_or_default();
    let _ = fs::remove_file(log);
    String::from_utf8_lossy(&text).trim().to_owned()
}

fn last_lines(said: &str) -> String {
    let lines: Vec<&str> = said.lines().collect();
    let shown = lines[lines.len().saturating_sub(SHOWN)..].join("\n  ");
    if shown.is_empty() { "it printed nothing".to_owned() } else { format!("it printed last:\n  {shown}") }
}
