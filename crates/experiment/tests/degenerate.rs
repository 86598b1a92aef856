//! Experiments on traces that leave most metrics without a value: they end in a report with finite numbers, or say what is wrong.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use tracesmith_experiment::{ExperimentError, Progress, RunOptions, run};
use tracesmith_formats::{FaultWindow, Format, write_corpus, write_faults};
use tracesmith_model::DeviceChoice;
use tracesmith_trace::{Corpus, CorpusBuilder, Edge, Fault, Label, Span, Trace, Vocabulary};

const TRACES: usize = 60;
const SECOND_NS: i64 = 1_000_000_000;

/// Every generator and every classifier, as small as can be.
const SMALL: &str = r#"
data = { traces = 60 }
utility = { sweep = [0, 100], sizes = ["empirical"], classifier = { hidden = 8, train = { epochs = 1, batch = 16 } } }
gnn_discriminator = { enabled = true, classifier = { hidden = 8, train = { epochs = 1, batch = 16 } } }

[generators.random-sampling]
kind = "random-sampling"

[generators.markov-tree]
kind = "markov-tree"

[generators.flat-vae]
kind = "flat-vae"
model = { latent = 4, hidden = 8 }
train = { epochs = 1, batch = 16 }

[generators.hvae]
kind = "hvae"
model = { latent = 4, hidden = 8 }
train = { epochs = 1, batch = 16 }

[generators.tree-hvae]
kind = "tree-hvae"
model = { structure_width = 16, timing_width = 16, encoder_width = 8, label_width = 8 }
train = { steps = 3 }
"#;

struct Silent;

impl Progress for Silent {
    fn begin(&self, _stage: &str) {}
    fn epoch(&self, _stage: &str, _epoch: usize, _epochs: usize, _message: &str) {}
    fn end(&self, _stage: &str, _cached: bool) {}
}

/// A span of a service and an operation with these numbers.
fn span(service: usize, operation: usize, duration_us: f64) -> Span {
    Span { service: service as u32, operation: operation as u32, duration_us, ..Span::default() }
}

/// A trace a second, whose spans all hang on the first one.
fn corpus(names: usize, spans: impl Fn(usize) -> Vec<Span>) -> Corpus {
    let numbered = |word: &str| Vocabulary::new((0..names).map(|i| format!("{word}-{i:02}")));
    let mut builder = CorpusBuilder::new("degenerate", numbered("service"), numbered("operation"), false);
    for i in 0..TRACES {
        let spans = spans(i);
        let edges = (1..spans.len() as u32).map(|child| Edge { parent: 0, child }).collect();
        builder.push(Trace { id: format!("{i:08x}"), start_ns: i as i64 * SECOND_NS, label: Label::Unknown, spans, edges }).unwrap();
    }
    builder.finish()
}

/// One or two children, and 100 µs for everything.
fn all_equal() -> Corpus {
    corpus(3, |i| (0..2 + i % 2).map(|service| span(service, service, 100.0)).collect())
}

/// No edge anywhere.
fn single_spans() -> Corpus {
    corpus(2, |i| vec![span(i % 2, i % 2, 10.0 + i as f64)])
}

/// No name occurs in two traces, so that what is learnt from some of them shares no label with the others.
fn all_different() -> Corpus {
    corpus(2 * TRACES, |i| vec![span(2 * i, 2 * i, 50.0), span(2 * i + 1, 2 * i + 1, 20.0 + i as f64)])
}

/// Writes traces and a fault window over the second half of them.
fn write(folder: &Path, name: &str, corpus: &Corpus) {
    write_corpus(corpus, Format::EADRO_CSV, &folder.join(format!("{name}.csv"))).unwrap();
    let fault = Fault { service: "service-00".into(), kind: "cpu_load".into() };
    let window = FaultWindow { start_ns: TRACES as i64 / 2 * SECOND_NS, end_ns: 2 * TRACES as i64 * SECOND_NS, fault };
    write_faults(&[window], &folder.join(format!("{name}.json"))).unwrap();
}

