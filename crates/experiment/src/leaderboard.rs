//! All generators of a data set in one table, one a row.

use crate::config::MAIN_SIZE;
use crate::outcome::Outcome;
use crate::report::{Block, Cell, NumberFormat, Row, Summary, Table};
use crate::{Experiment, Question};

/// Column and end of its key below generator and size, or below the ceiling.
const MEASURES: [(&str, &str, NumberFormat); 11] = [
    ("structure", "fidelity.structure", NumberFormat::Ratio),
    ("duration", "fidelity.duration", NumberFormat::Ratio),
    ("semantic", "fidelity.semantic", NumberFormat::Ratio),
    ("overall", "fidelity.overall", NumberFormat::Ratio),
    ("valid", "validity.valid_share", NumberFormat::Percent),
    ("AUC trees", "discriminator.auc", NumberFormat::Ratio),
    ("AUC GNN", "discriminator.gnn_auc", NumberFormat::Ratio),
    ("NMI", "similarity.nmi", NumberFormat::Ratio),
    ("DCR share", "privacy.dcr_closer_to_training", NumberFormat::Ratio),
    ("membership AUC", "privacy.membership_auc", NumberFormat::Ratio),
    ("… by likelihood", "privacy.likelihood.auc", NumberFormat::Ratio),
];

/// Column, end of its key below `memorisation`, and end of what real traces have in its place.
const DUPLICATES: [(&str, &str, Option<&str>); 3] = [
    ("duplicates", "exact_duplicate_rate", Some("natural_rate")),
    ("duplicates over the natural rate", "excess", None),
    ("near duplicates", "near_duplicate_rate", Some("natural_near_rate")),
];

const COSTS: [&str; 3] = ["parameters", "training s", "traces/s"];

/// The leaderboard of a system; nothing without a measured generator.
pub(crate) fn leaderboard(experiment: &Experiment, outcome: &Outcome, system: &str) -> Option<Block> {
    let board = Board { experiment, outcome, system };
    let measured = |generator: &&String| outcome.mean(&format!("{}.fidelity.overall", board.prefix(generator))).is_some();
    let generators: Vec<&String> = experiment.generators.keys().filter(measured).collect();
    let mut rows: Vec<Row> = generators.iter().map(|generator| Row::Plain(board.row(generator))).collect();
    rows.push(Row::Emphasis(board.ceiling(generators.first()?)));
    Some(Block::Table(Table { caption: board.caption(), columns: board.columns(), rows }))
}

/// What the rows are made of.
struct Board<'a> {
    experiment: &'a Experiment,
    outcome: &'a Outcome,
    system: &'a str,
}

