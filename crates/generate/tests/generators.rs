//! What every generator promises: the sizes and labels that were asked for, the same traces for the same seed, and a model on disk that
//! needs no data.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use rand::RngExt;
use tracesmith_generate::{
    EncodeError, Fit, FitError, FittedGenerator, FlatVaeGenerator, Generator, GeneratorConfig, HvaeGenerator, MarkovTree, Prior,
    RandomSampling, Reconstruction, Request, SampleError, SamplingSettings, Skills, StoreError, TreeHvaeGenerator, load, map_parallel,
};
use tracesmith_model::Device;
use tracesmith_model::train::TrainConfig;
use tracesmith_trace::{Class, Corpus, CorpusBuilder, Edge, Fault, Label, SizeMode, Span, Trace, TraceRef, ValidityCounts, Vocabulary};

const SERVICES: [&str; 3] = ["cart", "frontend", "payment"];
const OPERATIONS: [&str; 4] = ["charge", "get", "list", "put"];
/// Sizes of the traces are 2 to this.
const LARGEST: usize = 6;
/// 2022-04-17 02:09:55 UTC.
const START_NS: i64 = 1_650_161_395_000_000_000;

/// `count` random trees, every third one abnormal.
fn corpus(count: usize) -> Corpus {
    labelled(count, |i| if i % 3 == 0 { Label::Abnormal(Fault { service: "cart".into(), kind: "cpu_load".into() }) } else { Label::Normal })
}

fn labelled(count: usize, label: impl Fn(usize) -> Label) -> Corpus {
    let mut rng = tracesmith_trace::rng(0, "corpus");
    let mut builder = CorpusBuilder::new("shop", Vocabulary::new(SERVICES), Vocabulary::new(OPERATIONS), false);
    for i in 0..count {
        let size = 2 + i % (LARGEST - 1);
        let mut span = || Span {
            service: rng.random_range(0..SERVICES.len() as u32),
            operation: rng.random_range(0..OPERATIONS.len() as u32),
            start_us: 0.0,
            duration_us: rng.random_range(10.0..100_000.0),
            ..Span::default()
        };
        let spans = (0..size).map(|_| span()).collect();
        let edges = (1..size as u32).map(|child| Edge { parent: rng.random_range(0..child), child }).collect();
        builder.push(Trace { id: format!("real-{i}"), start_ns: START_NS + i as i64, label: label(i), spans, edges }).unwrap();
    }
    builder.finish()
}

/// Every kind of generator that needs nothing but traces, small, and once more the paper's with labels.
fn small_generators() -> Vec<(String, GeneratorConfig)> {
    let train = TrainConfig { epochs: 2, batch: 8, ..TrainConfig::default() };
    let mut flat = FlatVaeGenerator { train: train.clone(), ..FlatVaeGenerator::default() };
    (flat.model.latent, flat.model.hidden, flat.model.span_width) = (6, 16, 8);
    let mut conditional = HvaeGenerator { train, ..HvaeGenerator::default() };
    (conditional.model.latent, conditional.model.hidden, conditional.model.conditional) = (6, 12, true);
    let mut hvae = conditional.clone();
    hvae.model.conditional = false;
    let mut tree = TreeHvaeGenerator::default();
    (tree.train.steps, tree.train.batch) = (8, 8);
    (tree.model.encoder_width, tree.model.structure_width, tree.model.timing_width) = (8, 8, 8);
    let all = [
        GeneratorConfig::new(RandomSampling::default()),
        GeneratorConfig::new(MarkovTree::default()),
        GeneratorConfig::new(flat),
        GeneratorConfig::new(hvae),
        GeneratorConfig::new(tree),
    ];
    let named = all.into_iter().map(|config| (config.kind().to_owned(), config));
    named.chain([("hvae, conditional".to_owned(), GeneratorConfig::new(conditional))]).collect()
}

