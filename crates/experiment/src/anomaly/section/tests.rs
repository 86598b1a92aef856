use super::*;

fn experiment() -> Experiment {
    let text = r#"
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
    toml::from_str(text).unwrap()
}

fn outcome() -> Outcome {
    let mut outcome = Outcome::default();
    outcome.left_out.push("system unlabelled: why".to_owned());
    for system in ["tt", "other"] {
        for (prefix, f1) in [("hvae.real0", 0.5), ("hvae.real10", 0.6), ("ceiling", 0.75)] {
            let entries = MEASURES.map(|(end, ..)| (end.to_owned(), if end == "weighted_f1" { f1 } else { 0.25 }));
            outcome.add(&format!("anomaly.{system}.{prefix}"), &entries);
        }
    }
    let faults = [("synthetic_traces", 9.0), ("touched", 1.0), ("difference", 0.5), ("log_shift_difference", 1.0), ("same_direction", 1.0)];
    for name in ["hvae", "ceiling"] {
        // The second kind touches nothing.
        outcome.add(&format!("anomaly.tt.{name}.faults.network.delay"), &faults.map(|(end, value)| (end.to_owned(), value)));
        outcome.add(&format!("anomaly.tt.{name}.faults.loss"), &[("synthetic_traces".to_owned(), 3.0)]);
    }
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
    outcome.visuals.fault_effects = vec![of(None, 0.7), of(Some("hvae"), 0.0)];
    outcome
}

fn table<'a>(section: &'a Section, caption: &str, system: &str) -> Option<&'a Table> {
    let tables = section.blocks.iter().filter_map(|block| if let Block::Table(table) = block { Some(table) } else { None });
    tables.into_iter().find(|table| table.caption.starts_with(caption) && table.caption.ends_with(&format!(", {system}")))
}

fn ratio(value: f64) -> Cell {
    Cell::number(value, NumberFormat::Ratio)
}

#[test]
fn f1_stands_beside_the_papers_and_real_traces_alone_are_the_ceiling() {
    let (experiment, outcome) = (experiment(), outcome());
    let section = section(&experiment, &outcome);
    let tt = table(&section, "Weighted F1", "tt").unwrap();
    assert_eq!(tt.columns, ["real training traces", "paper: hvae", "paper: random-sampling", "paper: flat-vae", "hvae", "ceiling"]);
    let row = |share: &str, paper: [f64; 3], ours: f64| {
        let cells = paper.into_iter().chain([ours, 0.75]).map(ratio);
        Row::Plain([Cell::text(share)].into_iter().chain(cells).collect())
    };
    let expected =
        [row("0 %", [0.63, 0.544, 0.49], 0.5), row("10 %", [0.636, 0.566, 0.625], 0.6), row("100 %", [0.663, 0.672, 0.66], 0.75)];
    assert_eq!(tt.rows, expected);
    let other = table(&section, "Weighted F1", "other").unwrap();
    assert_eq!(other.columns, ["real training traces", "hvae", "ceiling"]);
    assert_eq!(other.rows[2].cells(), [Cell::text("100 %"), ratio(0.75), ratio(0.75)]);
}

#[test]
fn all_measures_stand_under_their_generator_and_what_is_left_out_is_listed() {
    let (experiment, outcome) = (experiment(), outcome());
    let section = section(&experiment, &outcome);
    let measures = table(&section, "Detection", "tt").unwrap();
    let names = measures.rows.iter().map(|row| match row {
        Row::Group(title) => title.as_str(),
        other => match &other.cells()[0] {
            Cell::Text(share) => share,
            cell => panic!("{cell:?}"),
        },
    });
    assert_eq!(names.collect::<Vec<_>>(), ["hvae", "0 %", "10 %", "ceiling: real traces alone (TRTR)", "100 %"]);
    assert_eq!(measures.columns.len(), 6);
    assert!(measures.rows.iter().flat_map(Row::cells).all(|cell| *cell != Cell::Missing));
    assert!(section.blocks.contains(&Block::List(outcome.left_out.clone())));
    assert!(table(&section, "Weighted F1", "unlabelled").is_none());
}

#[test]
fn every_kind_of_fault_has_its_row_and_the_most_touched_operation_comes_first() {
    let (experiment, outcome) = (experiment(), outcome());
    let section = section(&experiment, &outcome);
    let faults = table(&section, "Effects of faults (M7)", "tt").unwrap();
    assert_eq!(faults.columns, ["measure", "hvae", "ceiling"]);
    let groups: Vec<usize> = (0..faults.rows.len()).filter(|&row| matches!(faults.rows[row], Row::Group(_))).collect();
    assert_eq!((groups, faults.rows.len()), (vec![0, 6], 12));
    assert_eq!(faults.rows[3].cells()[1], Cell::Missing, "nothing is touched, so nothing can be compared");
    let effects = table(&section, "Cliff's delta and factor", "tt").unwrap();
    let row =
        |operation: &str, real: &str, hvae: &str, ceiling: &str| Row::Plain([operation, real, hvae, ceiling].map(Cell::text).to_vec());
    let expected = [
        Row::Group("network.delay".into()),
        row("a/strong", "+0.80, ×2.00", "+0.00, ×1.00", "+0.70, ×1.00"),
        row("a/mild", "-0.30, ×2.00", "+0.00, ×1.00", "+0.70, ×1.00"),
    ];
    assert_eq!(effects.rows, expected);
    assert!(table(&section, "Cliff's delta and factor", "other").is_none());
}

#[test]
fn the_figure_runs_from_synthetic_to_real_traces_below_the_ceiling() {
    let (experiment, outcome) = (experiment(), outcome());
    let section = section(&experiment, &outcome);
    let plot = section.blocks.iter().find_map(|block| match block {
        Block::Figure(figure) if figure.id == "anomaly-sweep-tt" => Some(&figure.plot),
        _ => None,
    });
    let Some(Plot::Lines { series, .. }) = plot else { panic!("no sweep") };
    let points: Vec<_> = series.iter().map(|points| (points.name.as_str(), points.points.clone())).collect();
    assert_eq!(points[0], ("hvae", vec![(0.0, 0.5), (10.0, 0.6), (100.0, 0.75)]));
    assert_eq!(points[1], ("ceiling: real only (TRTR)", vec![(0.0, 0.75), (10.0, 0.75), (100.0, 0.75)]));
}
