//! Traces in, a model fitted, new traces out, judged.

use std::{
    io::{BufRead, BufReader, Read},
    time::Duration,
};

use crate::sandbox::{Sandbox, TINY, names};

fn count(json: &serde_json::Value, key: &str) -> u64 {
    json["summary"][key].as_u64().unwrap_or_else(|| panic!("no {key} in {json}"))
}

#[test]
fn simulated_traces_become_a_model_and_new_traces_that_every_verb_reads_back() {
    let sandbox = Sandbox::new();
    sandbox.write("tiny.toml", TINY);
    sandbox.succeed("datasets simulate trainticket-sim -n 120 --seed 1 --out train.csv --faults-out faults.json");
    sandbox.succeed("datasets simulate trainticket-sim -n 60 --seed 2 --out held-out.csv.gz");
    let inspected = sandbox.json("inspect train.csv --faults faults.json --json");
    assert_eq!(count(&inspected, "traces"), 120);
    assert_eq!(inspected["format"], "eadro-csv");
    assert!(inspected["summary"]["labels"].as_array().unwrap().len() > 1, "fault windows label the traces: {inspected}");

    let fit = sandbox.succeed("fit --input train.csv --faults faults.json --generator hvae --config tiny.toml --out model");
    assert!(fit.stderr.contains("cleaning") && fit.stderr.contains("2 epochs"), "{}", fit.stderr);
    assert!(fit.stdout.is_empty(), "{}", fit.stdout);
    assert_eq!(names(&sandbox.path("model")), ["model.json", "weights.bpk"]);

    let generated = sandbox.succeed("generate model -n 50 --out synthetic.csv");
    assert!(generated.stderr.contains("50 traces"), "{}", generated.stderr);
    let synthetic = sandbox.json("inspect synthetic.csv --json");
    assert_eq!(count(&synthetic, "traces"), 50);
    assert_eq!(synthetic["summary"]["validity"]["trees"], 50, "the default structure is a tree: {synthetic}");

    let again = sandbox.succeed("fit --input synthetic.csv --generator flat-vae --config tiny.toml --out again --quiet");
    assert_eq!(again.stderr, "", "quiet is quiet");
    let table = sandbox.succeed("evaluate --real held-out.csv.gz --synthetic synthetic.csv --train train.csv").stdout;
    let header: Vec<&str> = table.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(header, ["metric", "synthetic", "ceiling", "distance"]);
    assert!(table.contains("fidelity.overall") && table.contains("memorisation.exact_duplicate_rate"), "{table}");
    assert!(!table.contains("NaN") && !table.contains("inf"), "{table}");
    let json = sandbox.json("evaluate --real held-out.csv.gz --synthetic synthetic.csv --train train.csv --json");
    assert_eq!(json["ours"]["validity"]["valid_share"], 1.0);
    assert!(json["ceiling"]["fidelity"]["overall"].as_f64().unwrap() > json["ours"]["fidelity"]["overall"].as_f64().unwrap());
}