/// Runs [`SMALL`] on files of `folder` and gives the metrics and the report.
fn outcome(folder: &Path, questions: &str, systems: &[String]) -> Result<(BTreeMap<String, f64>, String), ExperimentError> {
    let file = folder.join("degenerate.toml");
    fs::write(&file, format!("questions = {questions}\n{SMALL}\n[systems]\n{}\n", systems.join("\n"))).unwrap();
    let options = RunOptions { device: DeviceChoice::Cpu, out: Some(folder.join("report")), threads: 2, ..RunOptions::default() };
    let folder = run(&file, &options, &Silent)?.folder;
    let metrics = serde_json::from_slice(&fs::read(folder.join("metrics.json")).unwrap()).unwrap();
    let report = fs::read_to_string(folder.join("report.md")).unwrap();
    assert!(folder.join("report.html").exists());
    assert!(!report.contains("NaN") && !report.contains("not finite |"), "{report}");
    Ok((metrics, report))
}

fn system(folder: &Path, name: &str, rest: &str) -> String {
    let file = |extension: &str| folder.join(format!("{name}.{extension}")).display().to_string();
    format!("{name} = {{ dataset = {:?}, faults = [{:?}]{rest} }}", file("csv"), file("json"))
}

#[test]
fn equal_durations_and_lone_spans_end_in_a_report() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "equal", &all_equal());
    write(folder, "lone", &single_spans());
    let systems = ["equal", "lone"].map(|name| system(folder, name, ""));
    let (metrics, report) = outcome(folder, r#"["rq1", "rq2", "rq3", "rq4", "anomaly"]"#, &systems).unwrap();
    for system in ["equal", "lone"] {
        for generator in ["random-sampling", "markov-tree", "flat-vae", "hvae", "tree-hvae"] {
            for key in [
                format!("rq4.{system}.{generator}.empirical.fidelity.overall"),
                format!("rq4.{system}.{generator}.empirical.discriminator.gnn_auc"),
                format!("rq4.{system}.{generator}.empirical.memorisation.exact_duplicate_rate"),
                format!("rq2.{generator}.empirical.real0.accuracy"),
                format!("anomaly.{system}.{generator}.real0.weighted_f1"),
            ] {
                let value = metrics.get(&format!("{key}.mean")).unwrap_or_else(|| panic!("no {key}"));
                assert!((0.0..=1.0).contains(value), "{key} {value}");
            }
        }
        assert!(
            report.contains(&format!("Generators on {system}")) && report.contains(&format!("What gives synthetic traces away, {system}"))
        );
    }
    // A generator of spans as they come repeats the only durations and shapes that there are.
    assert_eq!(metrics["rq4.equal.markov-tree.empirical.fidelity.duration.mean"], 1.0);
    assert_eq!(metrics["rq4.lone.markov-tree.empirical.validity.valid_share.mean"], 1.0);
}

#[test]
fn names_that_never_come_back_end_in_a_report() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "different", &all_different());
    write(folder, "equal", &all_equal());
    write(folder, "lone", &single_spans());
    // The other run of the second system has other names, too.
    let other = format!(", other = {:?}", folder.join("lone.csv").display().to_string());
    let systems = [system(folder, "different", ""), system(folder, "equal", &other)];
    let (metrics, _) = outcome(folder, r#"["rq1", "rq2", "rq3", "rq4"]"#, &systems).unwrap();
    let of = |end: &str| metrics[&format!("rq4.different.markov-tree.empirical.{end}.mean")];
    assert_eq!([of("memorisation.label_coverage"), of("memorisation.natural_rate"), of("validity.known_label_pairs")], [0.0; 3]);
    assert!(of("fidelity.overall") < 0.8);
    assert!(metrics.contains_key("rq3.ceiling.trtr.accuracy.mean"));
}

#[test]
fn too_few_traces_are_refused_with_their_number() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "few", &all_equal().select(&[0, 1, 2, 40]));
    let error = outcome(folder, r#"["rq4"]"#, &[system(folder, "few", "")]).unwrap_err().to_string();
    assert!(error.contains("few") && error.contains("4 usable traces"), "{error}");
}
