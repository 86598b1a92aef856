//! A format is one file and one line: this one is known to every command, help text and error after it was registered.

#![allow(clippy::unwrap_used)]

#[path = "toy_format/pipes.rs"]
mod pipes;

use std::{path::Path, process::ExitCode, sync::LazyLock};

use tracesmith_cli::{command, run_with};
use tracesmith_formats::{Format, FormatError, all, detect, endings, read_spans, register};

/// The one line.
static PIPES: LazyLock<Format> = LazyLock::new(|| register(&pipes::Pipes).unwrap());

fn tracesmith(arguments: &[&str]) {
    let line = ["tracesmith", "--quiet"].into_iter().chain(arguments.iter().copied());
    assert_eq!(run_with(line), ExitCode::SUCCESS, "{arguments:?}");
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// Every command, also those below others.
fn commands(command: &clap::Command) -> Vec<clap::Command> {
    let below: Vec<_> = command.get_subcommands().flat_map(commands).collect();
    [command.clone()].into_iter().chain(below).collect()
}

#[test]
fn the_registry_knows_it_and_no_other_of_its_name() {
    assert!(all().contains(&PIPES) && endings().contains(&(".pipes", *PIPES)));
    assert_eq!("pipes".parse::<Format>().unwrap(), *PIPES);
    assert!(register(&pipes::Pipes).is_err());
    assert!("smoke".parse::<Format>().unwrap_err().to_string().contains("parquet, pipes"));
}

#[test]
fn every_help_text_that_names_formats_names_it() {
    assert_eq!(PIPES.name(), "pipes");
    let mut naming = 0;
    for mut command in commands(&command()) {
        let help = command.render_long_help().to_string();
        // Examples name one format; a list has several.
        if help.contains("zipkin-json") && help.contains("nezha-csv") && help.contains("otlp-protobuf-delimited") {
            naming += 1;
            assert!(help.contains("pipes"), "{} does not name it:\n{help}", command.get_name());
        }
    }
    assert!(naming >= 8, "{naming} commands name formats");
}

#[test]
fn a_wrong_name_is_answered_with_it() {
    assert_eq!(PIPES.name(), "pipes");
    let wrong = command().try_get_matches_from(["tracesmith", "convert", "a", "b", "--to", "pipe"]).unwrap_err().to_string();
    assert!(wrong.contains("'pipes'") && wrong.contains("parquet"), "{wrong}");
}

#[test]
fn files_are_written_by_the_ending_detected_and_converted() {
    assert_eq!(PIPES.name(), "pipes");
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| text(&folder.path().join(name));
    tracesmith(&["datasets", "simulate", "trainticket-sim", "-n", "20", "--out", &path("a.pipes.gz")]);
    assert_eq!(detect(Path::new(&path("a.pipes.gz"))).unwrap(), *PIPES);
    tracesmith(&["convert", &path("a.pipes.gz"), &path("b.parquet")]);
    tracesmith(&["convert", &path("b.parquet"), &path("c"), "--to", "pipes"]);
    let spans = |name: &str| {
        let mut spans = Vec::new();
        let reading = read_spans(Path::new(&path(name)), None, &mut |span| {
            spans.push(span);
            Ok(())
        });
        (reading.unwrap().format, spans)
    };
    assert!(spans("a.pipes.gz").1.len() > 20);
    assert_eq!(spans("a.pipes.gz"), spans("c"));
    tracesmith(&["inspect", &path("c"), "--json"]);
}

#[test]
fn a_file_of_no_format_is_told_how_its_files_begin() {
    assert_eq!(PIPES.name(), "pipes");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("prose");
    std::fs::write(&path, "once upon a time").unwrap();
    let error = detect(&path).unwrap_err();
    assert!(matches!(error, FormatError::UnknownContent { .. }) && error.to_string().contains("|trace|span|parent|"), "{error}");
}
