use super::*;

fn report(name: &str, rows: &[(&str, &str, u64, f64)]) -> FinishedReport {
    let row = |&(data, generator, seed, value): &(&str, &str, u64, f64)| Row {
        experiment: "test".into(),
        question: "rq4".into(),
        system: "tt".into(),
        data: data.into(),
        generator: generator.into(),
        seed: Some(seed),
        metric: "fidelity.overall".into(),
        value,
        ..Row::default()
    };
    FinishedReport { folder: name.into(), results: rows.iter().map(row).collect() }
}

#[test]
fn seeds_and_generators_come_together_and_what_both_have_is_kept_once() {
    let first = report("a", &[("x", "hvae", 1, 0.5), ("x", "hvae", 2, 0.6)]);
    let second = report("b", &[("x", "hvae", 2, 0.6), ("x", "hvae", 3, 0.7), ("x", "tree-hvae", 1, 0.9)]);
    let merged = merge(&[first, second], false).unwrap();
    let found: Vec<(&str, Option<u64>)> = merged.rows().iter().map(|row| (row.generator.as_str(), row.seed)).collect();
    assert_eq!(found, [("hvae", Some(1)), ("hvae", Some(2)), ("hvae", Some(3)), ("tree-hvae", Some(1))]);
}

#[test]
fn different_data_and_different_values_are_refused_and_can_be_set_apart() {
    let first = report("a", &[("x", "hvae", 1, 0.5)]);
    for (second, said) in [
        (report("b", &[("y", "hvae", 2, 0.5)]), "a and b are of different data: system tt"),
        (report("b", &[("x", "hvae", 1, 0.25)]), "rq4.tt.hvae.fidelity.overall, seed 1, as 0.5 and as 0.25"),
    ] {
        let reports = [first.clone(), second];
        let error = merge(&reports, false).unwrap_err().to_string();
        assert!(error.contains(said) && error.contains("--apart"), "{error}");
        let systems: Vec<String> = merge(&reports, true).unwrap().rows().iter().map(|row| row.system.clone()).collect();
        assert_eq!(systems, ["a-tt", "b-tt"]);
    }
    assert!(merge(&[first.clone(), first], true).unwrap_err().to_string().contains("two reports are called a"));
}

#[test]
fn the_setting_that_differs_is_named() {
    let (first, second) = (json!({"model": {"latent": 4, "beta": 0.5}}), json!({"model": {"latent": 4, "beta": 0.25}}));
    assert_eq!(differing_key("generators.hvae", &first, &second).as_deref(), Some("generators.hvae.model.beta"));
    assert_eq!(differing_key("x", &first, &first), None);
    assert_eq!(differing_key("x", &json!({}), &json!({"a": 1})).as_deref(), Some("x.a"));
    assert_eq!(differing_key("x", &json!({"a": 1}), &json!({})).as_deref(), Some("x.a"));
}

#[test]
fn a_merge_is_a_report_that_names_its_parts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("both");
    let reports = [report("a", &[("x", "hvae", 1, 0.5)]), report("b", &[("x", "tree-hvae", 1, 0.75)])];
    write_merged(&merge(&reports, false).unwrap(), &reports, &path).unwrap();
    let read = FinishedReport::read(&path).unwrap();
    assert_eq!(read.results.rows().len(), 2);
    assert!(read.provenance().unwrap_err().to_string().contains("merge of a, b"));
    assert!(std::fs::read_to_string(path.join("report.md")).unwrap().contains("tree-hvae"));
    let own = [FinishedReport { folder: path.clone(), ..read }];
    assert!(write_merged(&Results::default(), &own, &path).unwrap_err().to_string().contains("another folder"));
}
