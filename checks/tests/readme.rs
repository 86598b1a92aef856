//! What the README promises and a test can look up.

use tracesmith_checks::workspace::{root, text};

/// Files and folders that the README names in backticks.
fn named_paths() -> Vec<String> {
    let readme = text(&root().join("README.md"));
    let spans = readme.split('`').skip(1).step_by(2).filter(|span| !span.contains(char::is_whitespace));
    let ours = ["crates/", "experiments/", "benches/", "checks/", "datasets/", ".ci/"];
    let paths = spans.filter(|span| ours.iter().any(|folder| span.starts_with(folder)) && !span.contains(['*', '<', '…', '{']));
    paths.map(str::to_owned).collect()
}

#[test]
fn files_that_it_names_are_there() {
    let paths = named_paths();
    assert!(paths.len() > 5, "the README names files: {paths:?}");
    for path in paths {
        assert!(root().join(&path).exists(), "README.md names {path}, which is not there");
    }
}

#[test]
fn it_gives_exactly_one_command_for_the_main_job_and_one_for_the_tests() {
    let readme = text(&root().join("README.md"));
    let lines = |start: &str| readme.lines().filter(|line| line.starts_with(start)).count();
    assert_eq!(lines("cargo test "), 1);
    assert_eq!(lines("cargo run --release -- run "), 1);
}

#[test]
fn the_rust_version_that_it_names_is_that_of_the_manifest() {
    let manifest = text(&root().join("Cargo.toml"));
    let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap_or_default().trim_matches('"');
    assert!(text(&root().join("README.md")).contains(&format!("({version} or later)")), "README.md does not name Rust {version}");
}
