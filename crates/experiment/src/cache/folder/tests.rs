use std::collections::BTreeMap;

use super::*;
use crate::cache::Cache;
use tracesmith_model::DeviceChoice;

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn entries_say_what_they_are_and_are_removed_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path(), DeviceChoice::Cpu).unwrap();
    cache.fetch(Stage::Ceiling, "ceiling · tt", &1, || Ok(vec![0.5])).unwrap();
    let [finished, unfinished] = [1, 2].map(|input| cache.place(Stage::Fit, &input).unwrap());
    cache.describe(&finished, Stage::Fit, "fit hvae · tt").unwrap();
    cache.describe(&unfinished, Stage::Fit, "fit hvae · sn").unwrap();
    fs::write(finished.join(MODEL_FILE), "{}").unwrap();
    fs::write(folder.path().join(format!("compare-{}.json", "0".repeat(KEY_LENGTH))), "{}").unwrap();
    fs::write(folder.path().join("thesis.txt"), "years of work").unwrap();

    let folder = CacheFolder::open(folder.path()).unwrap();
    let entries = folder.entries().unwrap();
    let found: Vec<(&str, EntryState)> =
        entries.iter().map(|entry| (entry.about.as_ref().map_or("", |about| about.title.as_str()), entry.state)).collect();
    let expected = [
        ("", EntryState::Unused),
        ("fit hvae · sn", EntryState::Unfinished),
        ("fit hvae · tt", EntryState::Current),
        ("ceiling · tt", EntryState::Current),
    ];
    assert_eq!(found, expected);
    assert!(entries.iter().all(|entry| entry.bytes > 0 && entry.unused_for < Duration::from_secs(600)));
    entries.iter().for_each(|entry| folder.remove(entry).unwrap());
    assert_eq!(names(folder.path()), [MARKER, "thesis.txt"]);
}

#[test]
fn other_code_makes_an_entry_useless() {
    let about = About::new(Stage::Fit, "fit", "cpu");
    assert!(about.is_current());
    let mut other = about.clone();
    other.code.insert("model".into(), u32::MAX);
    assert!(!other.is_current());
    assert!(!About { stage: "melt".into(), ..about.clone() }.is_current());
    assert!(!About { code: BTreeMap::new(), ..about }.is_current());
}

#[test]
fn a_use_makes_an_entry_young_again() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path(), DeviceChoice::Cpu).unwrap();
    let fetch = || cache.fetch(Stage::Sample, "sample", &1, || Ok(1)).unwrap();
    fetch();
    let folder = CacheFolder::open(folder.path()).unwrap();
    let age = || folder.entries().unwrap()[0].unused_for;
    let path = folder.entries().unwrap()[0].path.clone();
    File::options().append(true).open(path).unwrap().set_modified(SystemTime::now() - Duration::from_secs(1000)).unwrap();
    assert!(age() >= Duration::from_secs(1000));
    assert_eq!(fetch(), (1, true));
    assert!(age() < Duration::from_secs(900));
}

#[test]
fn only_a_folder_of_entries_becomes_a_cache() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache");
    assert!(CacheFolder::open(&path).unwrap_err().to_string().contains("no such folder"));
    fs::create_dir(&path).unwrap();
    fs::write(path.join(format!("fit-{}", "a".repeat(KEY_LENGTH))), "").unwrap();
    fs::write(path.join(format!(".sample-{}.jsonlx1.partial", "a".repeat(KEY_LENGTH))), "").unwrap();
    assert!(CacheFolder::open(&path).unwrap_err().to_string().contains(MARKER));
    CacheFolder::create(&path).unwrap();
    assert_eq!(CacheFolder::open(&path).unwrap().entries().unwrap().len(), 2);

    let home = folder.path().join("home");
    fs::create_dir(&home).unwrap();
    for other in ["thesis.txt", "fit-notes", "fit-0123", ".hidden"] {
        fs::write(home.join(other), "").unwrap();
        let error = CacheFolder::create(&home).unwrap_err().to_string();
        assert!(error.contains(other) && error.contains("home"), "{error}");
        fs::remove_file(home.join(other)).unwrap();
    }
    fs::write(home.join(MARKER), "Signature: 8a477f597d28d172789f06886806bc55\n# of cargo").unwrap();
    assert!(CacheFolder::open(&home).unwrap_err().to_string().contains("another program"));
}
