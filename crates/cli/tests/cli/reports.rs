//! Reports are repeated, compared, merged and exported.

use std::fs;

use serde_json::Value;

use crate::sandbox::{Done, Sandbox, names};

/// An experiment of seconds.
pub const SMALL: &str = r#"
title = "Small"
seeds = [1, 2]
questions = ["rq4"]
data = { traces = 40 }
systems = { tt = { dataset = "trainticket-sim" } }
utility = { sizes = ["empirical"] }

[generators]
markov = { kind = "markov-tree" }
random = { kind = "random-sampling" }
"#;

/// Runs it into a folder.
pub fn run_small(sandbox: &Sandbox, out: &str, options: &str) {
    sandbox.write("small.toml", SMALL);
    let cache = if options.contains("--cache") { "" } else { "--no-cache" };
    sandbox.succeed(&format!("run small.toml --device cpu --quiet --out {out} {cache} {options}"));
}

fn provenance(sandbox: &Sandbox, report: &str) -> Value {
    serde_json::from_slice(&sandbox.read(&format!("{report}/provenance.json"))).unwrap()
}

fn fails(sandbox: &Sandbox, line: &str, says: &[&str]) -> Done {
    let before = sandbox.content();
    let done = sandbox.run(line);
    assert!(matches!(done.code, Some(1 | 2)), "{line}: {:?}\n{}{}", done.code, done.stdout, done.stderr);
    assert_eq!(done.stderr.lines().filter(|line| line.starts_with("error: ")).count(), 1, "{line}: {}", done.stderr);
    assert!(says.iter().all(|text| done.stderr.contains(text)), "{line}: {says:?}\n{}", done.stderr);
    assert_eq!(sandbox.content(), before, "{line} leaves something behind");
    done
}

#[test]
fn a_run_is_repeated_from_its_report_alone() {
    let sandbox = Sandbox::new();
    run_small(&sandbox, "a", "--set seeds=[4]");
    let found = provenance(&sandbox, "a");
    assert_eq!((found["toml"].as_str(), &found["set"]), (Some(SMALL), &serde_json::json!(["seeds=[4]"])));
    assert!(found["build"]["rustc"].as_str().unwrap().starts_with("rustc ") && found["code"]["model"].as_u64() >= Some(1), "{found}");
    assert!(found["machine"]["cores"].as_u64() >= Some(1) && found["byte_for_byte"].as_str().unwrap().contains("kind of processor"));
    fs::remove_file(sandbox.path("small.toml")).unwrap();
    let again = sandbox.succeed("rerun a --out b");
    assert!(again.stdout.contains("are the same\n") && !again.stdout.contains("differ"), "{}", again.stdout);
    assert_eq!(sandbox.read("a/metrics.csv"), sandbox.read("b/metrics.csv"));
    assert_eq!(sandbox.succeed("report diff a b").code, Some(0));

    // Another value, other traces, another program and another processor.
    let metrics = String::from_utf8(sandbox.read("a/metrics.csv")).unwrap();
    let line = metrics.lines().find(|line| line.contains(",fidelity.overall,")).unwrap();
    let at = line.find(",fidelity.overall,").unwrap() + ",fidelity.overall,".len();
    sandbox.write("a/metrics.csv", metrics.replace(line, &format!("{}0.125{}", &line[..at], &line[at + line[at..].find(',').unwrap()..])));
    let traces = names(&sandbox.path("a/synthetic")).remove(0);
    sandbox.write(&format!("a/synthetic/{traces}"), "");
    let mut older = found;
    older["code"]["model"] = 0.into();
    older["machine"]["cpu"] = "abacus".into();
    sandbox.write("a/provenance.json", older.to_string());
    let again = sandbox.run("rerun a");
    assert_eq!(again.code, Some(1), "{}", again.stderr);
    for said in ["fidelity.overall", "0.12500", "one seed", "1 differ, of one seed", &format!("synthetic/{traces} differs")] {
        assert!(again.stdout.contains(said), "{said}: {}", again.stdout);
    }
    assert!(again.stderr.contains("note: code version of model: 0 → ") && again.stderr.contains("note: processor: abacus → "));
}

