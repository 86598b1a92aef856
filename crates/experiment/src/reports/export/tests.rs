use super::*;
use crate::results::{Row, Side};

fn row(generator: &str, side: Side, seed: u64, metric: &str, value: f64) -> Row {
    Row {
        question: "rq4".into(),
        system: "tt".into(),
        generator: generator.into(),
        size: if side == Side::Ceiling { String::new() } else { "empirical".into() },
        side,
        seed: Some(seed),
        metric: metric.into(),
        value,
        ..Row::default()
    }
}

fn results() -> Results {
    let mut rows = Vec::new();
    for seed in [1, 2] {
        let shift = seed as f64 / 100.0;
        rows.push(row("random-sampling", Side::Trivial, seed, "fidelity.overall", 0.5 + shift));
        rows.push(row("", Side::Ceiling, seed, "fidelity.overall", 0.9 + shift));
        rows.push(row("tree-hvae", Side::Ours, seed, "fidelity.overall", 0.8 + shift));
        let auc = row("tree-hvae", Side::Ours, seed, "discriminator.auc", 0.75);
        rows.push(Row { low: Some(0.7), high: Some(0.8), ..auc });
        rows.push(row("tree-hvae", Side::Ours, seed, "similarity.mean", 0.25));
    }
    rows.push(Row { size: "fixed".into(), ..row("tree-hvae", Side::Ours, 1, "fidelity.overall", 0.1) });
    rows.push(row("tree-hvae", Side::Reference, 1, "fidelity.overall", 0.99));
    Results::new(rows)
}

#[test]
fn a_spreadsheet_has_every_number_in_a_column_of_its_own() {
    let csv = export(&results(), &Columns::Main, ExportFormat::Csv).unwrap();
    let lines: Vec<&str> = csv.lines().collect();
    let columns = "rq4.empirical.discriminator.auc,rq4.empirical.discriminator.auc sd,rq4.empirical.discriminator.auc low,\
                   rq4.empirical.discriminator.auc high,rq4.empirical.fidelity.overall,rq4.empirical.fidelity.overall sd";
    assert_eq!(lines[0], format!("variant,system,generator,side,{columns}"));
    assert!(lines[1].starts_with(",tt,tree-hvae,ours,0.75,0,0.7,0.8,0.81"), "{}", lines[1]);
    assert!(lines[2].starts_with(",tt,random-sampling,trivial,,,,,0.51"), "{}", lines[2]);
    assert!(lines[3].starts_with(",tt,ceiling,ceiling,,,,,0.91"), "{}", lines[3]);
    assert_eq!(lines.len(), 4);
}

#[test]
fn people_read_means_with_what_is_known_of_their_spread() {
    let text = export(&results(), &Columns::Main, ExportFormat::Markdown).unwrap();
    assert!(text.starts_with("### tt\n\n| generator | AUC trees | overall |\n| --- | --: | --: |\n"), "{text}");
    assert!(text.contains("| tree-hvae | 0.750 ± 0.000 (0.700–0.800) | 0.815 ± 0.007 |"), "{text}");
    assert!(
        text.contains("| random-sampling (trivial) |  | 0.515 ± 0.007 |") && text.ends_with("| ceiling |  | 0.915 ± 0.007 |\n"),
        "{text}"
    );
    let text = export(&results(), &Columns::Main, ExportFormat::Latex).unwrap();
    for line in [r"\begin{tabular}{lrr}", r"tree-hvae & 0.750 $\pm$ 0.000 (0.700--0.800) & 0.815 $\pm$ 0.007 \\", "\\midrule\nceiling & "] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

#[test]
fn other_metrics_are_written_on_demand() {
    let header = |columns: Columns| export(&results(), &columns, ExportFormat::Markdown).unwrap().lines().nth(2).unwrap().to_owned();
    assert!(header(Columns::All).contains("overall (fixed)"));
    assert_eq!(header(Columns::Named(vec!["similarity.mean".into()])).matches('|').count(), 3);
    let error = export(&results(), &Columns::Named(vec!["fidelity.overal".into()]), ExportFormat::Csv).unwrap_err().to_string();
    assert!(error.contains("`fidelity.overal` was not measured") && error.contains("`fidelity.overall`"), "{error}");
    let none = Results::new(vec![row("a", Side::Ours, 1, "x", 1.0)]);
    assert!(export(&none, &Columns::Main, ExportFormat::Csv).unwrap_err().to_string().contains("--all"));
    assert!(export(&none, &Columns::All, ExportFormat::Csv).is_ok());
}