fn try_fit(config: &GeneratorConfig, corpus: &Corpus) -> Result<Box<dyn FittedGenerator>, FitError> {
    config.fit(corpus, Fit { seed: 1, device: &Device::flex(), resume: None, observe: &mut |_, _| () })
}

fn fitted() -> Vec<(String, Box<dyn FittedGenerator>)> {
    let corpus = corpus(30);
    small_generators().into_iter().map(|(name, config)| (name, try_fit(&config, &corpus).unwrap())).collect()
}

/// The small configuration of `name`, changed by `change`.
fn small_hvae(change: impl FnOnce(&mut HvaeGenerator)) -> GeneratorConfig {
    let mut generator = small::<HvaeGenerator>();
    change(&mut generator);
    GeneratorConfig::new(generator)
}

fn small<G: Generator>() -> G {
    small_generators().iter().find_map(|(_, config)| config.get::<G>().cloned()).unwrap()
}

/// What is decoded of every trace; nothing of a generator without an encoder.
fn reconstructions(generator: &dyn FittedGenerator, corpus: &Corpus) -> Vec<Reconstruction> {
    let found = generator.skills().reconstruct.map(|encoder| encoder.reconstruct(corpus).unwrap());
    found.unwrap_or_default().into_iter().map(|reconstruction| reconstruction.expect("nothing is held back")).collect()
}

fn sizes(corpus: &Corpus) -> Vec<usize> {
    corpus.traces().map(|trace| trace.span_count()).collect()
}

fn request(count: usize, size: SizeMode) -> Request {
    Request::new(count, 3).with_size(size)
}

#[test]
fn sizes_are_as_asked() {
    let real = sizes(&corpus(30));
    let counts = |sizes: &[usize]| {
        sizes.iter().fold(BTreeMap::new(), |mut counts, &size| {
            *counts.entry(size).or_insert(0) += 1;
            counts
        })
    };
    for (name, generator) in fitted() {
        let sample = |mode| sizes(&generator.sample(&request(60, mode)).unwrap());
        for size in [1, 4, LARGEST] {
            assert_eq!(sample(SizeMode::Fixed(size)), [size; 60], "{name}");
        }
        assert_eq!(counts(&sample(SizeMode::Copied)), counts(&[&real[..], &real].concat()), "{name}");
        let empirical = sample(SizeMode::Empirical);
        assert!(empirical.iter().all(|size| real.contains(size)), "{name}: {empirical:?}");
        let range: BTreeSet<usize> = sample(SizeMode::Range).into_iter().collect();
        assert_eq!(range, (2..=LARGEST).collect(), "{name}");
    }
}

#[test]
fn impossible_sizes_are_refused() {
    for (name, generator) in fitted() {
        let error = |size| generator.sample(&request(5, size)).unwrap_err();
        for asked in [0, LARGEST + 1, usize::MAX] {
            assert_eq!(error(SizeMode::Fixed(asked)), SampleError::Size { asked, limit: LARGEST }, "{name}");
        }
        if !["markov-tree", "tree-hvae"].contains(&name.as_str()) {
            assert_eq!(error(SizeMode::Model), SampleError::NoOwnSizes(generator.kind()), "{name}");
        }
    }
}

#[test]
fn samples_are_complete_corpora_of_the_training_names() {
    let real = corpus(30);
    for (name, generator) in fitted() {
        let sample = generator.sample(&Request::new(50, 0)).unwrap();
        assert_eq!(sample.len(), 50, "{name}");
        assert_eq!((sample.services(), sample.operations(), sample.has_starts()), (real.services(), real.operations(), false), "{name}");
        assert!(sample.span_durations_us().iter().all(|d| d.is_finite() && *d >= 0.0), "{name}");
        let ids: BTreeSet<&str> = sample.traces().map(|trace| trace.id).collect();
        assert!(ids.len() == 50 && !ids.contains(""), "{name}: ids must be distinct");
        assert!(sample.traces().all(|trace| (START_NS..START_NS + 30).contains(&trace.start_ns)), "{name}");
        assert!(generator.sample(&Request::new(0, 0)).unwrap().is_empty(), "{name}");
    }
}

