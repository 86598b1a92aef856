use super::*;
use tracesmith_evaluate::fault_effects::{Effect, FaultEffect};

use crate::outcome::{FaultEffects, Outcome};
use crate::report::NumberFormat;
use crate::results::{Row as Measured, Side};
use crate::sections::fixture::{add, look, tables};

const EXPERIMENT: &str = r#"
    questions = ["anomaly"]
    utility = { sweep = [100, 0, 10, 10] }
    [systems]
    other = { dataset = "a.csv" }
    tt = { dataset = "trainticket-sim" }
    unlabelled = { dataset = "b.csv" }
    [generators]
    flat-vae = { kind = "flat-vae" }
    hvae = { kind = "hvae", model = { conditional = true } }
"#;

fn outcome() -> Outcome {
    let mut outcome = Outcome::default();
    outcome.left_out.push("system unlabelled: why".to_owned());
    for system in ["tt", "other"] {
        for (place, f1) in [("hvae//real0", 0.5), ("hvae//real10", 0.6), ("ceiling//", 0.75)] {
            add(
                &mut outcome,
                0,
                &format!("anomaly/{system}/{place}"),
                &[("weighted_f1", f1), ("weighted_precision", 0.25), ("false_alarm_rate", 0.25)],
            );
        }
    }
    let faults = [
        ("faults.network.delay.synthetic_traces", 9.0),
        ("faults.network.delay.touched", 1.0),
        ("faults.network.delay.same_direction", 1.0),
        // The second kind touches nothing.
        ("faults.loss.synthetic_traces", 3.0),
    ];
    for name in ["hvae", "ceiling"] {
        add(&mut outcome, 0, &format!("anomaly/tt/{name}//"), &faults);
    }
    // The figures of a publication, on tt alone.
    let cited = [("real0", 0.63), ("real10", 0.636), ("real100", 0.663)].map(|(protocol, value)| Measured {
        question: "anomaly".into(),
        system: "tt".into(),
        generator: "random-sampling".into(),
        protocol: protocol.into(),
        side: Side::Reference,
        metric: F1.into(),
        value,
        ..Measured::default()
    });
    outcome.results.extend(cited);
    let effect = |operation: &str, real: f64, synthetic: f64| FaultEffect {
        kind: "network.delay".into(),
        operation: operation.into(),
        real: Effect { cliffs_delta: real, log_shift: 2f64.ln() },
        synthetic: Effect { cliffs_delta: synthetic, log_shift: 0.0 },
    };
    let of = |generator: Option<&str>, synthetic: f64| FaultEffects {
        system: "tt".into(),
        generator: generator.map(str::to_owned),
        effects: vec![effect("a/weak", 0.1, 0.9), effect("a/mild", -0.3, synthetic), effect("a/strong", 0.8, synthetic)],
    };
    // Two seeds, whose mean is shown.
    outcome.visuals.fault_effects = vec![of(None, 0.7), of(Some("hvae"), 0.5), of(None, 0.7), of(Some("hvae"), -0.5)];
    outcome
}

fn drawn() -> Section {
    look(EXPERIMENT, &outcome(), section)
}

fn table(caption: &str, system: &str) -> Option<Table> {
    tables(&drawn().blocks).into_iter().find(|table| table.caption.starts_with(caption) && table.caption.ends_with(&format!(", {system}")))
}

#[test]
fn f1_stands_beside_the_papers_and_real_traces_alone_are_the_ceiling() {
    let tt = table("Weighted F1", "tt").unwrap();
    assert_eq!(tt.columns, ["real training traces", "paper: random-sampling", "hvae", "ceiling"]);
    let percent = |value| Cell::number(value, NumberFormat::Percent);
    let row = |share: &str, paper: f64, ours: f64| Row::Plain(vec![Cell::text(share), percent(paper), percent(ours), percent(0.75)]);
    assert_eq!(tt.rows, [row("0 %", 0.63, 0.5), row("10 %", 0.636, 0.6), row("100 %", 0.663, 0.75)]);
    let other = table("Weighted F1", "other").unwrap();
    assert_eq!(other.columns, ["real training traces", "hvae", "ceiling"]);
    assert_eq!(other.rows[2].cells(), [Cell::text("100 %"), percent(0.75), percent(0.75)]);
}

#[test]
fn all_measures_stand_under_their_share_and_what_is_left_out_is_listed() {
    let measures = table("Detection", "other").unwrap();
    let groups = measures.rows.iter().filter_map(|row| if let Row::Group(title) = row { Some(title.as_str()) } else { None });
    assert_eq!(groups.collect::<Vec<_>>(), ["0 % real", "10 % real"]);
    assert!(measures.rows.iter().flat_map(Row::cells).all(|cell| *cell != Cell::Missing));
    assert!(drawn().blocks.contains(&Block::List(outcome().left_out)));
    assert!(table("Weighted F1", "unlabelled").is_none());
}

#[test]
fn every_kind_of_fault_has_its_rows_and_the_most_touched_operation_comes_first() {
    let faults = table("Effects of faults (M7)", "tt").unwrap();
    assert_eq!(faults.columns, ["metric", "hvae", "ceiling"]);
    let groups: Vec<usize> = (0..faults.rows.len()).filter(|&row| matches!(faults.rows[row], Row::Group(_))).collect();
    // Names of kinds in order: loss, which touches nothing, then network.delay.
    assert_eq!((groups, faults.rows.len()), (vec![0, 2], 6));
    let effects = table("Cliff's delta and factor", "tt").unwrap();
    let row =
        |operation: &str, real: &str, hvae: &str, ceiling: &str| Row::Plain([operation, real, hvae, ceiling].map(Cell::text).to_vec());
    let expected = [
        Row::Group("network.delay".into()),
        row("a/strong", "+0.80, ×2.00", "+0.00, ×1.00", "+0.70, ×1.00"),
        row("a/mild", "-0.30, ×2.00", "+0.00, ×1.00", "+0.70, ×1.00"),
    ];
    assert_eq!(effects.rows, expected);
    assert!(table("Cliff's delta and factor", "other").is_none());
}

#[test]
fn the_figure_runs_from_synthetic_to_real_traces_below_the_ceiling() {
    let section = drawn();
    let plot = section.blocks.iter().find_map(|block| match block {
        Block::Figure(figure) if figure.id == "anomaly-sweep-tt" => Some(&figure.plot),
        _ => None,
    });
    let Some(Plot::Lines { series, .. }) = plot else { panic!("no sweep") };
    let points: Vec<_> = series.iter().map(|points| (points.name.as_str(), points.points.clone())).collect();
    assert_eq!(points[0], ("hvae", vec![(0.0, 0.5), (10.0, 0.6), (100.0, 0.75)]));
    assert_eq!(points[1], ("ceiling: real only (TRTR)", vec![(0.0, 0.75), (10.0, 0.75), (100.0, 0.75)]));
}
