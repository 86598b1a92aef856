//! The verbs that judge: 0 for a good verdict, 1 for a bad one, 2 for none.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use tracesmith_ingest::{Manifest, REAL_DATA_VARIABLE};

use crate::sandbox::{Done, Sandbox};

const EADRO: &str = "timestamp,service_name,span_id,parent_id,trace_id,duration,status_code,operation_name,parent_service_name\n";

/// Runs a verb and expects its code.
fn verdict(sandbox: &Sandbox, line: &str, code: i32) -> Done {
    let done = sandbox.run(line);
    assert_eq!(done.code, Some(code), "tracesmith {line}\n{}{}", done.stdout, done.stderr);
    let numbers = done.stdout.split(|c: char| !c.is_alphanumeric());
    assert!(numbers.into_iter().all(|word| !["NaN", "inf", "null"].contains(&word)), "tracesmith {line}\n{}", done.stdout);
    done
}

fn json(done: &Done) -> Value {
    serde_json::from_str(&done.stdout).unwrap_or_else(|error| panic!("{error}\n{}", done.stdout))
}

fn value(report: &Value, id: &str) -> Value {
    let check = report["checks"].as_array().unwrap().iter().find(|check| check["id"] == id);
    check.unwrap_or_else(|| panic!("no {id} in {report}"))["value"].clone()
}

/// Calls from web to db; the i-th child takes `from_us` + i µs.
fn calls(traces: usize, from_us: usize, status: &str) -> String {
    let rows = (0..traces).map(|i| {
        let (root, child) = (from_us + i + 1000, from_us + i);
        format!("7,web,t{i},,t{i},{root},{status},GET /,no_parent\n7,db,c{i},t{i},t{i},{child},{status},find,web\n")
    });
    EADRO.to_owned() + &rows.collect::<String>()
}

#[test]
fn the_gate_passes_a_held_out_sample_and_fails_random_sampling() {
    let sandbox = Sandbox::new();
    for (name, system, seed) in [("train", "trainticket-sim", 1), ("real", "trainticket-sim", 2), ("held", "trainticket-sim", 3)] {
        sandbox.succeed(&format!("datasets simulate {system} -n 1000 --seed {seed} --out {name}.csv --faults-out {name}.json"));
    }
    let faults = "--faults real.json --synthetic-faults held.json";
    let passed = verdict(&sandbox, &format!("validate held.csv --against real.csv --train train.csv {faults} --junit gate.xml --json"), 0);
    let report = json(&passed);
    assert_eq!((&report["passed"], value(&report, "M3"), value(&report, "M10")), (&true.into(), 1.0.into(), 1.0.into()));
    assert!(value(&report, "M7").is_number() && value(&report, "M8").is_number(), "{report}");
    let junit = String::from_utf8(sandbox.read("gate.xml")).unwrap();
    assert!(junit.contains("failures=\"0\"") && junit.contains("M10 share of consumers") && junit.contains("<skipped"), "{junit}");

    sandbox.succeed("fit --input train.csv --generator random-sampling --out model");
    sandbox.succeed("generate model -n 1000 --out random.csv");
    let failed = verdict(&sandbox, "validate random.csv --against real.csv --train train.csv --junit gate.xml", 1);
    for says in ["failed: M2.label_pair divergence (bits): ", "must be at most", "worst: ", "verdict: failed"] {
        assert!(failed.stdout.contains(says), "{says:?} is not said\n{}", failed.stdout);
    }
    assert!(String::from_utf8(sandbox.read("gate.xml")).unwrap().contains("<failure"));
    verdict(&sandbox, "validate random.csv --against real.csv", 1);
}

/// Thirds of the traces of a real data set in Eadro's CSV, or nothing, and loudly so, if it is not there.
fn thirds(name: &str) -> Option<[String; 3]> {
    let usual = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/datasets");
    let folder = env::var_os(REAL_DATA_VARIABLE).map_or_else(usual, PathBuf::from);
    let located = Manifest::find(name).unwrap().locate_in(&[folder]).inspect_err(|missing| eprintln!("SKIPPED: {missing}")).ok()?;
    let mut thirds = [EADRO; 3].map(str::to_owned);
    for path in located.data {
        for row in fs::read_to_string(path).unwrap().lines().skip(1) {
            let trace = row.split(',').nth(4).unwrap();
            let sum: usize = trace.bytes().map(usize::from).sum();
            thirds[sum % 3].push_str(&format!("{row}\n"));
        }
    }
    Some(thirds)
}

