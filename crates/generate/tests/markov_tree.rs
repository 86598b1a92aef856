//! What the `markov-tree` baseline promises beyond what every generator does.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;

use tracesmith_generate::{Fit, FitError, FittedGenerator, Generator, MarkovTree, Request, SampleError, load, map_parallel};
use tracesmith_ingest::simulate::{SimulationConfig, System, simulate};
use tracesmith_model::Device;
use tracesmith_trace::{Class, Corpus, CorpusBuilder, Edge, Label, SizeMode, Span, SpanKind, Status, Trace, ValidityCounts, Vocabulary};

fn simulated(system: System, traces: usize) -> Corpus {
    simulate(&SimulationConfig::new(system, traces, 5)).corpus
}

fn fit(corpus: &Corpus) -> Box<dyn FittedGenerator> {
    MarkovTree::default().fit(corpus, Fit { seed: 1, device: &Device::flex(), resume: None, observe: &mut |_, _| () }).unwrap()
}

fn request(count: usize, size: SizeMode) -> Request {
    Request::new(count, 7).with_size(size)
}

fn sizes(corpus: &Corpus) -> Vec<usize> {
    corpus.traces().map(|trace| trace.span_count()).collect()
}

fn labels(corpus: &Corpus) -> Vec<(u32, u32)> {
    corpus.span_services().iter().copied().zip(corpus.span_operations().iter().copied()).collect()
}

fn root_operations(corpus: &Corpus) -> Vec<&str> {
    corpus.traces().map(|trace| corpus.operations().name(trace.operations[0])).collect()
}

/// Half the sum of the absolute differences of two relative frequencies.
fn total_variation<T: Ord>(a: Vec<T>, b: Vec<T>) -> f64 {
    let (of_a, of_b) = (1.0 / a.len() as f64, 1.0 / b.len() as f64);
    let mut differences: BTreeMap<T, f64> = BTreeMap::new();
    a.into_iter().for_each(|item| *differences.entry(item).or_default() += of_a);
    b.into_iter().for_each(|item| *differences.entry(item).or_default() -= of_b);
    differences.values().map(|difference| difference.abs()).sum::<f64>() / 2.0
}

/// Corpus of trees without starts, given by the operation and the parent of every span.
fn corpus(trees: &[Vec<(u32, Option<usize>)>], label: impl Fn(usize) -> Label) -> Corpus {
    let operations = Vocabulary::new((0..5).map(|operation| format!("operation {operation}")));
    let mut builder = CorpusBuilder::new("test", Vocabulary::new(["service"]), operations, false);
    for (i, tree) in trees.iter().enumerate() {
        let span = |&(operation, _): &(u32, Option<usize>)| Span {
            service: 0,
            operation,
            start_us: 0.0,
            duration_us: 10.0 * (1.0 + f64::from(operation)),
            status: Status::of_http(200),
            kind: SpanKind::Server,
            attributes: 0,
        };
        let edges = tree.iter().enumerate().filter_map(|(child, &(_, parent))| Some(Edge { parent: parent? as u32, child: child as u32 }));
        let trace = Trace { spans: tree.iter().map(span).collect(), edges: edges.collect(), label: label(i), ..Trace::default() };
        builder.push(trace).unwrap();
    }
    builder.finish()
}

#[test]
fn marginals_of_labels_sizes_and_roots_are_those_of_training() {
    // The tables keep the mean of the sizes, but not their distribution: subtrees that go together in training are drawn independently, and a
    // span of SocialNetwork's web server calls one of its own name just once, which the tables cannot know.
    for (system, of_own_sizes) in [(System::TrainTicket, 0.2), (System::SocialNetwork, 0.55)] {
        let real = simulated(system, 3000);
        let generator = fit(&real);
        // Given the sizes, labels are those of the trees that the tables make of that size.
        let modes = [(SizeMode::Model, 0.02, of_own_sizes), (SizeMode::Empirical, 0.06, 0.03), (SizeMode::Copied, 0.06, 0.001)];
        for (mode, of_labels, of_sizes) in modes {
            let sample = generator.sample(&request(3000, mode)).unwrap();
            let counts = ValidityCounts::of(&sample);
            assert_eq!((counts.trees, counts.traces), (3000, 3000), "{system:?}, {mode}");
            assert!(sample.has_starts() && sample.span_durations_us().iter().all(|us| us.is_finite() && *us >= 0.0));
            let distances = (total_variation(labels(&real), labels(&sample)), total_variation(sizes(&real), sizes(&sample)));
            println!("{system:?}, {mode}: total variation of labels and sizes {distances:?}");
            assert!(distances.0 < of_labels && distances.1 < of_sizes, "{system:?}, {mode}: {distances:?}");
            let growth = sample.span_count() as f64 / real.span_count() as f64;
            assert!((growth - 1.0).abs() < 0.04, "{system:?}, {mode}: {growth} times the spans of training");
            let roots = total_variation(root_operations(&real), root_operations(&sample));
            assert!(roots < 2.0 * of_labels, "{system:?}, {mode}: roots {roots}");
        }
    }
}

