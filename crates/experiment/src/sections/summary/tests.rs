use super::*;
use crate::cost::Cost;
use crate::outcome::Outcome;
use crate::report::NumberFormat;
use crate::sections::fixture::{add, add_within, cell, look, tables};

const EXPERIMENT: &str = "questions = [\"rq2\", \"rq4\"]\nseeds = [1, 2, 3]\n[systems]\nsn = { dataset = \"a.csv\" }\ntt = { dataset = \"b.csv\" }\n\
    [generators]\nhvae = { kind = \"hvae\" }\nidle = { kind = \"hvae\" }\nrandom = { kind = \"random-sampling\" }\ntree = { kind = \"tree-hvae\" }";

/// Two generators and a trivial one on sn, with these AUC of the boosted trees for every seed.
fn outcome(seeds: u64) -> Outcome {
    let mut outcome = Outcome::default();
    for seed in 1..=seeds {
        let shift = 0.01 * seed as f64;
        for (generator, size, auc) in
            [("hvae", "empirical", 0.9), ("tree", "empirical", 0.625), ("random", "empirical", 0.95), ("ceiling", "", 0.5)]
        {
            let place = format!("rq4/sn/{generator}/{size}/");
            add_within(&mut outcome, seed, &place, "discriminator.auc", [auc - 0.05, auc + shift, auc + 0.05]);
            add(&mut outcome, seed, &place, &[("fidelity.overall", auc), ("similarity.nmi", 0.125)]);
        }
        for generator in ["hvae", "tree"] {
            add(&mut outcome, seed, &format!("rq2//{generator}/empirical/real0"), &[("accuracy", 0.875), ("weighted_f1", 0.875)]);
            add(&mut outcome, seed, &format!("rq3//{generator}/empirical/real0"), &[("accuracy", 0.5)]);
        }
        add(&mut outcome, seed, "rq2//ceiling//trtr", &[("accuracy", 1.0)]);
    }
    outcome
}

fn board(outcome: &Outcome) -> Table {
    look(EXPERIMENT, outcome, |findings| tables(&section(findings).unwrap().blocks).remove(0))
}

#[test]
fn every_measured_generator_has_a_row_then_the_trivial_one_then_real_traces() {
    let table = board(&outcome(1));
    let names: Vec<Cell> = table.rows.iter().map(|row| row.cells()[0].clone()).collect();
    assert_eq!(names, ["hvae", "tree", "trivial: random", "ceiling: real traces"].map(Cell::text));
    assert_eq!(table.columns.len(), 4, "generator, AUC, accuracy, overall: {:?}", table.columns);
    assert!(table.columns[1].contains("AUC") && table.columns[2] == "TSTR accuracy" && table.columns[3] == "overall");
    assert_eq!(cell(&table, "ceiling: real traces", "TSTR accuracy"), Cell::number(1.0, NumberFormat::Percent));
    assert_eq!(cell(&table, "trivial: random", "TSTR accuracy"), Cell::Missing);
    assert_eq!(
        look(EXPERIMENT, &outcome(1), |findings| section(findings)
            .unwrap()
            .blocks
            .iter()
            .filter(|block| matches!(block, Block::Table(_)))
            .count()),
        1
    );
}

#[test]
fn the_best_is_marked_and_what_cannot_be_told_from_it_too() {
    let mark = |table: &Table, row: &str, column: usize| match &table
        .rows
        .iter()
        .find(|cells| cells.cells()[0] == Cell::text(row))
        .unwrap()
        .cells()[column]
    {
        Cell::Measured { mark, .. } => *mark,
        other => panic!("{other:?}"),
    };
    for seeds in [1, 3] {
        let table = board(&outcome(seeds));
        assert_eq!([mark(&table, "tree", 1), mark(&table, "hvae", 1)], [Mark::Best, Mark::None], "an AUC near 0.5 is the best");
        assert_eq!([mark(&table, "tree", 2), mark(&table, "hvae", 2)], [Mark::Best, Mark::Best], "both are equal");
        assert_eq!(mark(&table, "ceiling: real traces", 1), Mark::None, "real traces do not compete");
    }
    let said = look(EXPERIMENT, &outcome(1), |findings| match &section(findings).unwrap().blocks[1] {
        Block::List(said) => said.clone(),
        other => panic!("{other:?}"),
    });
    assert_eq!(said, ["sn: tree is the best by 2 of 3 headline metrics."]);
}

#[test]
fn a_number_has_its_interval_and_over_seeds_its_spread() {
    let auc = |seeds| cell(&board(&outcome(seeds)), "tree", &board(&outcome(seeds)).columns[1]);
    let Cell::Measured { summary, interval: Some(interval), .. } = auc(1) else { panic!("{:?}", auc(1)) };
    assert_eq!((summary.n, summary.sd), (1, None));
    assert!((interval[0] - 0.575).abs() < 1e-9 && (interval[1] - 0.675).abs() < 1e-9, "{interval:?}");
    let Cell::Measured { summary, .. } = auc(3) else { panic!("{:?}", auc(3)) };
    assert!(summary.n == 3 && summary.sd.is_some());
}

#[test]
fn costs_are_told_of_only_where_they_are_measured() {
    let mut outcome = outcome(2);
    let all = |outcome: &Outcome| look(EXPERIMENT, outcome, |findings| tables(&section(findings).unwrap().blocks));
    assert!(!all(&outcome).iter().any(|table| table.caption.starts_with("Costs")));
    let cost = |training_seconds| Cost {
        system: "sn".into(),
        generator: "hvae".into(),
        parameters: 1234,
        training_seconds,
        traces_per_second: 99.0,
    };
    outcome.visuals.costs = vec![cost(Some(7.0)), cost(Some(8.0))];
    let table = all(&outcome).into_iter().find(|table| table.caption.starts_with("Costs")).unwrap();
    assert_eq!(table.rows.len(), 1);
    assert_eq!(cell(&table, "sn", "training s"), Cell::measured(&[7.0, 8.0], NumberFormat::Count));
}

#[test]
fn the_lines_of_the_terminal_hold_every_headline_and_its_ceiling() {
    let lines = look(EXPERIMENT, &outcome(1), lines);
    assert_eq!(lines.len(), 4 + 3 + 4, "{lines:#?}");
    assert!(lines.iter().any(|line| line.starts_with("sn · tree: overall") && line.ends_with(" 0.6250")), "{lines:#?}");
    assert!(lines.iter().any(|line| line.starts_with("sn · ceiling: TSTR accuracy") && line.ends_with(" 1.0000")), "{lines:#?}");
}

#[test]
fn without_a_headline_there_is_no_first_screen() {
    assert!(look(EXPERIMENT, &Outcome::default(), |findings| section(findings).is_none()));
}

#[test]
fn classifiers_of_systems_alone_are_one_board_for_all_of_them() {
    let mut outcome = Outcome::default();
    add(&mut outcome, 1, "rq2//hvae/empirical/real0", &[("accuracy", 0.875)]);
    let captions: Vec<String> =
        look(EXPERIMENT, &outcome, |findings| tables(&section(findings).unwrap().blocks).into_iter().map(|table| table.caption).collect());
    assert_eq!(captions, ["Generators on all systems"]);
}
