//! A small experiment from its file to its report.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tracesmith_experiment::results::{self, Results};
use tracesmith_experiment::{Progress, RunOptions, read, run};
use tracesmith_ingest::{IngestOptions, ingest};
use tracesmith_model::DeviceChoice;

const SMALL: &str = r#"
title = "Small"
seeds = [1, 2]
data = { traces = 40 }
systems = { sn = { dataset = "socialnetwork-sim" }, tt = { dataset = "trainticket-sim" } }
utility = { sweep = [0, 100], sizes = ["fixed", "empirical"], classifier = { hidden = 8, train = { epochs = 2, batch = 16 } } }

[generators.hvae]
kind = "hvae"
model = { latent = 4, hidden = 8 }
train = { epochs = 2, batch = 16 }

[generators.hvae-tree]
kind = "hvae"
model = { latent = 4, hidden = 8 }
train = { epochs = 2, batch = 16 }
sampling = { structure = "tree" }

[generators.random-sampling]
kind = "random-sampling"

[generators.tree-hvae]
kind = "tree-hvae"
model = { structure_width = 16, timing_width = 16, encoder_width = 8, label_width = 8 }
train = { steps = 6 }

[gnn_discriminator]
enabled = true
classifier = { hidden = 8, train = { epochs = 1, batch = 16 } }
"#;

/// Counts computed and cached stages.
#[derive(Default)]
struct Stages(Mutex<Vec<(String, bool)>>);

impl Progress for Stages {
    fn begin(&self, _stage: &str) {}
    fn epoch(&self, _stage: &str, _epoch: usize, _epochs: usize, _message: &str) {}
    fn end(&self, stage: &str, cached: bool) {
        self.0.lock().unwrap().push((stage.to_owned(), cached));
    }
}

impl Stages {
    fn computed(&self) -> Vec<String> {
        self.0.lock().unwrap().iter().filter(|(_, cached)| !cached).map(|(stage, _)| stage.clone()).collect()
    }
}

fn start(folder: &Path, out: &str, threads: usize, overrides: &[&str]) -> (PathBuf, Stages) {
    let file = folder.join("small.toml");
    fs::write(&file, SMALL).unwrap();
    let options = RunOptions {
        overrides: overrides.iter().map(|&text| text.to_owned()).collect(),
        device: DeviceChoice::Cpu,
        out: Some(folder.join(out)),
        cache: Some(folder.join(format!("cache-{}", if threads == 0 { "shared" } else { out }))),
        threads,
        build: None,
    };
    let stages = Stages::default();
    let summary = run(&file, &options, &stages).unwrap();
    (summary.folder, stages)
}

