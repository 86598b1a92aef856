//! A generator in Python alone stands on our leaderboard: the example is run as it is.

#![allow(clippy::unwrap_used)]

use std::{
    env, fs,
    process::{Command, ExitCode},
};

use tracesmith_checks::workspace::{root, text};
use tracesmith_cli::run_with;
use tracesmith_generate::kinds;

#[test]
fn the_python_example_is_compared_with_ours() {
    if !Command::new("python3").arg("--version").output().is_ok_and(|python| python.status.success()) {
        eprintln!("SKIPPED: there is no python3, the example in examples/external is not run");
        return;
    }
    // The example names its program from the root of the workspace.
    env::set_current_dir(root()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("report").to_str().unwrap().to_owned();
    let line =
        ["tracesmith", "--quiet", "run", "examples/external/experiment.toml", "--set", "data.traces=60", "--no-cache", "--out", &out];
    assert_eq!(run_with(line.map(str::to_owned)), ExitCode::SUCCESS);
    let read = |name: &str| fs::read_to_string(folder.path().join("report").join(name)).unwrap();
    assert!(read("report.md").lines().any(|line| line.starts_with("| python-markov |")));
    assert!(read("metrics.json").contains("rq4.tt.python-markov.empirical.fidelity.overall.mean"));
    let provenance = read("provenance.json");
    assert!(provenance.contains("examples/external/markov.py") && provenance.contains("\"sha256\""), "{provenance}");
}

#[test]
fn every_generator_is_in_the_table_of_the_readme() {
    let readme = text(&root().join("README.md"));
    for kind in kinds() {
        let row = format!("| `{}` | {}", kind.name, kind.summary);
        assert!(readme.lines().any(|line| line.starts_with(&row)), "README.md has no row that begins with {row:?}");
    }
}