#[test]
fn the_gate_passes_held_out_real_traces_and_fails_random_sampling_of_them() {
    for thirds in ["eadro-sn", "eadro-tt"].into_iter().filter_map(thirds) {
        let sandbox = Sandbox::new();
        for (name, rows) in ["train.csv", "real.csv", "held.csv"].into_iter().zip(thirds) {
            sandbox.write(name, rows);
        }
        verdict(&sandbox, "validate held.csv --against real.csv --train train.csv", 0);
        sandbox.succeed("fit --input train.csv --generator random-sampling --out model");
        sandbox.succeed("generate model -n 300 --out random.csv");
        verdict(&sandbox, "validate random.csv --against real.csv --train train.csv", 1);
    }
}

#[test]
fn identical_sets_have_the_best_figures_and_a_time_gives_throughput() {
    let sandbox = Sandbox::new();
    sandbox.write("a.csv", calls(40, 500, "200"));
    let report = json(&verdict(&sandbox, "validate a.csv --against a.csv --seconds-to-generate 2 --json", 0));
    for (id, best) in [("M1", 1.0), ("M2.label_pair", 0.0), ("M2.log_duration", 0.0), ("M3", 1.0), ("M4", 1.0), ("M6", 20.0), ("M9", 1.0)] {
        assert_eq!(value(&report, id), best, "{id}");
    }
    assert_eq!(json(&verdict(&sandbox, "drift a.csv a.csv --json", 0))["drifted"], false);
    assert_eq!(json(&verdict(&sandbox, "compare a.csv a.csv --json", 0))["verdict"], "promote");
}

#[test]
fn broken_traces_of_the_export_fail_the_gate() {
    let sandbox = Sandbox::new();
    sandbox.write("real.csv", calls(40, 500, "200"));
    sandbox.write("broken.csv", calls(40, 500, "200") + "7,db,x,nowhere,broken,5,200,find,web\n");
    let failed = verdict(&sandbox, "validate broken.csv --against real.csv", 1);
    assert!(failed.stdout.contains("failed: M3 share of valid traces: 0.9756, must be at least 1; worst: traces with a missing parent: 1"));
}

#[test]
fn thresholds_of_a_file_decide() {
    let sandbox = Sandbox::new();
    sandbox.write("real.csv", calls(60, 500, "200"));
    sandbox.write("synthetic.csv", calls(60, 9000, "200"));
    verdict(&sandbox, "validate synthetic.csv --against real.csv", 1);
    sandbox.write("lax.toml", "[gate]\nmin_fidelity = 0\nmax_divergence = 100");
    verdict(&sandbox, "validate synthetic.csv --against real.csv --gate lax.toml", 0);
    sandbox.write("strict.toml", "[gate]\nmin_fidelity = 0\nmax_divergence = 100\nrequire = [\"M5\"]");
    let unmeasured = verdict(&sandbox, "validate synthetic.csv --against real.csv --gate strict.toml", 1);
    assert!(unmeasured.stdout.contains("failed: M9.required") && unmeasured.stdout.contains("--train"), "{}", unmeasured.stdout);
    verdict(&sandbox, "drift real.csv synthetic.csv", 1);
    sandbox.write("drift.toml", "[drift]\nmax_duration = 1");
    verdict(&sandbox, "drift real.csv synthetic.csv --gate drift.toml", 0);
}