/// Every file of a report but the provenance, which holds times.
fn content(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().unwrap() != "provenance.json" {
                files.insert(path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    files
}

#[test]
fn one_seed_gives_the_same_files_on_one_thread_and_on_two() {
    let folder = tempfile::tempdir().unwrap();
    let (one, _) = start(folder.path(), "one", 1, &["data.export=true"]);
    let (two, _) = start(folder.path(), "two", 2, &["data.export=true"]);
    assert_splits_are_exported(&one);
    let (one, two) = (content(&one), content(&two));
    assert_eq!(one.keys().collect::<Vec<_>>(), two.keys().collect::<Vec<_>>());
    for (path, bytes) in &one {
        assert!(two[path] == *bytes, "{} differs", path.display());
    }
    let metrics: BTreeMap<String, f64> = serde_json::from_slice(&one[Path::new("metrics.json")]).unwrap();
    for key in [
        "rq1.sn.hvae.edge_f1",
        "rq2.hvae.empirical.real10.accuracy",
        "rq3.ceiling.trtr.accuracy",
        "rq4.tt.hvae-tree.empirical.fidelity.overall",
        "rq4.tt.tree-hvae.empirical.discriminator.auc",
        "rq4.tt.tree-hvae.empirical.discriminator.gnn_auc",
        "rq4.tt.ceiling.discriminator.gnn_auc",
        "rq4.tt.tree-hvae.empirical.privacy.near_duplicates",
        "rq4.tt.tree-hvae.latent.probe_root.accuracy",
        "rq4.tt.tree-hvae.latent.interpolation_arrives",
    ] {
        assert!((0.0..=1.0).contains(&metrics[&format!("{key}.mean")]) && metrics[&format!("{key}.n")] == 2.0, "{key}");
    }
    for key in ["hvae-tree.empirical.validity.tree_share", "tree-hvae.empirical.validity.tree_share", "tree-hvae.latent.root_asked"] {
        assert_eq!(metrics[&format!("rq4.sn.{key}.mean")], 1.0, "{key}");
    }
    let report = String::from_utf8(one[Path::new("report.md")].clone()).unwrap();
    assert!(report.contains("Generators on sn") && report.contains("| tree-hvae |"), "generators stand side by side");
    assert!(report.contains("## Deviations from the paper") && report.contains("| generators.hvae.train.epochs | 300 | 2 |"));
    let results = Results::read(&folder.path().join("one").join(results::FILE)).unwrap();
    let flat: BTreeMap<String, f64> = results.flat().unwrap().iter().map(|(key, value)| (key.to_owned(), value)).collect();
    assert_eq!(flat, metrics, "metrics.json is generated from the table of results");
    assert_eq!(results.select().question("rq1").system("sn").generator("hvae").metric("edge_f1").protocol("").by_seed().len(), 2);
    assert!(one.contains_key(Path::new("figures/leaderboard-sn.svg")) && one.contains_key(Path::new("figures/leaderboard-tt.svg")));
    let page = String::from_utf8(one[Path::new("report.html")].clone()).unwrap();
    for text in [&report, &page] {
        assert!(text.contains("What gives synthetic traces away, tt") && text.contains("In brackets: 95 % interval"));
    }
    assert!(page.contains(">hvae-tree: AUC "), "features stand under their generator");
    let tales = String::from_utf8(one[Path::new("tell_tales.csv")].clone()).unwrap();
    assert!(tales.starts_with("variant,system,generator,seed,feature,") && tales.contains(",tt,hvae-tree,2,"), "{tales}");
    assert!(!report.contains("Times are of this machine"), "costs are not asked for");
}

/// The real traces of the first seed, 70 % of 40 to train on, in a format that carries their starts.
fn assert_splits_are_exported(folder: &Path) {
    let mut names: Vec<String> =
        fs::read_dir(folder.join("splits")).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    assert_eq!(names, ["sn.held-out.json.gz", "sn.training.json.gz", "tt.held-out.json.gz", "tt.training.json.gz"]);
    for (name, traces) in [("tt.training.json.gz", 28), ("tt.held-out.json.gz", 12)] {
        let corpus = ingest(&[folder.join("splits").join(name)], &IngestOptions::default()).unwrap().corpus;
        assert_eq!((corpus.len(), corpus.has_starts()), (traces, true), "{name}");
    }
}

#[test]
fn a_private_generator_stands_beside_the_others_with_its_promise_and_costs_are_told_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("private.toml");
    let only =
        SMALL.replace("seeds = [1, 2]", "seeds = [1]\nquestions = [\"rq4\"]\ncosts = true").replace("enabled = true", "enabled = false");
    let private = "[generators.private]\nkind = \"tree-hvae\"\nmodel = { structure_width = 16, timing_width = 16, encoder_width = 8, \
                   label_width = 8 }\ntrain = { steps = 4, privacy = { epsilon = 5.0 } }\n";
    fs::write(&file, format!("{only}\n{private}")).unwrap();
    let out = Some(folder.path().join("out"));
    let summary =
        run(&file, &RunOptions { device: DeviceChoice::Cpu, out, threads: 2, ..RunOptions::default() }, &Stages::default()).unwrap();
    let metrics: BTreeMap<String, f64> = serde_json::from_slice(&fs::read(summary.folder.join("metrics.json")).unwrap()).unwrap();
    let of = |end: &str| metrics[&format!("dp.tt.private.{end}.mean")];
    assert!(of("epsilon") > 4.0 && of("epsilon") <= 5.0 && of("noise_multiplier") > 0.0, "{metrics:?}");
    // 1 / (10 · 28 training traces).
    assert!((of("delta") - 1.0 / 280.0).abs() < 1e-12);
    let report = fs::read_to_string(summary.folder.join("report.md")).unwrap();
    assert!(report.contains("Promises of DP-SGD and what is measured beside them, tt") && report.contains("| hvae | not private |"));
    assert!(report.contains("Times are of this machine") && report.contains("| traces/s |"));
    assert!(metrics.keys().all(|key| !key.contains("hvae-tree.epsilon")));
}

#[test]
fn a_second_run_computes_nothing_and_a_changed_key_only_what_depends_on_it() {
    let folder = tempfile::tempdir().unwrap();
    let (first, stages) = start(folder.path(), "first", 0, &[]);
    let fits = stages.computed().iter().filter(|stage| stage.starts_with("fit ")).count();
    // Two seeds, two systems, and one fit for both hvae rows beside random-sampling and tree-hvae.
    assert_eq!(fits, 12);
    let (second, stages) = start(folder.path(), "second", 0, &[]);
    assert_eq!(stages.computed(), Vec::<String>::new());
    assert!(content(&first) == content(&second));
    let (_, stages) = start(folder.path(), "third", 0, &["generators.hvae-tree.sampling.temperature=0.5"]);
    let computed = stages.computed();
    assert!(!computed.is_empty() && computed.iter().all(|stage| stage.contains("hvae-tree")), "{computed:?}");
}

#[test]
fn every_experiment_of_the_project_can_be_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments");
    let files: Vec<PathBuf> = [folder.clone(), folder.join("ablations"), folder.join("ablations/tree_hvae")]
        .iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        // The thresholds of the quality gate are no experiment.
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml") && !path.ends_with("gate.toml"))
        .collect();
    assert!(files.len() >= 24, "{files:?}");
    for file in files {
        let variants = read(&file, &[]).unwrap_or_else(|error| panic!("{error}"));
        assert!(!file.to_string_lossy().contains("ablations") || variants.len() > 1 || variants[0].experiment.generators.len() > 1);
    }
}
