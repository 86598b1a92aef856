//! Runs the tests of the crates that calculate on emulated processors: `other-cpu [-- FILTER…]` on all of [`PROCESSORS`].
//!
//! What passes on one kind of processor alone rests on its rounding. The binaries are those of `cargo test --workspace`.

use std::{
    path::PathBuf,
    process::{Command, ExitCode, Stdio},
};

use serde_json::Value;

/// Names of processors as `qemu-x86_64 -cpu help` lists them: one without AVX, and everything that qemu knows.
const PROCESSORS: [&str; 2] = ["Nehalem", "max"];

/// Crates whose results depend on rounding.
const CRATES: [&str; 3] = ["model", "generate", "evaluate"];

/// A binary of tests and the folder that it runs in.
struct Tests {
    binary: PathBuf,
    folder: PathBuf,
}

fn main() -> ExitCode {
    let filters: Vec<String> = std::env::args().skip(1).collect();
    match run(&filters) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(failed) => {
            eprintln!("{failed} test binaries failed");
            ExitCode::FAILURE
        }
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// The number of binaries that failed.
fn run(filters: &[String]) -> Result<usize, String> {
    let tests = built_tests()?;
    let mut failed = 0;
    for processor in PROCESSORS {
        for Tests { binary, folder } in &tests {
            println!("== {processor}: {}", binary.display());
            let mut emulated = Command::new("qemu-x86_64");
            emulated.args(["-cpu", processor]).arg(binary).args(filters).current_dir(folder);
            let status = emulated.status().map_err(|error| format!("qemu-x86_64 (package qemu-user) does not run: {error}"))?;
            failed += usize::from(!status.success());
        }
    }
    Ok(failed)
}

/// Builds all tests and finds those of [`CRATES`].
fn built_tests() -> Result<Vec<Tests>, String> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["test", "--workspace", "--no-run", "--message-format=json-render-diagnostics"]);
    let built = cargo.stderr(Stdio::inherit()).output().map_err(|error| format!("cargo does not run: {error}"))?;
    if !built.status.success() {
        return Err("the tests do not compile".to_owned());
    }
    let lines = String::from_utf8_lossy(&built.stdout);
    Ok(lines.lines().filter_map(|line| tests_of(&serde_json::from_str(line).ok()?)).collect())
}

/// The tests that a message of cargo is about, if they are of [`CRATES`].
fn tests_of(message: &Value) -> Option<Tests> {
    let binary = message["executable"].as_str().filter(|_| message["profile"]["test"] == true)?;
    let folder = PathBuf::from(message["manifest_path"].as_str()?).parent()?.to_owned();
    let name = folder.file_name()?.to_str()?;
    CRATES.contains(&name).then(|| Tests { binary: binary.into(), folder })
}