#[test]
fn two_runs_of_a_system_have_not_drifted_and_two_systems_have() {
    let sandbox = Sandbox::new();
    for (name, system, seed) in [("a", "trainticket-sim", 1), ("b", "trainticket-sim", 2), ("c", "socialnetwork-sim", 3)] {
        sandbox.succeed(&format!("datasets simulate {system} -n 400 --seed {seed} --out {name}.csv"));
    }
    let same = verdict(&sandbox, "drift a.csv b.csv", 0);
    assert!(same.stdout.contains("verdict: no drift"), "{}", same.stdout);
    let other = verdict(&sandbox, "drift a.csv c.csv", 1);
    assert!(other.stdout.contains("only in the second window: ") && other.stdout.contains("DRIFT"), "{}", other.stdout);
    let effects: Vec<f64> = json(&verdict(&sandbox, "drift a.csv c.csv --json", 1))["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["effect"].as_f64().unwrap())
        .collect();
    assert!(effects.is_sorted_by(|a, b| a >= b), "{effects:?}");
}

#[test]
fn a_canary_is_promoted_held_or_rolled_back_with_reasons() {
    let sandbox = Sandbox::new();
    sandbox.write("control.csv", calls(100, 500, "200"));
    sandbox.write("same.csv", calls(90, 505, "200"));
    sandbox.write("slow.csv", calls(100, 580, "200"));
    sandbox.write("failing.csv", calls(100, 500, "503"));
    sandbox.write("few.csv", calls(5, 500, "200"));
    sandbox.write("slo.toml", "[compare.slo.\"db/find\"]\np99_us = 550.0\n");
    for (line, code, says) in [
        ("same.csv", 0, "verdict: promote"),
        ("slow.csv", 1, "rollback: latency of db/find: Cliff's delta"),
        ("failing.csv", 1, "rollback: errors of all spans: 0 → 1"),
        ("few.csv", 1, "hold: 5 traces of the canary"),
        ("same.csv --gate slo.toml", 1, "hold: objective p99_us of db/find"),
    ] {
        let done = verdict(&sandbox, &format!("compare control.csv {line}"), code);
        assert!(done.stdout.contains(says), "{line}: {says:?} is not said\n{}", done.stdout);
    }
}

#[test]
fn one_trace_and_equal_durations_have_a_verdict() {
    let sandbox = Sandbox::new();
    sandbox.write("one.csv", calls(1, 500, "0"));
    sandbox.write("other.csv", format!("{EADRO}7,x,a,,a,0,0,y,no_parent\n"));
    verdict(&sandbox, "validate one.csv --against one.csv --train one.csv", 0);
    verdict(&sandbox, "validate other.csv --against one.csv", 1);
    verdict(&sandbox, "drift one.csv other.csv", 0);
    verdict(&sandbox, "compare one.csv other.csv", 1);
}

#[test]
fn without_a_verdict_the_code_is_2_and_nothing_is_left() {
    let sandbox = Sandbox::new();
    sandbox.write("good.csv", calls(40, 500, "200"));
    sandbox.write("empty.csv", "");
    sandbox.write("key.toml", "[gate]\nmin_fidelty = 1\n");
    sandbox.write("number.toml", "[drift]\nalpha = -1\n");
    sandbox.write("check.toml", "[gate]\nrequire = [\"M11\"]\n");
    let before = sandbox.content();
    for (line, says) in [
        ("validate empty.csv --against good.csv --junit gate.xml", "empty.csv is empty"),
        ("validate good.csv --against empty.csv", "empty.csv is empty"),
        ("validate good.csv --against good.csv --train none.csv", "none.csv"),
        ("validate good.csv --against good.csv --gate key.toml", "min_fidelity"),
        ("validate good.csv --against good.csv --gate none.toml", "none.toml"),
        ("validate good.csv --against good.csv --gate check.toml", "M11"),
        ("validate good.csv --against good.csv --junit none/gate.xml", "none/gate.xml"),
        ("validate good.csv --against good.csv --seconds-to-generate 0", "above 0"),
        ("validate good.csv --against good.csv --faults good.csv", "--synthetic-faults"),
        ("validate good.csv", "--against"),
        ("drift good.csv empty.csv", "empty.csv is empty"),
        ("drift good.csv good.csv --gate number.toml", "drift.alpha is -1"),
        ("compare empty.csv good.csv", "empty.csv is empty"),
        ("compare good.csv good.csv --gate key.toml", "gate.min_fidelty"),
    ] {
        let done = verdict(&sandbox, line, 2);
        assert!(done.stderr.contains("error: ") && done.stderr.contains(says), "{line}: {says:?} is not said\n{}", done.stderr);
    }
    assert_eq!(sandbox.content(), before);
}

#[test]
fn a_verdict_survives_a_reader_that_stops_reading() {
    let sandbox = Sandbox::new();
    sandbox.write("control.csv", calls(100, 500, "200"));
    sandbox.write("slow.csv", calls(100, 580, "200"));
    let mut compare = sandbox.start("compare control.csv slow.csv");
    drop(compare.stdout.take());
    assert_eq!(compare.wait().unwrap().code(), Some(1));
}