#[test]
fn tree_hvae_gives_valid_traces_of_the_root_and_size_that_are_asked_for() {
    let sandbox = Sandbox::new();
    sandbox.write("tree.toml", "[train]\nsteps = 12\nwarm_up_steps = 2\n[model]\nstructure_width = 24\ntiming_width = 24\n");
    sandbox.succeed("datasets simulate trainticket-sim -n 120 --seed 1 --format nezha-csv --out train.csv");
    let fit = sandbox.succeed("fit --input train.csv --generator tree-hvae --config tree.toml --out model");
    assert!(fit.stderr.contains("active latent units") && fit.stderr.contains("prior refitted"), "{}", fit.stderr);
    sandbox.succeed("generate model -n 30 --size model --out free.csv --format nezha-csv");
    let free = sandbox.json("inspect free.csv --json");
    assert_eq!(free["summary"]["validity"]["trees"], 30, "{free}");
    let real = sandbox.json("inspect train.csv --json");
    assert_eq!(count(&real, "traces"), 120);

    sandbox.succeed("generate model -n 5 --size fixed:3 --out fixed.csv --format nezha-csv");
    assert_eq!(count(&sandbox.json("inspect fixed.csv --json"), "spans"), 15);
    sandbox.succeed("generate model -n 7 --interpolate train.csv --out path.csv --format nezha-csv");
    assert_eq!(count(&sandbox.json("inspect path.csv --json"), "traces"), 7);
    for (line, hint) in [
        ("generate model -n 5 --root nonsense --out x.csv", "roots are:"),
        ("generate model -n 5 --structure raw --out x.csv", "has no --structure"),
        ("generate model -n 5 --label abnormal --out x.csv", "no abnormal trace"),
        ("generate model -n 5 --size fixed:9999 --out x.csv", "1 to"),
    ] {
        let failed = sandbox.run(line);
        assert!(failed.code == Some(1) && failed.stderr.contains(hint), "{line}: {}", failed.stderr);
    }
}

#[test]
fn the_same_seed_gives_the_same_file_on_one_and_two_threads() {
    let sandbox = Sandbox::new();
    sandbox.write("tiny.toml", TINY);
    let mut files = Vec::new();
    for threads in ["1", "2"] {
        for line in [
            format!("fit --dataset socialnetwork-sim --traces 80 --generator hvae --config tiny.toml --seed 3 --out model-{threads}"),
            format!("generate model-{threads} -n 600 --seed 4 --out {threads}.csv"),
            format!("generate model-{threads} -n 600 --seed 5 --out other-{threads}.csv"),
        ] {
            let done = sandbox.run_with(&line, &[("RAYON_NUM_THREADS", threads)]);
            assert_eq!(done.code, Some(0), "{line}: {}", done.stderr);
        }
        files.push(sandbox.read(&format!("{threads}.csv")));
    }
    assert!(files[0] == files[1], "the generated files differ");
    assert!(sandbox.read("1.csv") != sandbox.read("other-1.csv"), "another seed gives other traces");
}

#[test]
fn labelled_data_makes_hvae_conditional_and_other_data_does_not() {
    let sandbox = Sandbox::new();
    sandbox.write("tiny.toml", TINY);
    sandbox.succeed("datasets simulate trainticket-sim -n 60 --out t.csv --faults-out f.json");
    let labelled = sandbox.succeed("fit --input t.csv --faults f.json --generator hvae --max-spans 3 --out with");
    assert!(labelled.stderr.contains("conditional on normal/abnormal"), "{}", labelled.stderr);
    sandbox.succeed("generate with -n 5 --label abnormal --size fixed:3 --out abnormal.json");
    let generated = sandbox.json("inspect abnormal.json --json");
    assert_eq!((&generated["format"], count(&generated, "spans")), (&"jaeger-json".into(), 15));

    sandbox.succeed("fit --input t.csv --generator hvae --config tiny.toml --out without");
    let refused = sandbox.run("generate without -n 5 --label abnormal --out x.csv");
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("fitted without labels"), "{}", refused.stderr);
    assert!(!sandbox.path("x.csv").exists());
}

#[test]
fn converting_there_and_back_keeps_every_span() {
    let sandbox = Sandbox::new();
    sandbox.succeed("datasets simulate trainticket-sim -n 40 --format jaeger-json --out a.json");
    sandbox.succeed("convert a.json b.csv.gz --to eadro-csv");
    sandbox.succeed("convert b.csv.gz c.json");
    sandbox.succeed("convert c.json d.csv --to eadro-csv");
    sandbox.succeed("convert b.csv.gz e.csv --to eadro-csv");
    assert!(sandbox.read("d.csv") == sandbox.read("e.csv"), "eadro-csv → jaeger-json → eadro-csv changes the file");
    let spans = |file: &str| sandbox.json(&format!("inspect {file} --json"))["summary"]["spans"].clone();
    assert_eq!(spans("a.json"), spans("d.csv"));
    let unnamed = sandbox.run("convert a.json x.csv");
    assert_eq!(unnamed.code, Some(1));
    assert!(unnamed.stderr.contains("--to"), "{}", unnamed.stderr);
}

