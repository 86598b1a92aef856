//! All generators of a data set in one table, one a row.

use crate::Experiment;
use crate::config::MAIN_SIZE;
use crate::outcome::Outcome;
use crate::report::{Block, Cell, NumberFormat, Row, Table};

/// Column and end of its key below generator and size, or below the ceiling.
const MEASURES: [(&str, &str, NumberFormat); 9] = [
    ("structure", "fidelity.structure", NumberFormat::Ratio),
    ("duration", "fidelity.duration", NumberFormat::Ratio),
    ("semantic", "fidelity.semantic", NumberFormat::Ratio),
    ("overall", "fidelity.overall", NumberFormat::Ratio),
    ("valid", "validity.valid_share", NumberFormat::Percent),
    ("AUC trees", "discriminator.auc", NumberFormat::Ratio),
    ("AUC GNN", "discriminator.gnn_auc", NumberFormat::Ratio),
    ("NMI", "similarity.nmi", NumberFormat::Ratio),
    ("DCR share", "privacy.dcr_closer_to_training", NumberFormat::Ratio),
];
const MEMBERSHIP: [(&str, &str); 2] = [("membership AUC", "privacy.membership_auc"), ("… by likelihood", "privacy.likelihood.auc")];

/// The leaderboard of a system; nothing without a measured generator.
pub(crate) fn leaderboard(experiment: &Experiment, outcome: &Outcome, system: &str) -> Option<Block> {
    let hybrid = experiment.utility.hybrid;
    let mut columns: Vec<String> = vec!["generator".into()];
    columns.extend(MEASURES.map(|(name, ..)| name.to_owned()));
    columns.extend(MEMBERSHIP.map(|(name, _)| name.to_owned()));
    columns.extend(["duplicates", "natural rate", "TSTR accuracy"].map(str::to_owned));
    columns.push(format!("… with {hybrid} % real"));
    if experiment.costs {
        columns.extend(["parameters", "training s", "traces/s"].map(str::to_owned));
    }
    let measured = |prefix: &str| {
        let mut cells: Vec<Cell> = MEASURES.iter().map(|(_, end, format)| outcome.cell(&format!("{prefix}.{end}"), *format)).collect();
        cells.extend(MEMBERSHIP.map(|(_, end)| outcome.cell(&format!("{prefix}.{end}"), NumberFormat::Ratio)));
        cells
    };
    let mut rows = Vec::new();
    for generator in experiment.generators.keys() {
        let prefix = format!("rq4.{system}.{generator}.{MAIN_SIZE}");
        if outcome.mean(&format!("{prefix}.fidelity.overall")).is_none() {
            continue;
        }
        let mut cells = vec![Cell::text(generator)];
        cells.extend(measured(&prefix));
        let percent = |key: String| outcome.cell(&key, NumberFormat::Percent);
        cells.extend(["exact_duplicate_rate", "natural_rate"].map(|end| percent(format!("{prefix}.memorisation.{end}"))));
        cells.extend([0, hybrid].map(|share| percent(format!("rq2.{generator}.{MAIN_SIZE}.real{share}.accuracy"))));
        if let Some(cost) = outcome.visuals.costs.iter().find(|cost| cost.system == system && cost.generator == *generator) {
            cells.extend([
                Cell::number(cost.parameters as f64, NumberFormat::Count),
                cost.training_seconds.map_or(Cell::Missing, |seconds| Cell::number(seconds, NumberFormat::Count)),
                Cell::number(cost.traces_per_second, NumberFormat::Count),
            ]);
        }
        cells.resize(columns.len(), Cell::Missing);
        rows.push(Row::Plain(cells));
    }
    if rows.is_empty() {
        return None;
    }
    let mut ceiling = vec![Cell::text("ceiling: real traces")];
    ceiling.extend(measured(&format!("rq4.{system}.ceiling")));
    ceiling.extend([Cell::Missing, Cell::Missing]);
    ceiling.push(outcome.cell("rq2.ceiling.trtr.accuracy", NumberFormat::Percent));
    ceiling.resize(columns.len(), Cell::Missing);
    rows.push(Row::Emphasis(ceiling));
    let caption = format!(
        "Leaderboard, {system}. AUC, DCR share and membership: 0.5 is best; duplicates should be as frequent as the natural rate. TSTR and \
         hybrid are of all systems together; times are of the first seed, on this machine under this load, one thread"
    );
    Some(Block::Table(Table { caption, columns, rows }))
}
