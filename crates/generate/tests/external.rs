//! A generator that is another program: what it gets, what it may answer, and what is said when it goes wrong. The programs are shell
//! commands.

#![allow(clippy::unwrap_used)]
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tracesmith_formats::{Format, write_corpus};
use tracesmith_generate::{Fit, FitError, FittedGenerator, GeneratorConfig, Request, SampleError, load};
use tracesmith_model::Device;
use tracesmith_trace::{Corpus, CorpusBuilder, Edge, Fault, Label, SizeMode, Span, Trace, Vocabulary};

/// Ten traces of two spans, every other one abnormal.
fn corpus() -> Corpus {
    let mut builder = CorpusBuilder::new("shop", Vocabulary::new(["cart", "frontend"]), Vocabulary::new(["buy", "put"]), true);
    for i in 0..10u32 {
        let span = |service, start_us, duration_us| Span { service, operation: service, start_us, duration_us, ..Span::default() };
        let fault = Fault { service: "cart".into(), kind: "cpu_load".into() };
        let label = if i % 2 == 0 { Label::Normal } else { Label::Abnormal(fault) };
        let spans = vec![span(1, 0.0, 100.0), span(0, 10.0, 50.0 + f64::from(i))];
        let (id, start_ns) = (format!("{i:016x}"), 1_650_161_395_000_000_000 + i64::from(i));
        builder.push(Trace { id, start_ns, label, spans, edges: vec![Edge { parent: 0, child: 1 }] }).unwrap();
    }
    builder.finish()
}

fn sh(script: &str, arguments: &[&str]) -> Value {
    json!([vec!["sh", "-c", script], arguments.to_vec()].concat())
}

/// Copies the training traces, and gives them back.
fn parrot() -> Value {
    json!({ "kind": "external", "fit": sh("echo learnt; cp $0 $1/traces", &["{train}", "{model}"]),
            "sample": sh("cp $0/traces $1", &["{model}", "{out}"]) })
}

/// The parrot with other settings.
fn parrot_with(settings: Value) -> Value {
    let mut config = parrot();
    config.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    config
}

fn try_fit(config: &Value) -> Result<Box<dyn FittedGenerator>, FitError> {
    let config: GeneratorConfig = serde_json::from_value(config.clone()).unwrap();
    config.fit(&corpus(), Fit { seed: 1, device: &Device::flex(), resume: None, observe: &mut |_, _| () })
}

fn fit(config: &Value) -> Box<dyn FittedGenerator> {
    try_fit(config).unwrap()
}

/// What is said of a program with this sample command, of which ten traces are asked for.
fn said_of(settings: Value) -> String {
    fit(&parrot_with(settings)).sample(&Request::new(10, 1)).unwrap_err().to_string()
}

#[test]
fn a_program_learns_and_draws_through_files_and_its_model_moves_with_the_folder() {
    let fitted = fit(&parrot());
    let drawn = fitted.sample(&Request::new(10, 1)).unwrap();
    let real = corpus();
    assert_eq!((drawn.len(), drawn.services(), drawn.operations()), (10, real.services(), real.operations()));
    assert!(drawn.has_starts() && drawn.span_durations_us() == real.span_durations_us());
    assert_eq!(fitted.training().notes, ["its program said: learnt"]);
    assert!(fitted.sample(&Request::new(0, 1)).unwrap().is_empty());

    let root = tempfile::tempdir().unwrap();
    let (saved, moved) = (root.path().join("saved"), root.path().join("moved"));
    fs::create_dir(&saved).unwrap();
    fitted.save(&saved).unwrap();
    drop(fitted);
    fs::rename(&saved, &moved).unwrap();
    let loaded = load(&moved, &Device::flex(), |_| ()).unwrap();
    assert_eq!(loaded.sample(&Request::new(10, 1)).unwrap(), drawn);
    fs::remove_dir_all(moved.join("program")).unwrap();
    assert!(load(&moved, &Device::flex(), |_| ()).err().unwrap().to_string().contains("fit it again"));
}

#[test]
fn a_program_is_told_what_is_wanted_and_may_answer_in_another_format() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept");
    // Gives the ids of the conditions to the training traces, line by line.
    let script = format!("cp $0 {}; cp $1/traces $2", kept.display());
    let config = parrot_with(json!({ "sample": sh(&script, &["{conditions}", "{model}", "{out}"]), "format": "otlp-json" }));
    let drawn = fit(&config).sample(&Request::new(10, 7).with_size(SizeMode::Empirical)).unwrap();
    assert_eq!(drawn.len(), 10);
    let told: Value = serde_json::from_slice(&fs::read(kept).unwrap()).unwrap();
    assert_eq!(told["count"], 10);
    assert_eq!(told["traces"].as_array().unwrap().len(), 10);
    assert!(told["traces"][0].get("label").is_none() && told["traces"][0]["id"].as_str().is_some_and(|id| id.len() == 16));
}