#[test]
fn every_size_up_to_the_largest_is_met_exactly() {
    let real = simulated(System::TrainTicket, 300);
    let (generator, largest) = (fit(&real), sizes(&real).into_iter().max().unwrap());
    for size in 1..=largest {
        let sample = generator.sample(&request(20, SizeMode::Fixed(size))).unwrap();
        assert_eq!(sizes(&sample), [size; 20]);
        assert_eq!(ValidityCounts::of(&sample).trees, 20, "{size}");
    }
}

#[test]
fn a_root_can_be_asked_for_by_operation_or_with_its_service() {
    let real = simulated(System::TrainTicket, 300);
    let generator = fit(&real);
    let first = real.trace(0);
    let operation = real.operations().name(first.operations[0]);
    let full = format!("{}/{operation}", real.services().name(first.services[0]));
    let of_root: Vec<usize> =
        real.traces().filter(|trace| trace.operations[0] == first.operations[0]).map(|trace| trace.span_count()).collect();
    for asked in [operation, &full] {
        for size in [SizeMode::Empirical, SizeMode::Model, SizeMode::Fixed(of_root[0])] {
            let sample = generator.sample(&request(50, size).with_root(asked)).unwrap();
            assert!(root_operations(&sample).iter().all(|root| *root == operation), "{asked} {size}");
            assert!(size != SizeMode::Empirical || sizes(&sample).iter().all(|size| of_root.contains(size)));
        }
    }
    let unknown = generator.sample(&request(5, SizeMode::Model).with_root("GET /nothing")).unwrap_err();
    assert!(matches!(&unknown, SampleError::NoSuchRoot { asked, known } if asked == "GET /nothing" && known.contains(&full)), "{unknown}");
}

#[test]
fn a_class_has_its_own_roots_and_durations() {
    let trees = [vec![(0, None), (1, Some(0))], vec![(2, None), (1, Some(0))]];
    let fault = tracesmith_trace::Fault { service: "service".into(), kind: "cpu_load".into() };
    let real = corpus(&trees, |i| if i == 0 { Label::Normal } else { Label::Abnormal(fault.clone()) });
    let generator = fit(&real);
    for (label, root) in [(Class::Normal, "operation 0"), (Class::Abnormal, "operation 2")] {
        let sample = generator.sample(&request(40, SizeMode::Model).with_class(label)).unwrap();
        assert!(root_operations(&sample).iter().all(|operation| *operation == root), "{label:?}");
    }
    // No abnormal trace begins with operation 0: the root is given, and the label is what was asked for.
    let asked = request(10, SizeMode::Empirical).with_class(Class::Abnormal).with_root("operation 0");
    let sample = generator.sample(&asked).unwrap();
    assert!(sample.labels().iter().all(Label::is_abnormal) && root_operations(&sample) == ["operation 0"; 10]);
}

#[test]
fn statuses_and_kinds_are_those_of_training() {
    let sample = fit(&corpus(&[vec![(0, None), (1, Some(0))]], |_| Label::Unknown)).sample(&request(5, SizeMode::Model)).unwrap();
    assert!(sample.traces().all(|trace| trace.statuses == [Status::of_http(200); 2] && trace.kinds == [SpanKind::Server; 2]));
}

