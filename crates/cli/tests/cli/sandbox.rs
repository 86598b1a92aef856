//! A folder of its own for a test, and the binary run in it.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use tempfile::TempDir;

/// A configuration small enough to be trained in the time of a test.
pub const TINY: &str = "[train]\nepochs = 2\nbatch = 16\n[model]\nlatent = 4\nhidden = 8\n";

pub struct Sandbox(TempDir);

/// What a command left.
pub struct Done {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Sandbox {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Names of everything in the folder.
    pub fn content(&self) -> Vec<String> {
        names(self.0.path())
    }

    /// Runs `tracesmith` with the words of `line`.
    pub fn run(&self, line: &str) -> Done {
        self.run_with(line, &[])
    }

    pub fn run_with(&self, line: &str, variables: &[(&str, &str)]) -> Done {
        let words: Vec<&str> = line.split_whitespace().collect();
        done(self.command(&words).envs(variables.iter().copied()))
    }

    /// Runs `tracesmith` with words that may have spaces.
    pub fn run_words(&self, words: &[String]) -> Done {
        done(&mut self.command(words))
    }

    /// Starts a command whose outputs the test reads itself.
    pub fn start(&self, line: &str) -> Child {
        self.command(&line.split_whitespace().collect::<Vec<_>>()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn command<W: AsRef<std::ffi::OsStr>>(&self, words: &[W]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tracesmith"));
        command.args(words).current_dir(self.0.path()).env_remove("TRACESMITH_REAL_DATA").env("RUST_BACKTRACE", "1");
        command
    }

    /// Runs a command that must succeed.
    pub fn succeed(&self, line: &str) -> Done {
        let done = self.run(line);
        assert_eq!(done.code, Some(0), "tracesmith {line}\n{}", done.stderr);
        done
    }

    /// Output of a command that prints JSON.
    pub fn json(&self, line: &str) -> serde_json::Value {
        let done = self.succeed(line);
        serde_json::from_str(&done.stdout).unwrap_or_else(|error| panic!("tracesmith {line}: {error}\n{}", done.stdout))
    }
}

fn done(command: &mut Command) -> Done {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
    Done { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
}

/// Names in a folder, hidden ones too, in order.
pub fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
