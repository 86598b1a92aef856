//! A metric is one file and one line: this one is measured by `compare` and by experiments, and stands in their tables, figures and files.

#![allow(clippy::unwrap_used)]

#[path = "toy_metric/hotspot.rs"]
mod hotspot;

use std::{fs, process::ExitCode};

use tracesmith_cli::run_with;
use tracesmith_evaluate::{metric, register};

const EXPERIMENT: &str = "questions = [\"rq4\"]\ndata = { traces = 40 }\nsystems = { tt = { dataset = \"trainticket-sim\" } }\n\
    utility = { sizes = [\"empirical\"] }\n[generators.markov-tree]\nkind = \"markov-tree\"\n[generators.random-sampling]\nkind = \"random-sampling\"\n";

#[test]
fn a_metric_that_was_registered_is_measured_printed_and_kept() {
    // The one line.
    register(hotspot::FAMILY).unwrap();
    assert!(metric("hotspot.similarity").is_some() && register(hotspot::FAMILY).is_err());

    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("toy.toml"), EXPERIMENT).unwrap();
    let text = |name: &str| path(name).to_str().unwrap().to_owned();
    let line = ["tracesmith", "--quiet", "run", &text("toy.toml"), "--no-cache", "--out", &text("report")].map(str::to_owned);
    assert_eq!(run_with(line), ExitCode::SUCCESS);

    let read = |name: &str| fs::read_to_string(path("report").join(name)).unwrap();
    let report = read("report.md");
    let board = report.lines().find(|line| line.starts_with("| generator |")).unwrap();
    assert!(board.contains("| hotspot |"), "on the first screen: {board}");
    assert!(report.contains("| share of the time in the busiest service |"), "in the table of its question:\n{report}");
    assert!(read("figures/leaderboard-tt.svg").contains("hotspot"), "in the figure of all metrics");
    for (file, key) in [("metrics.csv", ",hotspot.similarity,"), ("metrics.json", "rq4.tt.markov-tree.empirical.hotspot.similarity.mean")] {
        assert!(read(file).contains(key), "{key} in {file}");
    }
    assert!(read("metrics.json").contains("rq4.tt.ceiling.hotspot.similarity.mean"), "real traces are its ceiling");
}