#[test]
fn ready_samples_are_chosen_by_the_seed() {
    let folder = tempfile::tempdir().unwrap();
    write_corpus(&corpus(), Format::PARQUET, &folder.path().join("shop-1.parquet")).unwrap();
    let pattern = folder.path().join("{data}-*.parquet");
    let config = json!({ "kind": "external", "samples": pattern.to_str().unwrap() });
    let fitted = fit(&config);
    let drawn = |seed| fitted.sample(&Request::new(5, seed)).unwrap();
    assert_eq!((drawn(1).len(), drawn(1)), (5, drawn(1)));
    assert_ne!(drawn(1), drawn(2));
    let few = fitted.sample(&Request::new(11, 1)).unwrap_err().to_string();
    assert!(few.contains("10 traces") && few.contains("11 were asked for"), "{few}");
    let none = try_fit(&json!({ "kind": "external", "samples": folder.path().join("nothing-*").to_str().unwrap() })).err().unwrap();
    assert!(none.to_string().contains("nothing-*"), "{none}");
}

#[test]
fn a_program_that_hangs_is_stopped_with_all_that_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("mark");
    let script = format!("echo starting; (sleep 3; touch {}) & sleep 60; echo $0", mark.display());
    let start = Instant::now();
    let said = said_of(json!({ "sample": sh(&script, &["{out}"]), "time_limit_s": 1 }));
    assert!(said.contains("stopped after 1 s") && said.contains("time_limit_s") && said.contains("starting"), "{said}");
    std::thread::sleep(Duration::from_secs(5).saturating_sub(start.elapsed()));
    assert!(start.elapsed() < Duration::from_secs(30) && !mark.exists(), "what it started is gone");
}

#[test]
fn what_a_program_does_wrong_is_said_in_one_message() {
    let csv = |sed: &str| json!({ "sample": sh(&format!("sed '{sed}' $0/traces > $1"), &["{model}", "{out}"]), "format": "eadro-csv" });
    for (settings, parts) in [
        (json!({ "sample": ["true", "{out}"] }), vec!["wrote nothing", "{out}"]),
        (json!({ "sample": sh("echo a,b > $0; echo 1,2 >> $0", &["{out}"]), "format": "eadro-csv" }), vec!["cannot be read", "eadro-csv"]),
        (json!({ "sample": sh("echo no model >&2; exit 3", &["{out}"]) }), vec!["exit code 3", "no model"]),
        (json!({ "sample": ["no-such-program", "{out}"] }), vec!["cannot run no-such-program"]),
        (csv("2s/,[0-9.]*,\\([^,]*,[^,]*,[^,]*\\)$/,NaN,\\1/"), vec!["dropped", "non-finite"]),
        (csv("s/frontend/elsewhere/"), vec!["1 services", "\"elsewhere\"", "names of the file of training traces"]),
        (csv("/0000000000000003/d"), vec!["9 traces", "10 were asked for"]),
        (json!({ "takes": ["label"] }), vec!["none of those wanted", "takes"]),
    ] {
        let said = said_of(settings.clone());
        assert!(said.starts_with("external generator: ") && parts.iter().all(|part| said.contains(part)), "{settings}: {said}");
    }
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    for (config, part) in [
        (json!({ "kind": "external" }), "give `sample`"),
        (json!({ "kind": "external", "sample": ["true"] }), "{out}"),
        (json!({ "kind": "external", "sample": ["true", "{out}", "{model}"] }), "give `fit`"),
        (json!({ "kind": "external", "sample": ["true", "{out}"], "samples": "x" }), "leave one"),
        (parrot_with(json!({ "fit": ["true", "{train}"] })), "{model}"),
        (parrot_with(json!({ "takes": ["weather"] })), "weather"),
        (parrot_with(json!({ "format": "xml" })), "xml"),
        (parrot_with(json!({ "time_limit_s": 0 })), "time_limit_s"),
    ] {
        let said = try_fit(&config).err().unwrap().to_string();
        assert!(said.contains(part), "{config}: {said}");
    }
}

#[test]
fn sizes_are_asked_for_of_a_program_that_takes_them_alone() {
    let refused = fit(&parrot()).sample(&Request::new(10, 1).with_size(SizeMode::Fixed(2))).unwrap_err();
    assert!(matches!(refused, SampleError::CannotAsk { attribute: "size", .. }), "{refused}");
}

#[test]
fn a_changed_program_is_another_one() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("program.sh");
    let sums = |content: &str| {
        fs::write(&script, content).unwrap();
        let config = json!({ "kind": "external", "sample": ["sh", script.to_str().unwrap(), "{out}"] });
        serde_json::from_value::<GeneratorConfig>(config).unwrap().files()
    };
    let (before, after) = (sums("true"), sums("false"));
    assert!(before.iter().any(|file| file.path == Path::new(&script)) && before.len() == 2);
    assert_ne!(before, after);
}
