use super::*;

const BUILD: fn() -> Build = || Build {
    commit: Some("abc".into()),
    dirty: Some(false),
    rustc: "rustc 1.95.0".into(),
    target: "x86_64-unknown-linux-gnu".into(),
    target_features: "sse2".into(),
    profile: "release".into(),
};

fn some() -> Provenance {
    let file = ExperimentFile { path: "experiments/small.toml".into(), text: "seeds = [1]\n".into() };
    let options = RunOptions { overrides: vec!["data.traces=50".into()], build: Some(BUILD()), ..RunOptions::default() };
    Provenance::new(&file, &options, DeviceChoice::Cpu)
}

#[test]
fn what_is_written_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    some().finish(vec![("fit".into(), 1.5)], Duration::from_secs(2), folder.path()).unwrap();
    let read = Provenance::read(folder.path()).unwrap();
    assert_eq!((read.toml.as_str(), read.set.as_slice()), ("seeds = [1]\n", &["data.traces=50".to_owned()][..]));
    assert_eq!((read.build.as_ref(), read.wall_s, read.stages_s.len()), (Some(&BUILD()), 2.0, 1));
    assert_eq!(read.code, *code_versions());
    assert!(read.differences(&some()).is_empty());
}

#[test]
fn programs_and_machines_are_told_apart() {
    let mut other = some();
    other.code.insert("model".into(), 99);
    other.build = Some(Build { dirty: Some(true), rustc: "rustc 1.99.0".into(), ..BUILD() });
    other.machine.cpu = Some("abacus".into());
    let lines = some().differences(&other);
    for expected in ["code version of model: ", "commit: abc → abc with changes", "rustc: rustc 1.95.0 → rustc 1.99.0", "→ abacus"] {
        assert!(lines.iter().any(|line| line.contains(expected)), "{expected}: {lines:?}");
    }
    assert_eq!(lines.len(), 4, "{lines:?}");
}

#[test]
fn what_cannot_be_read_is_told_apart_too() {
    let folder = tempfile::tempdir().unwrap();
    let message = |content: Option<&str>| {
        let _ = fs::remove_file(folder.path().join(PROVENANCE_FILE));
        if let Some(content) = content {
            fs::write(folder.path().join(PROVENANCE_FILE), content).unwrap();
        }
        Provenance::read(folder.path()).unwrap_err().to_string()
    };
    assert!(message(None).contains("holds no provenance.json"));
    assert!(message(Some("{\"provenance\": 2")).contains("damaged"));
    assert!(message(Some("{\"provenance\": 2}")).contains("damaged"));
    assert!(message(Some("{\"provenance\": 3}")).contains("newer tracesmith"));
    assert!(message(Some("{}")).contains("no provenance"));
    assert!(message(Some(r#"{"tracesmith": "0.1.0", "file": "a.toml"}"#)).contains("run a.toml again"));
    assert!(message(Some(r#"{"merged_from": [{"report": "a"}, {"report": "b"}]}"#)).contains("merge of a, b"));
    let error = Provenance::read(&folder.path().join("none")).unwrap_err().to_string();
    assert!(error.contains("none is no folder"), "{error}");
}