#[test]
fn labels_are_as_asked_or_the_request_is_refused() {
    for (name, generator) in fitted() {
        let sample = |class| generator.sample(&Request::new(60, 3).with_class(class));
        if name == "hvae" || name == "flat-vae" {
            let refused = sample(Class::Normal).unwrap_err();
            assert_eq!(refused, SampleError::NotConditional(generator.kind(), "normal"));
            assert!(sample(Class::Unknown).unwrap().labels().iter().all(|label| *label == Label::Unknown), "{name}");
            continue;
        }
        assert!(sample(Class::Normal).unwrap().labels().iter().all(|label| *label == Label::Normal), "{name}");
        assert!(sample(Class::Abnormal).unwrap().labels().iter().all(Label::is_abnormal), "{name}");
        let abnormal = sample(Class::Unknown).unwrap().labels().iter().filter(|label| label.is_abnormal()).count();
        assert!((8..=32).contains(&abnormal), "{name}: {abnormal} of 60 abnormal, a third was real");
    }
}

#[test]
fn a_label_that_the_training_data_lacks_is_refused() {
    let normal = labelled(12, |_| Label::Normal);
    for (name, config) in small_generators() {
        match (name.as_str(), try_fit(&config, &normal)) {
            ("hvae, conditional", fitted) => assert!(matches!(fitted, Err(FitError::NoLabels))),
            ("random-sampling" | "markov-tree" | "tree-hvae", fitted) => {
                let wanted = Request::new(5, 0).with_class(Class::Abnormal);
                assert_eq!(fitted.unwrap().sample(&wanted).unwrap_err(), SampleError::NoSuchLabel("abnormal"));
            }
            (name, fitted) => assert!(fitted.is_ok(), "{name}"),
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_corpus_on_any_number_of_threads() {
    for (name, generator) in fitted() {
        // More than two chunks of work, so that threads can get into each other's way.
        let sample = |seed, threads| generator.sample(&Request::new(600, seed).on_threads(threads)).unwrap();
        let one = sample(3, 1);
        for threads in [0, 1, 2, 5] {
            assert_eq!(sample(3, threads), one, "{name} on {threads} threads");
        }
        assert_ne!(sample(4, 1), one, "{name}");
    }
}

#[test]
fn generators_that_are_fitted_side_by_side_are_those_fitted_one_by_one() {
    let real = corpus(30);
    for (name, config) in small_generators() {
        let fit = |_| try_fit(&config, &real).unwrap().sample(&Request::new(20, 0)).unwrap();
        let alone = fit(0);
        assert!(map_parallel(4, 4, fit).iter().all(|sample| *sample == alone), "{name}");
    }
}

#[test]
fn a_saved_generator_samples_the_same_traces_from_its_folder_alone() {
    let root = tempfile::tempdir().unwrap();
    for (i, (name, generator)) in fitted().into_iter().enumerate() {
        let (saved, moved) = (root.path().join(format!("{i}-saved")), root.path().join(format!("{i}-moved")));
        generator.save(&saved).unwrap();
        let mut files: Vec<_> = fs::read_dir(&saved).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        files.sort();
        assert_eq!(
            files,
            if ["random-sampling", "markov-tree"].contains(&name.as_str()) {
                vec!["model.json"]
            } else {
                vec!["model.json", "weights.bpk"]
            }
        );
        let description = fs::read_to_string(saved.join("model.json")).unwrap();
        assert!(!description.contains("real-1"), "{name}: no training trace may be kept");

        fs::rename(&saved, &moved).unwrap();
        let loaded = load(&moved, &Device::flex(), |_| ()).unwrap();
        for size in [SizeMode::Empirical, SizeMode::Copied, SizeMode::Fixed(3)] {
            assert_eq!(loaded.sample(&request(300, size)).unwrap(), generator.sample(&request(300, size)).unwrap(), "{name}");
        }
        assert_eq!((loaded.kind(), loaded.profile(), loaded.training()), (generator.kind(), generator.profile(), generator.training()));
        assert_eq!(reconstructions(&*loaded, &corpus(5)), reconstructions(&*generator, &corpus(5)), "{name}");
    }
}

#[test]
fn sampling_can_be_adjusted_when_a_model_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let config = small_hvae(|generator| generator.sampling.duration_noise = 0.0);
    try_fit(&config, &corpus(30)).unwrap().save(folder.path()).unwrap();
    let sample = |adjust: fn(&mut SamplingSettings)| {
        let generator = load(folder.path(), &Device::flex(), adjust).unwrap();
        generator.sample(&Request::new(40, 0)).unwrap()
    };
    let refused = |name, value: f64| {
        load(folder.path(), &Device::flex(), |sampling| sampling.set(name, value)).err().map(|error| error.to_string()).unwrap()
    };
    let names = |corpus: &Corpus| corpus.span_operations().to_vec();
    assert_ne!(names(&sample(|_| ())), names(&sample(|sampling| sampling.set("temperature", 0.0))));
    assert_eq!(sample(|sampling| sampling.set("edge_threshold", 1.0)).edge_count(), 0);
    let all_pairs: usize = sizes(&sample(|_| ())).iter().map(|n| n * (n - 1) / 2).sum();
    assert_eq!(sample(|sampling| sampling.set("edge_threshold", 0.0)).edge_count(), all_pairs);
    assert!(refused("temperature", -1.0).contains("sampling.temperature = -1"), "{}", refused("temperature", -1.0));
    assert!(refused("min_p", 0.5).contains("min_p"), "{}", refused("min_p", 0.5));
}

#[test]
fn the_aggregate_prior_draws_other_traces_and_is_kept_with_the_model() {
    let folder = tempfile::tempdir().unwrap();
    for (name, config) in small_generators() {
        if !config.sampling().has("prior") {
            continue;
        }
        try_fit(&config, &corpus(60)).unwrap().save(folder.path()).unwrap();
        let sample = |prior, seed, threads| {
            let generator = load(folder.path(), &Device::flex(), |sampling| sampling.set("prior", Prior::name(prior))).unwrap();
            generator.sample(&Request::new(600, seed).on_threads(threads)).unwrap()
        };
        let aggregate = sample(Prior::Aggregate, 3, 1);
        assert_ne!(aggregate.span_durations_us(), sample(Prior::Standard, 3, 1).span_durations_us(), "{name}");
        assert_eq!(aggregate, sample(Prior::Aggregate, 3, 4), "{name}");
        assert_ne!(aggregate, sample(Prior::Aggregate, 4, 1), "{name}");
    }
}

#[test]
fn a_model_without_mixtures_loads_and_says_so_when_they_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    try_fit(&small_hvae(|_| ()), &corpus(30)).unwrap().save(folder.path()).unwrap();
    let path = folder.path().join("model.json");
    let mut description: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let mut edited = |edit: &dyn Fn(&mut serde_json::Map<String, serde_json::Value>)| {
        edit(description["generator"].as_object_mut().unwrap());
        fs::write(&path, description.to_string()).unwrap();
        |prior| load(folder.path(), &Device::flex(), move |sampling| sampling.set("prior", Prior::name(prior)))
    };
    let damaged = edited(&|generator| generator["aggregate"]["spans"] = serde_json::Value::Null);
    assert!(damaged(Prior::Standard).err().unwrap().to_string().contains("do not fit"));
    let old = edited(&|generator| {
        generator.shift_remove("aggregate").unwrap();
        generator["sampling"].as_object_mut().unwrap().shift_remove("prior").unwrap();
    });
    old(Prior::Standard).unwrap().sample(&Request::new(5, 0)).unwrap();
    let error = old(Prior::Aggregate).err().unwrap().to_string();
    assert!(error.contains("model.json") && error.contains("aggregate"), "{error}");
}

#[test]
fn tree_structure_gives_single_root_trees_only() {
    let folder = tempfile::tempdir().unwrap();
    for (name, config) in small_generators() {
        try_fit(&config, &corpus(30)).unwrap().save(folder.path()).unwrap();
        let tree = |sampling: &mut SamplingSettings| {
            if sampling.has("structure") {
                sampling.set("structure", "tree");
            }
        };
        let sample = load(folder.path(), &Device::flex(), tree).unwrap().sample(&Request::new(200, 0)).unwrap();
        let counts = ValidityCounts::of(&sample);
        assert_eq!((counts.trees, counts.traces), (200, 200), "{name}");
    }
}

fn small_tree_hvae() -> TreeHvaeGenerator {
    small()
}

/// Pairs of (service, operation) of parent and child, and of a root with itself.
fn calls(corpus: &Corpus) -> BTreeSet<[(u32, u32); 2]> {
    let of_trace = |trace: TraceRef<'_>| {
        let name = |span: usize| (trace.services[span], trace.operations[span]);
        let parents = trace.parents();
        (0..trace.span_count()).map(|span| [name(parents[span].unwrap_or(span)), name(span)]).collect::<Vec<_>>()
    };
    corpus.traces().flat_map(of_trace).collect()
}

