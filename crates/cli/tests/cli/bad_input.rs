//! Everything that can be wrong gives one clear message, a code that is not 0, no panic, and nothing left behind.

use std::{io::Write, path::Path};

use flate2::{Compression, write::GzEncoder};

use crate::sandbox::{Done, Sandbox, TINY, names};

const EADRO: &str = "timestamp,service_name,span_id,parent_id,trace_id,duration,status_code,operation_name,parent_service_name\n";

/// A command line and what its message must say.
type Case = (&'static str, &'static [&'static str]);

fn assert_fails(sandbox: &Sandbox, line: &str, says: &[&str]) -> Done {
    let before = sandbox.content();
    let done = sandbox.run(line);
    let Done { code, stdout, stderr } = &done;
    assert!(matches!(code, Some(1 | 2)), "tracesmith {line}: code {code:?}\n{stdout}{stderr}");
    assert_eq!(stderr.lines().filter(|line| line.starts_with("error: ")).count(), 1, "tracesmith {line}: not one error\n{stderr}");
    assert!(!stderr.contains("panicked") && !stderr.contains("RUST_BACKTRACE"), "tracesmith {line}: {stderr}");
    assert!(says.iter().all(|text| stderr.contains(text)), "tracesmith {line}: {says:?} is not said\n{stderr}");
    assert_eq!(sandbox.content(), before, "tracesmith {line} leaves something behind");
    done
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// Files that are broken as files.
fn unreadable() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let rows: String =
        (0..5_000u64).map(|i| format!("7,web,{:x},,t{i},1,0,GET,no_parent\n", i.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
    let mut cut = gzip(format!("{EADRO}{rows}").as_bytes());
    cut.truncate(cut.len() / 2);
    let mut latin = EADRO.as_bytes().to_vec();
    latin.extend(b"7,web,b,,b,1,0,caf\xe9,no_parent\n");
    vec![
        ("empty.csv", Vec::new(), "empty.csv is empty"),
        ("columns.csv", b"time,service\n1,2\n".to_vec(), "time,service"),
        ("cut.csv.gz", cut, "truncated gzip"),
        ("long.csv", format!("{EADRO}7,{},a,,a,1,0,GET,no_parent\n", "x".repeat(10 << 20)).into_bytes(), "record 1: longer than"),
        ("latin.csv", latin, "record 1: the text is not UTF-8"),
        ("number.csv", format!("{EADRO}7,web,a,,a,slow,0,GET,no_parent\n").into_bytes(), "\"slow\""),
    ]
}

/// Files that can be read, but whose only trace is none.
fn no_traces() -> Vec<(&'static str, &'static str, &'static str)> {
    vec![
        ("duplicate.csv", "7,web,a,,a,1,0,GET,no_parent\n7,db,b,a,a,1,0,Q,web\n7,db,b,a,a,2,0,Q,web\n", "conflicting spans"),
        ("cycle.csv", "7,web,a,,a,1,0,GET,no_parent\n7,db,b,c,a,1,0,Q,db\n7,db,c,b,a,1,0,Q,db\n", "cycle"),
        ("self.csv", "7,web,a,,a,1,0,GET,no_parent\n7,db,b,b,a,1,0,Q,db\n", "its own parent"),
        ("negative.csv", "7,web,a,,a,-5,0,GET,no_parent\n", "negative"),
        ("orphan.csv", "7,web,a,,a,1,0,GET,no_parent\n7,db,b,x,a,1,0,Q,web\n", "parent missing"),
        ("roots.csv", "7,web,a,,a,1,0,GET,no_parent\n7,web,b,,a,1,0,GET,no_parent\n", "several roots"),
    ]
}

#[test]
fn a_broken_file_is_refused_by_every_verb_that_reads() {
    let sandbox = Sandbox::new();
    sandbox.succeed("datasets simulate trainticket-sim -n 5 --out good.csv");
    let mut files: Vec<(&str, &str)> = vec![("missing.csv", "missing.csv")];
    let unreadable = unreadable();
    for (name, content, says) in &unreadable {
        sandbox.write(name, content);
        files.push((name, says));
    }
    for &(name, says) in &files {
        for line in [
            format!("inspect {name}"),
            format!("inspect good.csv --faults {name}"),
            format!("convert {name} out.json"),
            format!("fit --input {name} --generator random-sampling --out model"),
            format!("evaluate --real good.csv --synthetic {name}"),
            format!("evaluate --real {name} --synthetic good.csv"),
            format!("validate {name} --against good.csv"),
            format!("drift good.csv {name}"),
            format!("compare {name} good.csv"),
        ] {
            // A fault file is JSON, so that another complaint is right there.
            let says = if line.contains("--faults") { name } else { says };
            assert_fails(&sandbox, &line, &[name, says]);
        }
    }
}

#[test]
fn a_file_without_a_single_trace_is_refused_with_the_reason() {
    let sandbox = Sandbox::new();
    sandbox.succeed("datasets simulate trainticket-sim -n 5 --out good.csv");
    for (name, rows, says) in no_traces() {
        sandbox.write(name, format!("{EADRO}{rows}"));
        assert_fails(&sandbox, &format!("inspect {name}"), &[name, says]);
        assert_fails(&sandbox, &format!("fit --input {name} --generator random-sampling --out model"), &[name, says]);
        assert_fails(&sandbox, &format!("evaluate --real good.csv --synthetic {name}"), &[name, says]);
    }
}

#[test]
fn bad_traces_among_good_ones_are_left_out_and_counted() {
    let sandbox = Sandbox::new();
    let rows: String = no_traces()
        .iter()
        .map(|(name, rows, _)| {
            rows.replace(",a,1,", &format!(",{name},1,")).replace(",a,-5,", ",n,-5,").replace(",a,2,", &format!(",{name},2,"))
        })
        .collect();
    sandbox.write("mixed.csv", format!("{EADRO}7,web,good,,good,1,0,GET,no_parent\n{rows}"));
    let inspected = sandbox.json("inspect mixed.csv --json");
    let cleaning = &inspected["cleaning"];
    assert_eq!(cleaning["traces_kept"], 1, "{cleaning}");
    for reason in ["conflicting_spans", "cycles", "self_parents", "negative_or_non_finite", "orphans", "several_roots"] {
        assert_eq!(cleaning[reason], 1, "{reason}: {cleaning}");
    }
}

#[test]
fn wrong_arguments_are_named() {
    let sandbox = Sandbox::new();
    sandbox.succeed("datasets simulate trainticket-sim -n 5 --out good.csv");
    sandbox.succeed("fit --input good.csv --generator random-sampling --out model");
    sandbox.write("key.toml", "[model]\nlatnet = 3\n");
    sandbox.write("type.toml", "[train]\nepochs = \"many\"\n");
    sandbox.write("zero.toml", "[train]\nepochs = 0\n");
    sandbox.write("unknown.toml", "sedes = [1]\n");
    sandbox.write("syntax.toml", "[train\n");
    let cases: &[Case] = &[
        ("fit --input good.csv --generator hvea --out m", &["hvea", "'hvae'", "random-sampling"]),
        ("fit --input good.csv --generator hvae --device tpu --out m", &["tpu", "cuda:INDEX"]),
        ("fit --input good.csv --generator hvae --device cuda:99 --out m", &["CUDA"]),
        ("fit --input good.csv --generator hvae --config key.toml --out m", &["key.toml", "model.latnet", "model.latent"]),
        ("fit --input good.csv --generator hvae --config type.toml --out m", &["type.toml", "line 2", "many"]),
        ("fit --input good.csv --generator hvae --config zero.toml --out m", &["train.epochs"]),
        ("fit --input good.csv --generator hvae --config syntax.toml --out m", &["syntax.toml", "line 1"]),
        ("fit --input good.csv --generator hvae --config none.toml --out m", &["none.toml"]),
        ("fit --input good.csv --generator hvae --max-spans 0 --out m", &["0"]),
        ("fit --generator hvae --out m", &["--input", "--dataset"]),
        ("fit --dataset trainticket --generator hvae --out m", &["trainticket-sim"]),
        ("fit --dataset eadro-sn --generator hvae --out m", &["eadro-sn", "zenodo"]),
        ("fit --input good.csv --generator hvae --out good.csv", &["good.csv"]),
        ("generate model -n 0 --out x.csv", &["0"]),
        ("generate model -n 5 --size huge --out x.csv", &["huge", "fixed:K"]),
        ("generate model -n 5 --size fixed:1000 --out x.csv", &["1000", "this model gives 1 to"]),
        ("generate model -n 5 --size model --out x.csv", &["random-sampling"]),
        ("generate model -n 5 --temperature 2 --out x.csv", &["random-sampling", "--temperature"]),
        ("generate model -n 5 --prior aggregate --out x.csv", &["random-sampling", "--prior"]),
        ("generate model -n 5 --temperature -1 --out x.csv", &["-1"]),
        ("generate model -n 5 --format xml --out x.csv", &["xml", "eadro-csv"]),
        ("generate none -n 5 --out x.csv", &["none", "tracesmith fit"]),
        ("generate . -n 5 --out x.csv", &["model.json"]),
        ("generate model -n 5 --out none/x.csv", &["none/x.csv"]),
        ("convert good.csv none/x.json", &["none/x.json"]),
        ("datasets simulate eadro-sn -n 5 --out x.csv", &["eadro-sn"]),
        ("datasets path nowhere", &["nowhere"]),
        ("run none.toml", &["none.toml"]),
        ("run unknown.toml", &["sedes", "seeds"]),
        ("run none.toml --set seeds", &["seeds", "key=value"]),
        ("dance", &["dance"]),
    ];
    for (line, says) in cases {
        assert_fails(&sandbox, line, says);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said_and_leaves_nothing() {
    let sandbox = Sandbox::new();
    sandbox.succeed("datasets simulate trainticket-sim -n 200 --out good.csv");
    sandbox.succeed("fit --input good.csv --generator random-sampling --out model");
    for line in [
        "generate model -n 500 --out /dev/full",
        "convert good.csv /dev/full --to jaeger-json",
        "datasets simulate trainticket-sim -n 500 --out /dev/full",
        "datasets simulate trainticket-sim -n 500 --out /dev/full --faults-out faults.json",
        "datasets simulate trainticket-sim -n 500 --out x.csv --faults-out /dev/full",
    ] {
        assert_fails(&sandbox, line, &["/dev/full", "No space left on device"]);
    }
    assert_fails(&sandbox, "fit --input good.csv --generator random-sampling --out /dev/full", &["/dev/full"]);
}

#[test]
fn a_damaged_model_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.write("tiny.toml", TINY);
    for (system, model) in [("trainticket-sim", "tt"), ("socialnetwork-sim", "sn")] {
        sandbox.succeed(&format!("fit --dataset {system} --traces 40 --generator hvae --config tiny.toml --out {model}"));
    }
    let (weights, description) = (sandbox.read("tt/weights.bpk"), String::from_utf8(sandbox.read("tt/model.json")).unwrap());
    let mut flipped = weights.clone();
    flipped[..64].reverse();
    let damages: [(&str, &str, Vec<u8>, &[&str]); 8] = [
        ("other vocabulary", "weights.bpk", sandbox.read("sn/weights.bpk"), &["tt", "vocabulary"]),
        ("cut weights", "weights.bpk", weights[..weights.len() / 2].to_vec(), &["weights.bpk"]),
        ("empty weights", "weights.bpk", Vec::new(), &["weights.bpk"]),
        ("garbled weights", "weights.bpk", flipped, &["weights.bpk"]),
        ("prose for weights", "weights.bpk", b"once upon a time".to_vec(), &["weights.bpk"]),
        ("cut description", "model.json", description.as_bytes()[..description.len() / 2].to_vec(), &["model.json"]),
        ("no description", "model.json", b"{}".to_vec(), &["model.json"]),
        (
            "other version",
            "model.json",
            description.replacen("\"tracesmith_model\": 1", "\"tracesmith_model\": 99", 1).into_bytes(),
            &["99"],
        ),
    ];
    for (name, file, content, says) in damages {
        let path = format!("tt/{file}");
        let good = sandbox.read(&path);
        assert!(good != content, "{name} is no damage");
        sandbox.write(&path, content);
        assert_fails(&sandbox, "generate tt -n 5 --out x.csv", says);
        sandbox.write(&path, good);
    }
    std::fs::remove_file(sandbox.path("tt/weights.bpk")).unwrap();
    assert_fails(&sandbox, "generate tt -n 5 --out x.csv", &["weights.bpk"]);
    assert_eq!(names(Path::new(&sandbox.path("tt"))), ["model.json"]);
}

#[test]
fn a_folder_with_something_else_in_it_is_not_taken_for_a_model() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("model")).unwrap();
    sandbox.write("model/thesis.txt", "years of work");
    let fit = "fit --dataset trainticket-sim --traces 20 --generator random-sampling --out model";
    assert_fails(&sandbox, fit, &["thesis.txt", "--force"]);
    assert_eq!(names(&sandbox.path("model")), ["thesis.txt"]);
}

#[test]
fn a_damaged_training_state_is_refused_and_kept() {
    let sandbox = Sandbox::new();
    sandbox.write("tiny.toml", TINY);
    std::fs::create_dir(sandbox.path("model")).unwrap();
    sandbox.write("model/training.state", "nonsense");
    let fit = "fit --dataset trainticket-sim --traces 20 --generator hvae --config tiny.toml --out model";
    assert_fails(&sandbox, fit, &["training.state", "delete the file"]);
    assert_eq!(names(&sandbox.path("model")), ["training.state"]);
}
