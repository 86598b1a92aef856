//! Tells the program what it is built from: commit, whether the sources differ from it, compiler and target.
//!
//! It runs again when a source of the program or the commit changes; the program is then linked again in any case, or takes seconds.

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let sources = sources(&root);
    for path in sources.iter().chain(&heads(&root)) {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    let commit = commit(&root);
    let dirty = commit.is_some().then(|| is_dirty(&root, &sources)).flatten();
    set("COMMIT", commit);
    set("DIRTY", dirty.map(|dirty| dirty.to_string()));
    set("RUSTC", variable("RUSTC").and_then(|rustc| answer(Command::new(rustc).arg("--version"))));
    set("TARGET", variable("TARGET"));
    set("TARGET_FEATURES", variable("CARGO_CFG_TARGET_FEATURE"));
    set("PROFILE", variable("PROFILE"));
}

/// Passes a value to the compiler of the program, if it is known.
fn set(name: &str, value: Option<String>) {
    if let Some(value) = value {
        println!("cargo::rustc-env=TRACESMITH_BUILD_{name}={value}");
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// What the program is made of; tests and the library for other programs are not.
fn sources(root: &Path) -> Vec<PathBuf> {
    let crates = std::fs::read_dir(root.join("crates")).into_iter().flatten().flatten().map(|entry| entry.path());
    let of_crate = |folder: PathBuf| ["src", "Cargo.toml", "build.rs", "code_version.toml"].map(|name| folder.join(name));
    let mut paths: Vec<PathBuf> = crates.filter(|folder| !folder.ends_with("tracesmith")).flat_map(of_crate).collect();
    paths.extend(["Cargo.toml", "Cargo.lock"].map(|name| root.join(name)));
    paths.retain(|path| path.exists());
    paths.sort();
    paths
}

/// The commit of the repository that holds these sources; they may also lie, unpacked, in somebody else's.
fn commit(root: &Path) -> Option<String> {
    git(root, &["ls-files", "--error-unmatch", "Cargo.toml"])?;
    git(root, &["rev-parse", "HEAD"])
}

fn is_dirty(root: &Path, sources: &[PathBuf]) -> Option<bool> {
    let paths = sources.iter().map(|path| path.to_str()).collect::<Option<Vec<_>>>()?;
    let changes = git(root, &[&["status", "--porcelain", "--untracked-files=all", "--"], &paths[..]].concat())?;
    Some(!changes.is_empty())
}

/// Files of the repository that change with the commit.
fn heads(root: &Path) -> Vec<PathBuf> {
    let path = |name| git(root, &["rev-parse", "--git-path", name]).map(|path| root.join(path));
    ["HEAD", "logs/HEAD"].into_iter().filter_map(path).filter(|path| path.exists()).collect()
}

/// Output of git; `None` without git, or outside of a repository.
fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    answer(Command::new("git").arg("--no-optional-locks").args(arguments).current_dir(root))
}

fn answer(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