#[test]
fn the_same_request_gives_the_same_corpus_on_any_number_of_threads_and_from_disk() {
    let generator = fit(&simulated(System::SocialNetwork, 200));
    let folder = tempfile::tempdir().unwrap();
    generator.save(folder.path()).unwrap();
    let loaded = load(folder.path(), &Device::flex(), |_| ()).unwrap();
    for size in [SizeMode::Model, SizeMode::Empirical] {
        let sample = |generator: &dyn FittedGenerator, threads| generator.sample(&request(700, size).on_threads(threads)).unwrap();
        let one = sample(generator.as_ref(), 1);
        for threads in [0, 2, 5] {
            assert_eq!(sample(generator.as_ref(), threads), one, "{threads} threads");
        }
        assert_eq!(sample(loaded.as_ref(), 2), one);
        assert!(map_parallel(3, 3, |_| sample(loaded.as_ref(), 1)).iter().all(|other| *other == one));
    }
}

#[test]
fn corpora_of_one_trace_and_of_single_spans_can_be_fitted() {
    let one = simulated(System::TrainTicket, 30).filter(|trace| trace.span_count() > 3).select(&[0]);
    let sample = fit(&one).sample(&request(30, SizeMode::Empirical)).unwrap();
    assert!(sizes(&sample).iter().all(|size| *size == one.span_count()));
    assert_eq!(ValidityCounts::of(&sample).trees, 30);

    let single = corpus(&[vec![(0, None)], vec![(3, None)]], |_| Label::Unknown);
    for size in [SizeMode::Model, SizeMode::Empirical, SizeMode::Range, SizeMode::Fixed(1)] {
        let sample = fit(&single).sample(&request(30, size)).unwrap();
        assert!(sizes(&sample) == [1; 30] && sample.span_durations_us().iter().all(|us| [10.0, 40.0].contains(us)), "{size}");
    }
    assert_eq!(fit(&single).sample(&request(3, SizeMode::Fixed(2))).unwrap_err(), SampleError::Size { asked: 2, limit: 1 });
}

#[test]
fn a_chain_of_twenty_thousand_spans_is_no_problem() {
    const LENGTH: usize = 20_000;
    let chain: Vec<(u32, Option<usize>)> = (0..LENGTH).map(|i| ((i % 2) as u32, i.checked_sub(1))).collect();
    let generator = fit(&corpus(&[chain], |_| Label::Unknown));
    let folder = tempfile::tempdir().unwrap();
    generator.save(folder.path()).unwrap();
    let loaded = load(folder.path(), &Device::flex(), |_| ()).unwrap();
    assert_eq!(sizes(&loaded.sample(&request(2, SizeMode::Fixed(LENGTH))).unwrap()), [LENGTH; 2]);
    assert!(sizes(&loaded.sample(&request(5, SizeMode::Model)).unwrap()).iter().all(|size| *size <= 2 * LENGTH));
}

#[test]
fn settings_and_damaged_files_are_refused() {
    let real = corpus(&[vec![(0, None), (1, Some(0))]], |_| Label::Unknown);
    let bad = MarkovTree { size_tries: 0 }.fit(&real, Fit { seed: 1, device: &Device::flex(), resume: None, observe: &mut |_, _| () });
    assert!(matches!(bad.err(), Some(FitError::BadSetting { key: "size_tries", .. })));

    let folder = tempfile::tempdir().unwrap();
    fit(&real).save(folder.path()).unwrap();
    let path = folder.path().join("model.json");
    let sound: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    for (pointer, value) in [
        ("/generator/tables/labels/0/contexts/0/next/0/0", serde_json::json!(17)),
        ("/generator/tables/labels/1/durations_us", serde_json::json!([[], [], []])),
        ("/generator/tables/roots", serde_json::json!([])),
        ("/generator/config/size_tries", serde_json::json!(0)),
        ("/generator/profile/labels", serde_json::json!([])),
        ("/generator/profile/labels/0/1/0", serde_json::json!(0)),
    ] {
        let mut damaged = sound.clone();
        *damaged.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
        fs::write(&path, damaged.to_string()).unwrap();
        let error = load(folder.path(), &Device::flex(), |_| ()).err().unwrap_or_else(|| panic!("{pointer}")).to_string();
        assert!(error.contains("model.json"), "{error}");
    }
}
