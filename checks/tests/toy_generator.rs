//! A generator is one file and one line: this one is fitted, saved and drawn from by the command line, stands on the leaderboard of an
//! experiment, and in help texts and the schema.

#![allow(clippy::unwrap_used)]

#[path = "toy_generator/star.rs"]
mod star;

use std::{fs, process::ExitCode};

use tracesmith_cli::run_with;
use tracesmith_generate::{GeneratorConfig, kind, register};

const EXPERIMENT: &str = "questions = [\"rq4\"]\ndata = { traces = 40 }\nsystems = { tt = { dataset = \"trainticket-sim\" } }\n\
    utility = { sizes = [\"empirical\"] }\n[generators.stars]\nkind = \"star\"\nduration_us = 50.0\n[generators.random-sampling]\nkind = \"random-sampling\"\n";

#[test]
fn a_generator_that_was_registered_is_fitted_compared_and_explained() {
    // The one line.
    register::<star::Star>().unwrap();
    assert!(register::<star::Star>().is_err());

    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let text = |name: &str| path(name).to_str().unwrap().to_owned();
    let run = |line: &[&str]| run_with(["tracesmith", "--quiet"].iter().chain(line).map(|word| (*word).to_owned()).collect::<Vec<_>>());
    let (model, out) = (text("model"), text("stars.csv"));
    fs::write(path("star.toml"), "duration_us = 70.0").unwrap();
    let fit =
        ["fit", "--dataset", "trainticket-sim", "--traces", "20", "--generator", "star", "--config", &text("star.toml"), "--out", &model];
    assert_eq!(run(&fit), ExitCode::SUCCESS);
    assert_eq!(run(&["generate", &model, "-n", "5", "--out", &out]), ExitCode::SUCCESS);
    assert!(fs::read_to_string(path("stars.csv")).unwrap().contains(",70"), "the settings of the file count");

    fs::write(path("toy.toml"), EXPERIMENT).unwrap();
    assert_eq!(run(&["run", &text("toy.toml"), "--no-cache", "--out", &text("report")]), ExitCode::SUCCESS);
    let report = fs::read_to_string(path("report/report.md")).unwrap();
    assert!(report.lines().any(|line| line.starts_with("| stars |")), "{report}");
    assert!(fs::read_to_string(path("report/metrics.csv")).unwrap().contains("stars"));

    let wrong = serde_json::from_str::<GeneratorConfig>(r#"{"kind":"star","duration":3}"#).unwrap_err().to_string();
    assert!(wrong.contains("duration_us"), "{wrong}");
    assert_eq!(kind("star").unwrap().keys(), ["duration_us"]);
    let schema = serde_json::to_string(&schemars::schema_for!(GeneratorConfig)).unwrap();
    assert!(schema.contains("\"star\"") && schema.contains("duration_us"));
}