#[test]
fn tree_hvae_draws_calls_of_training_alone_unless_all_are_allowed() {
    let corpus = corpus(30);
    let new_calls = |known_calls| {
        let mut generator = small_tree_hvae();
        generator.sampling.known_calls = known_calls;
        let drawn = try_fit(&GeneratorConfig::new(generator), &corpus).unwrap().sample(&request(200, SizeMode::Empirical)).unwrap();
        calls(&drawn).difference(&calls(&corpus)).count()
    };
    // Hardly trained, the network draws everything that it may.
    assert_eq!(new_calls(true), 0);
    assert!(new_calls(false) > 10);
}

#[test]
fn tree_hvae_draws_rare_traces_more_often_when_asked() {
    let mut builder = CorpusBuilder::new("shop", Vocabulary::new(SERVICES), Vocabulary::new(OPERATIONS), false);
    for i in 0..40 {
        let size = if i < 2 { 5 } else { 2 };
        let spans = vec![Span { duration_us: 10.0, ..Span::default() }; size];
        let edges = (1..size as u32).map(|child| Edge { parent: 0, child }).collect();
        builder.push(Trace { id: format!("real-{i}"), start_ns: START_NS, label: Label::Normal, spans, edges }).unwrap();
    }
    let corpus = builder.finish();
    let mut generator = small_tree_hvae();
    let mut large = |rare_shapes| {
        generator.sampling.rare_shapes = rare_shapes;
        let model = try_fit(&GeneratorConfig::new(generator.clone()), &corpus).unwrap();
        sizes(&model.sample(&request(200, SizeMode::Empirical)).unwrap()).iter().filter(|&&size| size == 5).count()
    };
    let (as_often, alike) = (large(0.0), large(1.0));
    assert!((3..25).contains(&as_often) && (75..125).contains(&alike), "{as_often} {alike}");
}