#[test]
fn a_chain_of_formats_and_compressions_keeps_every_span() {
    let sandbox = Sandbox::new();
    sandbox.succeed("datasets simulate trainticket-sim -n 40 --format jaeger-json --out a.json");
    sandbox.succeed("convert a.json b.pb.zst");
    let named = sandbox.succeed("convert b.pb.zst c.jsonl.gz");
    assert!(named.stderr.contains("otlp-protobuf → otlp-json"), "{}", named.stderr);
    sandbox.succeed("convert c.jsonl.gz d.zst --to otlp-protobuf-delimited");
    sandbox.succeed("convert d.zst e.json --to zipkin-json");
    let losing = sandbox.succeed("convert e.json f.csv --from zipkin-json --to nezha-csv");
    assert!(losing.stderr.contains("note: nezha-csv has no place for status codes"), "{}", losing.stderr);
    sandbox.succeed("convert e.json g.json");
    let (before, after) = (sandbox.json("inspect a.json --json"), sandbox.json("inspect g.json --json"));
    for what in ["spans", "edges", "statuses", "shapes", "durations"] {
        assert_eq!(before["summary"][what], after["summary"][what], "{what}");
    }
}

#[test]
fn an_existing_model_is_replaced_only_by_force() {
    let sandbox = Sandbox::new();
    let fit = "fit --dataset trainticket-sim --traces 20 --generator random-sampling --out model";
    sandbox.succeed(fit);
    let before = sandbox.read("model/model.json");
    let refused = sandbox.run(&format!("{fit} --seed 9"));
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("--force"), "{}", refused.stderr);
    assert!(sandbox.read("model/model.json") == before);
    sandbox.succeed(&format!("{fit} --seed 9 --force"));
    assert!(sandbox.read("model/model.json") != before);
    assert_eq!(names(&sandbox.path("model")), ["model.json"]);
}

#[test]
fn a_killed_fit_goes_on_where_it_was() {
    let sandbox = Sandbox::new();
    // So long that it must be killed, and so small that a training state is saved every few seconds.
    sandbox.write("long.toml", TINY.replace("epochs = 2", "epochs = 10000000"));
    let line = "fit --dataset trainticket-sim --traces 100 --generator hvae --config long.toml --out model";
    let state = sandbox.path("model/training.state");
    let mut killed = sandbox.start(line);
    wait_until("a training state", || state.exists());
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(!sandbox.path("model/model.json").exists(), "no half model is left");
    // What a run leaves that is killed while it saves its state.
    sandbox.write("model/.tmpAbC123", "half a state");

    let mut resumed = sandbox.start(line);
    let mut said = String::new();
    BufReader::new(resumed.stderr.take().unwrap()).read_line(&mut said).unwrap();
    resumed.kill().unwrap();
    resumed.wait().unwrap();
    assert!(said.contains("model: continues after epoch"), "{said}");

    sandbox.write("short.toml", TINY);
    let other = sandbox.succeed("fit --dataset trainticket-sim --traces 100 --generator hvae --config short.toml --out model");
    assert!(other.stderr.contains("another run") && other.stderr.contains("2 epochs"), "{}", other.stderr);
    assert_eq!(names(&sandbox.path("model")), ["model.json", "weights.bpk"]);
}