#[test]
fn reports_of_other_seeds_are_compared_merged_and_exported() {
    let sandbox = Sandbox::new();
    run_small(&sandbox, "a", "");
    run_small(&sandbox, "b", "--set seeds=[3,4]");
    let compared = sandbox.run("report diff a b --json");
    assert_eq!(compared.code, Some(1), "{}", compared.stderr);
    let compared: Value = serde_json::from_str(&compared.stdout).unwrap();
    let values = compared["values"].as_array().unwrap();
    assert!(compared["compared"].as_u64() >= Some(50) && values.iter().all(|value| value["verdict"] != "one-seed"), "{compared}");
    assert!(sandbox.run("report diff a b --beyond-noise").stdout.lines().count() < values.len());

    sandbox.succeed("report merge a b --out all");
    assert_eq!(names(&sandbox.path("all")), ["metrics.csv", "metrics.json", "provenance.json", "report.md"]);
    let metrics: Value = serde_json::from_slice(&sandbox.read("all/metrics.json")).unwrap();
    assert_eq!(metrics["rq4.tt.markov.empirical.fidelity.overall.n"], 4.0);
    fails(&sandbox, "rerun all", &["merge of a, b"]);

    let csv = sandbox.succeed("report export all").stdout;
    let rows: Vec<&str> = csv.lines().collect();
    assert!(rows[0].starts_with("variant,system,generator,side,rq4."), "{csv}");
    assert!(
        rows.iter().any(|row| row.starts_with(",tt,markov,ours,")) && rows.iter().any(|row| row.starts_with(",tt,ceiling,ceiling,")),
        "{csv}"
    );
    let markdown = sandbox.succeed("report export all --format markdown --metric fidelity.overall").stdout;
    assert!(markdown.starts_with("### tt\n\n| generator | overall |\n") && markdown.contains(" ± "), "{markdown}");
    sandbox.succeed("report export all --format latex --all --out table.tex");
    assert!(String::from_utf8(sandbox.read("table.tex")).unwrap().contains("\\toprule"));
    fails(&sandbox, "report export all --metric fidelity.overal", &["fidelity.overal", "`fidelity.overall`"]);
}

#[test]
fn what_is_no_whole_report_is_refused() {
    let sandbox = Sandbox::new();
    run_small(&sandbox, "a", "--set seeds=[1]");
    run_small(&sandbox, "other", "--set seeds=[1] --set data.seed=43");
    run_small(&sandbox, "sizes", "--set seeds=[2] --set data.held_out=0.4");
    let metrics = String::from_utf8(sandbox.read("a/metrics.csv")).unwrap();
    fs::create_dir(sandbox.path("empty")).unwrap();
    fs::create_dir(sandbox.path("cut")).unwrap();
    sandbox.write("cut/metrics.csv", &metrics[..metrics.len() - metrics.lines().last().unwrap().len() / 2]);
    fs::create_dir(sandbox.path("columns")).unwrap();
    sandbox.write("columns/metrics.csv", metrics.replacen("protocol", "protokoll", 1));
    fs::create_dir(sandbox.path("old")).unwrap();
    sandbox.write("old/metrics.json", "{}");
    sandbox.write("old/provenance.json", r#"{"tracesmith": "0.1.0", "file": "small.toml", "device": "cpu"}"#);
    fs::create_dir(sandbox.path("new")).unwrap();
    sandbox.write("new/metrics.csv", &metrics);
    sandbox.write("new/provenance.json", r#"{"provenance": 99}"#);
    for (line, says) in [
        ("report diff a none", &["none is no folder", "reports/NAME"][..]),
        ("report diff a empty", &["empty holds no metrics.csv"]),
        ("report diff cut a", &["cut/metrics.csv", "line"]),
        ("report diff columns a", &["columns/metrics.csv", "protokoll", "protocol"]),
        ("report diff a old", &["old is the report of an earlier tracesmith"]),
        ("report diff a other", &["a and other are of different data: system tt", "--other-data"]),
        ("report merge a other --out all", &["a and other are of different data: system tt", "--apart"]),
        ("report merge a sizes --out all", &["a and sizes have different settings: data.held_out", "--apart"]),
        ("report merge a cut --out all", &["cut/metrics.csv"]),
        ("report export none", &["none is no folder"]),
        ("rerun none", &["none is no folder"]),
        ("rerun empty", &["empty holds no provenance.json"]),
        ("rerun old", &["tracesmith 0.1.0", "run small.toml again"]),
        ("rerun new", &["format 99", "newer tracesmith"]),
        ("rerun a --out a", &["the report itself"]),
    ] {
        fails(&sandbox, line, says);
    }
    assert!(sandbox.run("report diff a other --other-data").code == Some(1));
    sandbox.succeed("report merge a other --out apart --apart");
    let metrics: Value = serde_json::from_slice(&sandbox.read("apart/metrics.json")).unwrap();
    assert!(metrics.get("rq4.other-tt.markov.empirical.fidelity.overall.mean").is_some());
}

#[test]
fn the_schema_is_printed() {
    let sandbox = Sandbox::new();
    let schema = sandbox.json("schema");
    assert_eq!(schema["properties"]["seeds"]["type"], "array", "{schema}");
    assert!(schema["properties"]["matrix"].is_object());
}