#[test]
fn degenerate_corpora_can_be_fitted_and_sampled() {
    let single = labelled(30, |_| Label::Normal).filter(|trace| trace.span_count() == 2);
    let one_span = |corpus: &Corpus| {
        let mut builder = corpus.empty_like();
        for trace in corpus.traces() {
            let trace = trace.to_owned();
            builder.push(Trace { spans: trace.spans[..1].to_vec(), edges: Vec::new(), ..trace }).unwrap();
        }
        builder.finish()
    };
    let equal_durations = |corpus: &Corpus, duration_us: f64| {
        let mut builder = corpus.empty_like();
        for trace in corpus.traces() {
            let mut trace = trace.to_owned();
            trace.spans.iter_mut().for_each(|span| span.duration_us = duration_us);
            builder.push(trace).unwrap();
        }
        builder.finish()
    };
    let corpora = [
        single.select(&[0]),
        one_span(&single),
        one_span(&single.select(&[0])),
        equal_durations(&single, 7.0),
        equal_durations(&single, 0.0),
    ];
    for (name, config) in small_generators().into_iter().filter(|(name, _)| name != "hvae, conditional") {
        for corpus in &corpora {
            let generator = try_fit(&config, corpus).unwrap();
            let sample = generator.sample(&request(10, SizeMode::Range)).unwrap();
            assert!(sample.span_durations_us().iter().all(|d| d.is_finite() && *d >= 0.0), "{name}");
            assert_eq!(sample.len(), 10);
            for reconstruction in reconstructions(&*generator, corpus) {
                assert!(reconstruction.durations_us.iter().all(|d| d.is_finite()), "{name}");
            }
        }
    }
}