fn wait_until(what: &str, is_there: impl Fn() -> bool) {
    for _ in 0..600 {
        if is_there() {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("there is no {what} after a minute");
}

#[test]
fn traces_over_the_limit_are_left_out_and_counted() {
    let sandbox = Sandbox::new();
    sandbox.write("tiny.toml", TINY);
    sandbox.succeed("datasets simulate trainticket-sim -n 60 --out t.csv");
    let done = sandbox.succeed("fit --input t.csv --generator hvae --config tiny.toml --max-spans 10 --out model");
    assert!(done.stderr.contains("traces with more than 10 spans are left out"), "{}", done.stderr);
    sandbox.succeed("generate model -n 20 --out s.csv");
    let judged = sandbox.json("evaluate --real t.csv --synthetic s.csv --max-spans 10 --json");
    assert_eq!(judged["cleaning"]["real"]["traces_kept"].as_u64().unwrap() + judged["cleaning"]["real"]["too_large"].as_u64().unwrap(), 60);
    assert!(judged["cleaning"]["real"]["too_large"].as_u64().unwrap() > 0);
}

#[test]
fn raw_forests_are_left_out_of_an_evaluation_and_counted() {
    let sandbox = Sandbox::new();
    sandbox.write("tiny.toml", TINY);
    sandbox.succeed("fit --dataset trainticket-sim --traces 100 --generator hvae --config tiny.toml --out model");
    sandbox.succeed("generate model -n 200 --size range --structure raw --out raw.csv");
    sandbox.succeed("datasets simulate trainticket-sim -n 60 --out real.csv");
    let done = sandbox.succeed("evaluate --real real.csv --synthetic raw.csv");
    assert!(done.stderr.contains("of 200 synthetic traces") && done.stderr.contains("several roots"), "{}", done.stderr);
}

#[test]
fn every_verb_has_help_with_examples() {
    let sandbox = Sandbox::new();
    for verb in
        ["run", "fit", "generate", "evaluate", "validate", "drift", "compare", "convert", "inspect", "datasets", "datasets simulate"]
    {
        let help = sandbox.succeed(&format!("{verb} --help")).stdout;
        assert!(help.contains("Usage: tracesmith") && help.contains("Examples:"), "{verb}: {help}");
    }
    assert!(sandbox.succeed("--help").stdout.contains("Exit codes"));
}

#[test]
fn a_reader_that_stops_reading_is_no_failure() {
    let sandbox = Sandbox::new();
    sandbox.succeed("datasets simulate socialnetwork-sim -n 300 --out t.csv");
    let mut inspect = sandbox.start("inspect t.csv --json");
    drop(inspect.stdout.take());
    let mut stderr = String::new();
    inspect.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!((inspect.wait().unwrap().code(), stderr.as_str()), (Some(0), ""));
}

#[test]
fn one_trace_of_one_span_can_be_evaluated() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "one.csv",
        "timestamp,service_name,span_id,parent_id,trace_id,duration,status_code,operation_name,parent_service_name\n7,web,a,,a,0,0,GET,no_parent\n",
    );
    for json in ["", "--json"] {
        let out = sandbox.succeed(&format!("evaluate --real one.csv --synthetic one.csv --train one.csv {json}")).stdout;
        assert!(!out.contains("NaN") && !out.contains("inf"), "{out}");
    }
}

#[test]
fn data_sets_are_listed_and_found() {
    let sandbox = Sandbox::new();
    let list = sandbox.succeed("datasets list").stdout;
    assert!(list.contains("socialnetwork-sim") && list.contains("nezha-tt"), "{list}");
    assert_eq!(sandbox.json("datasets list --json").as_array().unwrap().len(), list.lines().count() - 1);
    std::fs::create_dir_all(sandbox.path("data/nezha-tt")).unwrap();
    sandbox.write("data/nezha-tt/trainticket_x_trace.csv", "");
    assert_eq!(sandbox.succeed("datasets path nezha-tt").stdout, "data/nezha-tt/trainticket_x_trace.csv\n");
    let missing = sandbox.run("datasets path eadro-sn");
    assert_eq!(missing.code, Some(1));
    assert!(missing.stderr.contains("TRACESMITH_REAL_DATA") && missing.stderr.contains("zenodo"), "{}", missing.stderr);
}
