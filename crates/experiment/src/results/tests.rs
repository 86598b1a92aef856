use std::fs;

use super::*;

fn row(generator: &str, side: Side, seed: u64, metric: &str, value: f64) -> Row {
    Row {
        experiment: "small".into(),
        question: "rq4".into(),
        system: "tt".into(),
        data: "ab12".into(),
        generator: generator.into(),
        size: if side == Side::Ceiling { String::new() } else { "empirical".into() },
        side,
        seed: Some(seed),
        metric: metric.into(),
        value,
        ..Row::default()
    }
}

fn within(row: Row, low: f64, high: f64) -> Row {
    Row { low: Some(low), high: Some(high), ..row }
}

fn results() -> Results {
    [
        row("hvae", Side::Ours, 1, "fidelity.overall", 1.0 / 3.0),
        row("hvae", Side::Ours, 2, "fidelity.overall", 0.5),
        within(row("hvae", Side::Ours, 1, "discriminator.gnn_auc", 0.75), 0.625, 0.875),
        within(row("hvae", Side::Ours, 1, "privacy.membership_auc", 0.5), 1e-300, 1.0),
        row("", Side::Ceiling, 1, "fidelity.overall", 1.0),
        Row {
            seed: None,
            generator: "paper: a \"quoted\", name\n".into(),
            n: Some(7),
            ..row("", Side::Reference, 0, "fidelity.overall", 0.9)
        },
    ]
    .into_iter()
    .collect()
}

fn written(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    fs::write(&path, text).unwrap();
    (folder, path)
}

#[test]
fn a_table_reads_back_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/metrics.csv");
    results().write(&path).unwrap();
    assert_eq!(Results::read(&path).unwrap(), results());
    let text = fs::read_to_string(&path).unwrap();
    assert!(
        text.starts_with("experiment,variant,question,system,data,generator,size,protocol,side,seed,metric,value,low,high,n\n"),
        "{text}"
    );
    assert!(text.contains("small,,rq4,tt,ab12,hvae,empirical,,ours,1,discriminator.gnn_auc,0.75,0.625,0.875,\n"), "{text}");
}

#[test]
fn the_keys_of_metrics_json_come_from_the_place_of_a_row_and_reference_figures_have_none() {
    let flat = results().flat().unwrap();
    let keys: Vec<&str> = flat.iter().map(|(key, _)| key).filter(|key| key.ends_with(".mean")).collect();
    let expected = [
        "rq4.tt.ceiling.fidelity.overall.mean",
        "rq4.tt.hvae.empirical.discriminator.gnn_auc.mean",
        "rq4.tt.hvae.empirical.discriminator.gnn_high.mean",
        "rq4.tt.hvae.empirical.discriminator.gnn_low.mean",
        "rq4.tt.hvae.empirical.fidelity.overall.mean",
        "rq4.tt.hvae.empirical.privacy.membership_auc.mean",
        "rq4.tt.hvae.empirical.privacy.membership_auc_high.mean",
        "rq4.tt.hvae.empirical.privacy.membership_auc_low.mean",
    ];
    assert_eq!(keys, expected);
    assert_eq!(flat.get("rq4.tt.hvae.empirical.fidelity.overall.n"), Some(2.0));
    let utility = Row { protocol: "real10".into(), size: "copied".into(), variant: "beta=0".into(), ..Row::default() };
    let utility = Row { question: "rq2".into(), generator: "hvae".into(), metric: "class.sn.f1".into(), ..utility };
    assert_eq!(utility.key(), "beta=0.rq2.hvae.copied.real10.class.sn.f1");
}

#[test]
fn the_frame_has_the_columns_of_the_file() {
    let frame = results().frame().unwrap();
    assert_eq!(frame.get_column_names().iter().map(|name| name.as_str()).collect::<Vec<_>>(), file::COLUMNS);
    assert_eq!(frame.height(), 6);
    assert_eq!(frame.column("seed").unwrap().null_count(), 1);
    assert_eq!(frame.column("value").unwrap().f64().unwrap().get(0), Some(1.0 / 3.0));
}

#[test]
fn queries_narrow_down_and_summarise() {
    let results = results();
    let of = results.select().question("rq4").system("tt").generator("hvae");
    assert_eq!(of.metrics(), ["fidelity.overall", "discriminator.gnn_auc", "privacy.membership_auc"]);
    let overall = of.metric("fidelity.overall");
    assert_eq!((overall.by_seed(), overall.interval()), (vec![(1, 1.0 / 3.0), (2, 0.5)], None));
    assert_eq!(of.metric("discriminator.gnn_auc").interval(), Some([0.625, 0.875]));
    assert!(of.metric("nmi").is_empty() && of.metric("nmi").mean().is_none());
    assert_eq!(results.select().side(Side::Ceiling).values(), [1.0]);
}

#[test]
fn a_file_that_is_no_table_of_results_is_refused_by_line_and_column() {
    let header = file::COLUMNS.join(",");
    let cases = [
        (String::new(), "column 1 is \"\""),
        ("a,b\n1,2\n".to_owned(), "column 1 is \"a\" where a table of results has \"experiment\""),
        (format!("{header},more\n"), "column 16 is \"more\""),
        (format!("{header}\ne,,rq1\n"), "line 2: 3 fields"),
        (format!("{header}\ne,,rq1,s,,g,,,theirs,0,m,1,,,\n"), "line 2, column side: \"theirs\""),
        (
            format!("{header}\ne,,rq1,s,,g,,,ours,0,m,1,,,\ne,,rq1,s,,g,,,ours,-1,m,1,,,\n"),
            "line 3, column seed: \"-1\" is no whole number",
        ),
        (format!("{header}\ne,,rq1,s,,g,,,ours,0,m,,,,\n"), "column value: \"\" is no number"),
        (format!("{header}\ne,,rq1,s,,g,,,ours,0,m,inf,,,\n"), "column value: \"inf\" is not finite"),
        (format!("{header}\ne,,rq1,s,,g,,,ours,0,m,1,x,,\n"), "column low: \"x\" is no number"),
    ];
    for (text, expected) in cases {
        let (_folder, path) = written(&text);
        let error = Results::read(&path).unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains(FILE), "{error}");
    }
    let missing = Results::read(std::path::Path::new("no/such/metrics.csv")).unwrap_err().to_string();
    assert!(missing.contains("no/such/metrics.csv"), "{missing}");
}

#[test]
fn a_value_that_is_not_finite_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    let bad = Results::new(vec![row("hvae", Side::Ours, 1, "fidelity.overall", f64::NAN)]);
    assert!(bad.write(&path).unwrap_err().to_string().contains("rq4.tt.hvae.empirical.fidelity.overall"));
    assert!(!path.exists() && bad.flat().is_err());
}