impl Board<'_> {
    fn prefix(&self, generator: &str) -> String {
        format!("rq4.{}.{generator}.{MAIN_SIZE}", self.system)
    }

    /// Whether a classifier was trained on the traces of the generators.
    fn has_utility(&self) -> bool {
        self.experiment.asks(Question::Rq2)
    }

    fn columns(&self) -> Vec<String> {
        let mut columns = vec!["generator".to_owned()];
        columns.extend(MEASURES.map(|(name, ..)| name.to_owned()));
        columns.extend(DUPLICATES.map(|(name, ..)| name.to_owned()));
        if self.has_utility() {
            columns.extend(["TSTR accuracy".to_owned(), format!("… with {} % real", self.experiment.utility.hybrid)]);
        }
        if self.experiment.costs {
            columns.extend(COSTS.map(str::to_owned));
        }
        columns
    }

    fn row(&self, generator: &str) -> Vec<Cell> {
        let prefix = self.prefix(generator);
        let percent = |key: String| self.outcome.cell(&key, NumberFormat::Percent);
        let mut cells = vec![Cell::text(generator)];
        cells.extend(self.measured(&prefix));
        cells.extend(DUPLICATES.map(|(_, end, _)| percent(format!("{prefix}.memorisation.{end}"))));
        if self.has_utility() {
            let shares = [0, self.experiment.utility.hybrid];
            cells.extend(shares.map(|share| percent(format!("rq2.{generator}.{MAIN_SIZE}.real{share}.accuracy"))));
        }
        if self.experiment.costs {
            cells.extend(self.costs(generator));
        }
        cells
    }

    /// Real traces in place of synthetic ones. The natural rate is measured beside every generator, and the same for all.
    fn ceiling(&self, generator: &str) -> Vec<Cell> {
        let mut cells = vec![Cell::text("ceiling: real traces")];
        cells.extend(self.measured(&format!("rq4.{}.ceiling", self.system)));
        cells.extend(DUPLICATES.map(|(.., natural)| match natural {
            Some(end) => self.outcome.cell(&format!("{}.memorisation.{end}", self.prefix(generator)), NumberFormat::Percent),
            None => Cell::number(0.0, NumberFormat::Percent),
        }));
        if self.has_utility() {
            cells.push(self.outcome.cell("rq2.ceiling.trtr.accuracy", NumberFormat::Percent));
        }
        cells.resize(self.columns().len(), Cell::Missing);
        cells
    }

    /// Measures below `prefix`, with the interval of an AUC that was measured once.
    fn measured(&self, prefix: &str) -> [Cell; MEASURES.len()] {
        MEASURES.map(|(_, end, format)| match self.outcome.cell_within(&format!("{prefix}.{end}"), format) {
            cell @ Cell::Measured { summary: Summary { n: 1, .. }, .. } => cell,
            cell => cell.within(None),
        })
    }

    fn costs(&self, generator: &str) -> [Cell; COSTS.len()] {
        let costs = &self.outcome.visuals.costs;
        let Some(cost) = costs.iter().find(|cost| cost.system == self.system && cost.generator == generator) else {
            return COSTS.map(|_| Cell::Missing);
        };
        let count = |value: f64| Cell::number(value, NumberFormat::Count);
        [count(cost.parameters as f64), cost.training_seconds.map_or(Cell::Missing, count), count(cost.traces_per_second)]
    }

    fn caption(&self) -> String {
        let mut caption = format!(
            "Leaderboard, {}. AUC, DCR share and membership: 0.5 is best. Duplicates of training traces are natural as far as held-out real \
             traces are duplicates too, whose rate stands beside the ceiling; only what is over it, in percentage points, is memorisation",
            self.system
        );
        if self.has_utility() {
            let systems: Vec<&str> = self.experiment.systems.keys().map(String::as_str).collect();
            caption +=
                &format!(". TSTR and the hybrid tell the systems apart, and so are one figure for all of them ({})", systems.join(", "));
        }
        if self.experiment.costs {
            caption += ". Times are of the first seed, on this machine under this load; traces/s on one thread";
        }
        caption
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::Cost;

    fn experiment(questions: &str, costs: bool) -> Experiment {
        let text = format!(
            "questions = {questions}\ncosts = {costs}\n[systems]\nsn = {{ dataset = \"a.csv\" }}\ntt = {{ dataset = \"b.csv\" }}\n[generators]\n\
             hvae = {{ kind = \"hvae\" }}\nidle = {{ kind = \"hvae\" }}\nmarkov-tree = {{ kind = \"markov-tree\" }}"
        );
        toml::from_str(&text).unwrap()
    }

    fn outcome(seeds: usize) -> Outcome {
        let mut outcome = Outcome::default();
        let mut add = |prefix: &str, entries: &[(&str, f64)]| {
            outcome.add(prefix, &entries.iter().map(|&(key, value)| (key.to_owned(), value)).collect::<Vec<_>>());
        };
        for _ in 0..seeds {
            for prefix in ["rq4.sn.hvae.empirical", "rq4.sn.markov-tree.empirical", "rq4.sn.ceiling"] {
                add(prefix, &[("fidelity.overall", 0.75), ("similarity.nmi", 0.125)]);
                add(&format!("{prefix}.discriminator"), &[("auc", 0.75), ("low", 0.5), ("high", 1.0)]);
            }
            let duplicates = [("exact_duplicate_rate", 0.5), ("natural_rate", 0.75), ("excess", -0.25)];
            add("rq4.sn.hvae.empirical.memorisation", &duplicates);
            add("rq4.sn.hvae.empirical.memorisation", &[("near_duplicate_rate", 0.625), ("natural_near_rate", 1.0)]);
            add("rq2.hvae.empirical", &[("real0.accuracy", 0.875), ("real10.accuracy", 0.9375)]);
            add("rq2.ceiling", &[("trtr.accuracy", 1.0)]);
        }
        let cost = |system: &str, training_seconds| Cost {
            system: system.into(),
            generator: "hvae".into(),
            parameters: 1234,
            training_seconds,
            traces_per_second: 99.0,
        };
        outcome.visuals.costs = vec![cost("tt", None), cost("sn", Some(7.5))];
        outcome
    }

    fn table(experiment: &Experiment, outcome: &Outcome) -> Table {
        match leaderboard(experiment, outcome, "sn") {
            Some(Block::Table(table)) => table,
            other => panic!("{other:?}"),
        }
    }

    fn cell<'a>(table: &'a Table, row: usize, column: &str) -> &'a Cell {
        let position = table.columns.iter().position(|name| name == column).unwrap_or_else(|| panic!("no {column} in {:?}", table.columns));
        &table.rows[row].cells()[position]
    }

    fn percent(value: f64) -> Cell {
        Cell::number(value, NumberFormat::Percent)
    }

    #[test]
    fn every_measured_generator_has_a_row_above_real_traces() {
        let table = table(&experiment(r#"["rq2", "rq4"]"#, false), &outcome(1));
        let names: Vec<&Cell> = table.rows.iter().map(|row| &row.cells()[0]).collect();
        assert_eq!(names, [&Cell::text("hvae"), &Cell::text("markov-tree"), &Cell::text("ceiling: real traces")]);
        assert!(table.rows.iter().all(|row| row.cells().len() == table.columns.len()));
        let columns = [
            "generator",
            "structure",
            "duration",
            "semantic",
            "overall",
            "valid",
            "AUC trees",
            "AUC GNN",
            "NMI",
            "DCR share",
            "membership AUC",
            "… by likelihood",
            "duplicates",
            "duplicates over the natural rate",
            "near duplicates",
            "TSTR accuracy",
            "… with 10 % real",
        ];
        assert_eq!(table.columns, columns);
        assert_eq!(*cell(&table, 0, "NMI"), Cell::number(0.125, NumberFormat::Ratio));
        assert_eq!(["TSTR accuracy", "… with 10 % real"].map(|column| cell(&table, 0, column)), [&percent(0.875), &percent(0.9375)]);
        assert_eq!([1, 2].map(|row| cell(&table, row, "TSTR accuracy")), [&Cell::Missing, &percent(1.0)]);
        assert!(leaderboard(&experiment(r#"["rq4"]"#, false), &outcome(1), "tt").is_none());
    }

    #[test]
    fn duplicates_stand_beside_what_is_natural_for_real_traces() {
        let table = table(&experiment(r#"["rq4"]"#, false), &outcome(1));
        let duplicates = |row| DUPLICATES.map(|(column, ..)| cell(&table, row, column).clone());
        assert_eq!(duplicates(0), [percent(0.5), percent(-0.25), percent(0.625)]);
        assert_eq!(duplicates(2), [percent(0.75), percent(0.0), percent(1.0)]);
    }

    #[test]
    fn an_auc_of_one_seed_has_its_interval_and_one_of_several_its_spread() {
        let experiment = experiment(r#"["rq4"]"#, false);
        let once = Cell::number(0.75, NumberFormat::Ratio).within(Some([0.5, 1.0]));
        assert_eq!([0, 2].map(|row| cell(&table(&experiment, &outcome(1)), row, "AUC trees").clone()), [once.clone(), once]);
        assert_eq!(*cell(&table(&experiment, &outcome(2)), 0, "AUC trees"), Cell::measured(&[0.75, 0.75], NumberFormat::Ratio));
    }

    #[test]
    fn costs_and_utility_are_told_of_only_where_they_are_measured() {
        let count = |value| Cell::number(value, NumberFormat::Count);
        let full = table(&experiment(r#"["rq2", "rq4"]"#, true), &outcome(1));
        assert_eq!(COSTS.map(|column| cell(&full, 0, column).clone()), [count(1234.0), count(7.5), count(99.0)]);
        assert!([1, 2].iter().all(|&row| COSTS.iter().all(|column| *cell(&full, row, column) == Cell::Missing)));
        assert!(full.rows.iter().all(|row| row.cells().len() == full.columns.len()));
        assert!(full.caption.contains("Times are") && full.caption.contains("all of them (sn, tt)"), "{}", full.caption);
        let plain = table(&experiment(r#"["rq4"]"#, false), &outcome(1));
        assert_eq!(plain.columns.len() + 5, full.columns.len());
        assert!(!plain.caption.contains("Times") && !plain.caption.contains("TSTR"), "{}", plain.caption);
    }
}