#[test]
fn traces_that_are_larger_deeper_or_of_other_labels_than_those_of_training_are_read() {
    let everything = labelled(40, |_| Label::Normal);
    let has_label = |trace: TraceRef<'_>| trace.services.iter().zip(trace.operations).any(|label| label == (&0, &0));
    let training = everything.filter(|trace| trace.span_count() <= 3 && !has_label(trace));
    let mut builder = everything.empty_like();
    for (number, spans) in [(0, 2), (1, 40), (2, 4)] {
        let span = |i: u32| Span { service: i % 3, operation: i % 4, duration_us: f64::from(1000 - i), ..Span::default() };
        // A chain.
        let edges = (1..spans).map(|child| Edge { parent: child - 1, child }).collect();
        let id = format!("foreign-{number}");
        builder.push(Trace { id, start_ns: START_NS, label: Label::Normal, spans: (0..spans).map(span).collect(), edges }).unwrap();
    }
    let foreign = builder.finish();
    for (name, config) in small_generators() {
        if name == "hvae, conditional" {
            continue;
        }
        let generator = try_fit(&config, &training).unwrap();
        let Skills { reconstruct, likelihood, latents } = generator.skills();
        let can = config.capabilities();
        let has = (reconstruct.is_some(), likelihood.is_some(), latents.is_some());
        assert_eq!(has, (can.reconstructs, can.likelihood, can.latents), "{name} has what its configuration says");
        for (trace, decoded) in foreign.traces().zip(&reconstructions(&*generator, &foreign)) {
            assert_eq!(decoded.services.len(), trace.span_count(), "{name}");
            assert!(decoded.edges.iter().all(|&(parent, child)| parent < child && child < trace.span_count()), "{name}");
        }
        if let Some(losses) = likelihood.map(|likelihood| likelihood.trace_losses(&foreign).unwrap()) {
            assert!(losses.len() == 3 && losses.iter().all(|loss| loss.is_finite()), "{name}: {losses:?}");
        }
        if let Some(latents) = latents {
            let means = latents.latents(&foreign).unwrap();
            assert!(means.len() == 3 && means.iter().flatten().all(|unit| unit.is_finite()), "{name}");
            assert_eq!(latents.interpolate(&foreign, 5, 1).unwrap().len(), 5, "{name}");
            let none = foreign.filter(|_| false);
            assert_eq!(latents.interpolate(&none, 5, 1).err(), Some(EncodeError::Empty), "{name}");
        }
    }
}

#[test]
fn what_cannot_be_fitted_is_said() {
    let empty = corpus(1).filter(|_| false);
    for (name, config) in small_generators() {
        assert!(matches!(try_fit(&config, &empty), Err(FitError::Empty)), "{name}");
    }
    type Change = fn(&mut HvaeGenerator);
    let changes: [(Change, &str); 5] = [
        (|g| g.model.latent = 0, "model.latent = 0"),
        (|g| g.model.head_dropout = 1.0, "model.head_dropout = 1"),
        (|g| g.model.beta = f64::NAN, "model.beta = NaN"),
        (|g| g.sampling.edge_dropout = -0.5, "sampling.edge_dropout = -0.5"),
        (|g| g.train.epochs = 0, "train.epochs = 0"),
    ];
    for (change, message) in changes {
        let Err(error) = try_fit(&small_hvae(change), &corpus(10)) else { panic!("{message}") };
        assert!(error.to_string().starts_with(message), "{error}");
    }
}

#[test]
fn damaged_model_folders_are_errors_that_name_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let (description, weights) = (folder.path().join("model.json"), folder.path().join("weights.bpk"));
    try_fit(&small_hvae(|_| ()), &corpus(10)).unwrap().save(folder.path()).unwrap();
    let (json, bytes) = (fs::read_to_string(&description).unwrap(), fs::read(&weights).unwrap());
    let refused = || load(folder.path(), &Device::flex(), |_| ()).err().expect("a damaged folder must not load");

    let other_names = json.replace("\"cart\"", "\"cart\",\"catalogue\"");
    for broken in [&json[..json.len() / 2], "", "{}", &json.replace("\"tracesmith_model\": 1", "\"tracesmith_model\": 99"), &other_names] {
        fs::write(&description, broken).unwrap();
        let error = refused();
        assert!(matches!(error, StoreError::Format { .. }) && error.to_string().contains("model.json"), "{error}");
    }
    fs::write(&description, json).unwrap();
    fs::write(&weights, &bytes[..bytes.len() / 2]).unwrap();
    assert!(refused().to_string().contains("weights.bpk"), "{}", refused());
    fs::remove_file(&weights).unwrap();
    assert!(refused().to_string().contains("weights.bpk"), "{}", refused());
    fs::remove_file(&description).unwrap();
    assert!(matches!(refused(), StoreError::Io { .. }));
}

#[test]
fn a_well_trained_hierarchical_vae_reconstructs_its_training_traces() {
    let real = corpus(24);
    let config = small_hvae(|generator| {
        generator.model.hidden = 32;
        generator.train = TrainConfig { epochs: 200, batch: 8, learning_rate: 1e-2, validation: 0.0, ..TrainConfig::default() };
    });
    let generator = try_fit(&config, &real).unwrap();
    let (mut right, mut spans) = (0, 0);
    for (reconstruction, trace) in reconstructions(&*generator, &real).iter().zip(real.traces()) {
        assert_eq!((reconstruction.services.len(), reconstruction.durations_us.len()), (trace.span_count(), trace.span_count()));
        right += reconstruction.services.iter().zip(trace.services).filter(|(a, b)| a == b).count();
        spans += trace.span_count();
    }
    assert!(right as f64 > 0.95 * spans as f64, "{right} of {spans} services");
}

#[test]
fn every_epoch_is_observed_with_the_names_of_its_terms_and_no_resume_file_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let resume = folder.path().join("resume");
    for (name, config) in small_generators() {
        let mut epochs = Vec::new();
        let mut observe = |terms: &'static [&'static str], record: &tracesmith_model::train::EpochRecord| {
            assert_eq!(terms.len(), record.terms.len());
            epochs.push(record.epoch);
        };
        let generator =
            config.fit(&corpus(30), Fit { seed: 1, device: &Device::flex(), resume: Some(&resume), observe: &mut observe }).unwrap();
        let trained = generator.training().history.len();
        assert_eq!(epochs, (1..=trained).collect::<Vec<_>>(), "{name}");
        assert_eq!(generator.training().parameters > 0, trained > 0, "{name}");
        assert!(!resume.exists());
    }
}
