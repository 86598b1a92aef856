//! The report of an experiment: every table has the columns *paper · ours (mean ± sd) · ceiling*.

use crate::config::MAIN_SIZE;
use crate::data::Run;
use crate::matrix::Variant;
use crate::outcome::Outcome;
use crate::report::{Block, Cell, NumberFormat, Report, Row, Section, Table};
use crate::{Experiment, Question, anomaly, differential_privacy, figures, leaderboard, paper, tell_tales, trace_figures};

/// A row of a table: the end of the key, the name for people, and how it is printed.
type Metric = (&'static str, &'static str, NumberFormat);

const RQ1: &[Metric] = &[
    ("service_accuracy", "service accuracy", NumberFormat::Percent),
    ("operation_accuracy", "operation accuracy", NumberFormat::Percent),
    ("duration_mae_us", "duration MAE (µs)", NumberFormat::Micros),
    ("duration_male", "duration MALE", NumberFormat::Ratio),
    ("edge_precision", "edge precision", NumberFormat::Percent),
    ("edge_recall", "edge recall", NumberFormat::Percent),
    ("edge_f1", "edge F1", NumberFormat::Percent),
];

const SIMILARITY: &[Metric] = &[
    ("similarity.nmi", "NMI of k-means clusters and origin (0 = mixed)", NumberFormat::Ratio),
    ("similarity.pca.centroid_distance", "distance of the PCA centroids (pooled sd)", NumberFormat::Ratio),
    ("similarity.forest.accuracy", "forest discriminator: accuracy", NumberFormat::Percent),
    ("similarity.forest.chance", "forest discriminator: chance", NumberFormat::Percent),
    ("similarity.forest.auc", "forest discriminator: AUC (0.5 = indistinguishable)", NumberFormat::Ratio),
    ("similarity.instance.structure", "instance similarity: structure", NumberFormat::Ratio),
    ("similarity.instance.best_match", "instance similarity: best match of spans", NumberFormat::Ratio),
];

const DISCRIMINATORS: &[Metric] = &[
    ("discriminator.auc", "boosted trees on whole traces: AUC (0.5 = indistinguishable)", NumberFormat::Ratio),
    ("discriminator.gnn_auc", "graph classifier: AUC", NumberFormat::Ratio),
];

const LATENT: &[Metric] = &[
    ("latent.probe_root.accuracy", "linear probe of z_G: root operation", NumberFormat::Percent),
    ("latent.probe_root.chance", "… most frequent root", NumberFormat::Percent),
    ("latent.probe_class.accuracy", "linear probe of z_G: class", NumberFormat::Percent),
    ("latent.probe_class.chance", "… most frequent class", NumberFormat::Percent),
    ("latent.root_asked", "traces with the root that was asked for", NumberFormat::Percent),
    ("latent.root_through_latent", "… if only z_G is drawn for it", NumberFormat::Percent),
    ("latent.interpolation_valid", "valid traces between two traces of different roots", NumberFormat::Percent),
    ("latent.interpolation_arrives", "paths that lead from one root to the other", NumberFormat::Percent),
];

const PRIVACY: &[Metric] = &[
    ("privacy.dcr_closer_to_training", "closer to training than to held-out traces (0.5 = private)", NumberFormat::Ratio),
    ("privacy.dcr_p5", "distance to the closest training record, 5th percentile", NumberFormat::Ratio),
    ("privacy.membership_auc", "membership inference: AUC (0.5 = private)", NumberFormat::Ratio),
    ("privacy.membership_tpr_at_1pct_fpr", "membership inference: true positives at 1 % false ones", NumberFormat::Percent),
    ("privacy.likelihood.auc", "membership inference by likelihood: AUC", NumberFormat::Ratio),
    ("privacy.likelihood.tpr_at_1pct_fpr", "… true positives at 1 % false ones", NumberFormat::Percent),
    ("privacy.rare_shapes.k5", "traces of a shape seen in fewer than 5 training traces", NumberFormat::Percent),
    ("privacy.rare_shapes.never_seen", "traces of a shape never seen in training", NumberFormat::Percent),
];

const FIDELITY: &[Metric] = &[
    ("fidelity.structure", "structure", NumberFormat::Ratio),
    ("fidelity.duration", "duration", NumberFormat::Ratio),
    ("fidelity.semantic", "semantic", NumberFormat::Ratio),
    ("fidelity.overall", "overall", NumberFormat::Ratio),
];

const VALIDITY: &[Metric] = &[
    ("validity.valid_share", "one connected graph with a single root", NumberFormat::Percent),
    ("validity.tree_share", "… and no span with two parents", NumberFormat::Percent),
    ("validity.known_label_pairs", "edges whose label pair is real", NumberFormat::Percent),
    ("validity.child_not_longer_than_parent", "children no longer than their parent", NumberFormat::Percent),
    ("validity.child_inside_parent", "children inside their parent", NumberFormat::Percent),
];

const MEMORISATION: &[Metric] = &[
    ("memorisation.exact_duplicate_rate", "exact duplicates of training signatures", NumberFormat::Percent),
    ("memorisation.near_duplicate_rate", "near duplicates (Jaccard ≥ 0.9)", NumberFormat::Percent),
    ("memorisation.unique_ratio", "distinct signatures / traces", NumberFormat::Percent),
    ("memorisation.label_coverage", "real (service, operation) pairs covered", NumberFormat::Percent),
    ("memorisation.edge_coverage", "real edge patterns covered", NumberFormat::Percent),
];

/// The whole report.
pub(crate) fn report(name: &str, outcomes: &[(&Variant, Outcome, Vec<Run>)]) -> Report {
    let (first, outcome, runs) = &outcomes[0];
    let experiment = &first.experiment;
    let title = if experiment.title.is_empty() { name.to_owned() } else { experiment.title.clone() };
    let mut sections = vec![data_section(experiment, runs)];
    if outcomes.len() > 1 {
        sections.push(variants_section(outcomes));
    } else {
        sections.extend(question_sections(experiment, outcome));
        sections.push(Section { id: "training".into(), title: "Training".into(), blocks: figures::losses(outcome) });
    }
    Report { name: name.to_owned(), title, description: experiment.description.clone(), sections }
}

/// The most important numbers, one a line.
pub(crate) fn headline(outcome: &Outcome, experiment: &Experiment) -> Vec<String> {
    let mut lines = Vec::new();
    let mut say = |label: String, key: String| {
        if let Some(mean) = outcome.mean(&key) {
            lines.push(format!("{label:<64} {mean:.4}"));
        }
    };
    let systems: Vec<&String> = experiment.systems.keys().collect();
    for generator in experiment.generators.keys() {
        for system in &systems {
            say(format!("RQ1 {generator} · {system}: edge F1"), format!("rq1.{system}.{generator}.edge_f1"));
        }
        let hybrid = experiment.utility.hybrid;
        say(format!("RQ2 {generator}: accuracy, synthetic only"), format!("rq2.{generator}.{MAIN_SIZE}.real0.accuracy"));
        say(format!("RQ2 {generator}: accuracy with {hybrid} % real"), format!("rq2.{generator}.{MAIN_SIZE}.real{hybrid}.accuracy"));
        say(format!("RQ3 {generator}: accuracy on another run"), format!("rq3.{generator}.{MAIN_SIZE}.real{hybrid}.accuracy"));
        for system in &systems {
            say(format!("RQ4 {generator} · {system}: overall fidelity"), format!("rq4.{system}.{generator}.{MAIN_SIZE}.fidelity.overall"));
            say(format!("    {generator} · {system}: valid traces"), format!("rq4.{system}.{generator}.{MAIN_SIZE}.validity.valid_share"));
        }
    }
    for system in &systems {
        say(format!("RQ4 ceiling (real vs real) · {system}: overall fidelity"), format!("rq4.{system}.ceiling.fidelity.overall"));
    }
    anomaly::section::headline(experiment).into_iter().for_each(|(label, key)| say(label, key));
    lines
}

fn columns() -> Vec<String> {
    ["metric", "paper", "ours (mean ± sd)", "ceiling"].map(str::to_owned).to_vec()
}

/// A row; `key` is ours, `paper` the key of the paper's figure.
fn row(outcome: &Outcome, label: &str, format: NumberFormat, key: &str, paper: &str, ceiling: Cell) -> Row {
    let paper = paper::value(paper).map_or(Cell::Missing, |value| Cell::number(value, format));
    Row::Plain(vec![Cell::text(label), paper, outcome.cell_within(key, format), ceiling])
}

/// Rows of `metrics` under `prefix`, without those that do not exist.
fn rows(outcome: &Outcome, metrics: &[Metric], prefix: &str, paper: &str, ceiling: impl Fn(&Metric) -> Cell) -> Vec<Row> {
    let exists = |metric: &&Metric| outcome.get(&format!("{prefix}.{}", metric.0)).is_some();
    let make = |metric: &Metric| {
        let (end, label, format) = *metric;
        row(outcome, label, format, &format!("{prefix}.{end}"), &format!("{paper}.{end}"), ceiling(metric))
    };
    metrics.iter().filter(exists).map(make).collect()
}

fn section(id: &str, title: &str, blocks: Vec<Block>) -> Section {
    Section { id: id.into(), title: title.into(), blocks }
}

fn table(caption: String, rows: Vec<Row>) -> Block {
    Block::Table(Table { caption, columns: columns(), rows })
}

/// All generators in one table, between the paper's figures for `hvae` and the ceiling. `prefix` gives the keys of a generator.
fn side_by_side(
    experiment: &Experiment,
    outcome: &Outcome,
    caption: String,
    metrics: &[&[Metric]],
    prefix: impl Fn(&str) -> String,
    ceiling: impl Fn(&Metric) -> Cell,
) -> Option<Block> {
    let generators: Vec<&String> = experiment.generators.keys().collect();
    let exists =
        |metric: &&Metric| generators.iter().any(|generator| outcome.get(&format!("{}.{}", prefix(generator), metric.0)).is_some());
    let row = |metric: &Metric| {
        let (end, label, format) = *metric;
        let paper = paper::value(&format!("{}.{end}", prefix("hvae"))).map_or(Cell::Missing, |value| Cell::number(value, format));
        let ours = generators.iter().map(|generator| outcome.cell_within(&format!("{}.{end}", prefix(generator)), format));
        Row::Plain([Cell::text(label), paper].into_iter().chain(ours).chain([ceiling(metric)]).collect())
    };
    let rows: Vec<Row> = metrics.iter().flat_map(|metrics| metrics.iter()).filter(exists).map(row).collect();
    let names = generators.iter().map(|name| name.as_str());
    let columns = ["metric", "paper (hvae)"].into_iter().chain(names).chain(["ceiling"]).map(str::to_owned).collect();
    (generators.len() > 1 && !rows.is_empty()).then_some(Block::Table(Table { caption, columns, rows }))
}

const UTILITY: &[Metric] = &[
    ("accuracy", "accuracy", NumberFormat::Percent),
    ("weighted_f1", "weighted F1", NumberFormat::Percent),
    ("pr_auc", "PR-AUC", NumberFormat::Ratio),
    ("false_alarm_rate", "false-alarm rate", NumberFormat::Percent),
];

/// The two protocols of a question for all generators.
fn utility_side_by_side(experiment: &Experiment, outcome: &Outcome, question: &str) -> Vec<Block> {
    let hybrid = experiment.utility.hybrid;
    let protocols = [(0, "trained on synthetic traces alone".to_owned()), (hybrid, format!("with {hybrid} % of the real training traces"))];
    let of = |(percent, protocol): (u32, String)| {
        let prefix = |generator: &str| format!("{question}.{generator}.{MAIN_SIZE}.real{percent}");
        let ceiling = |metric: &Metric| outcome.cell(&format!("{question}.ceiling.trtr.{}", metric.0), metric.2);
        side_by_side(experiment, outcome, format!("All generators, {protocol}, empirical sizes"), &[UTILITY], prefix, ceiling)
    };
    protocols.into_iter().filter_map(of).collect()
}

fn question_sections(experiment: &Experiment, outcome: &Outcome) -> Vec<Section> {
    let mut sections = Vec::new();
    if experiment.asks(Question::Rq1) {
        sections.push(rq1(experiment, outcome));
    }
    if experiment.asks(Question::Rq2) {
        let mut blocks = vec![Block::Text(RQ2_TEXT.into())];
        blocks.extend(utility_side_by_side(experiment, outcome, "rq2"));
        blocks.extend(utility(experiment, outcome, "rq2"));
        blocks.extend(figures::sweep(experiment, outcome));
        blocks.extend(figures::confusions(experiment, outcome, "held-out"));
        sections.push(section("rq2", "RQ2 — utility", blocks));
    }
    if experiment.asks(Question::Rq3) {
        let mut blocks = vec![Block::Text(RQ3_TEXT.into())];
        blocks.extend(utility_side_by_side(experiment, outcome, "rq3"));
        blocks.extend(utility(experiment, outcome, "rq3"));
        blocks.extend(per_system(
            experiment,
            outcome,
            "Structural fidelity and validity by size",
            &[FIDELITY, VALIDITY],
            &experiment.utility.sizes,
        ));
        blocks.extend(figures::confusions(experiment, outcome, "another run"));
        sections.push(section("rq3", "RQ3 — fixed and variable size", blocks));
    }
    if experiment.asks(Question::Rq4) {
        let main = [MAIN_SIZE.to_owned()];
        let mut blocks = vec![Block::Text(RQ4_TEXT.into())];
        for system in experiment.systems.keys() {
            let caption = format!("All generators, {system}, empirical sizes");
            let groups = [FIDELITY, VALIDITY, DISCRIMINATORS, SIMILARITY, MEMORISATION, PRIVACY];
            let prefix = |generator: &str| format!("rq4.{system}.{generator}.{MAIN_SIZE}");
            let of = |metric: &Metric| ceiling(outcome, system, experiment.generators.keys().next().map_or("", String::as_str), metric);
            blocks.extend(side_by_side(experiment, outcome, caption, &groups, prefix, of));
            blocks.extend(leaderboard::leaderboard(experiment, outcome, system));
            blocks.extend(trace_figures::leaderboard(experiment, outcome, system));
        }
        blocks.extend(per_system(experiment, outcome, "Similarity and separability", &[SIMILARITY, DISCRIMINATORS], &main));
        blocks.extend(experiment.systems.keys().filter_map(|system| tell_tales::table(outcome, system)));
        blocks.extend(figures::projections(outcome));
        sections.push(section("rq4", "RQ4 — similarity and separability", blocks));
        let blocks = trace_figures::traces(outcome);
        if !blocks.is_empty() {
            sections.push(section("traces", "Traces, real and synthetic", blocks));
        }
        let mut blocks = vec![Block::Text(FIDELITY_TEXT.into())];
        blocks.extend(per_system(experiment, outcome, "Structural fidelity and validity", &[FIDELITY, VALIDITY], &main));
        blocks.extend(per_system(experiment, outcome, "Memorisation and privacy", &[MEMORISATION, PRIVACY], &main));
        blocks.extend(latents(experiment, outcome));
        blocks.extend(members(experiment, outcome));
        blocks.extend(figures::distributions(outcome));
        blocks.extend(trace_figures::quantiles(outcome));
        sections.push(section("fidelity", "Structural fidelity, validity, memorisation", blocks));
    }
    if experiment.asks(Question::Anomaly) {
        sections.push(anomaly::section::section(experiment, outcome));
    }
    sections.extend(differential_privacy::section(experiment, outcome));
    sections
}

const RQ2_TEXT: &str = "A graph classifier tells the systems apart. It is trained on synthetic traces, with a share of real training traces in \
    the hybrid protocol, and tested on held-out real traces that neither it nor any generator has seen. Each system numbers its services \
    and operations from 0, so that ids overlap. The ceiling is the same classifier trained on real traces (TRTR).";
const RQ3_TEXT: &str = "The classifiers of RQ2, tested on another run of the systems. Size `fixed` is the median of the training set for \
    every trace, `copied` the size of one training trace after the other (the paper's fixed size), `empirical` is drawn from the training \
    sizes (its variable size).";
const RQ4_TEXT: &str = "Synthetic against held-out real traces. The ceiling is a sample of the real training traces in place of the \
    synthetic ones. The intervals of an AUC (DeLong) are about the draw of the traces, and not about the chance of training.";
const FIDELITY_TEXT: &str = "All fidelity scores are similarities, 1 = identical. The paper's figures for hvae were obtained with latent \
    codes of real traces; ours are drawn from priors: N(0, I), or the learnt one of tree-hvae. The ceiling of the duplicate rates is the natural rate: how often \
    held-out real traces repeat a training signature.";

fn rq1(experiment: &Experiment, outcome: &Outcome) -> Section {
    let mut blocks = vec![Block::Text(
        "Each trace is encoded, and the mean of its posterior decoded. With skip = encoder the decoder also receives the encoder's hidden \
         states, that is a copy of its input; only the rows without it say what the latents carry. The ceiling is the trace itself."
            .into(),
    )];
    let exact = |metric: &Metric| match metric.0 {
        "duration_mae_us" | "duration_male" => Cell::number(0.0, metric.2),
        _ => Cell::number(1.0, metric.2),
    };
    for system in experiment.systems.keys() {
        let prefix = |generator: &str| format!("rq1.{system}.{generator}");
        blocks.extend(side_by_side(experiment, outcome, format!("All generators, {system}, held-out traces"), &[RQ1], prefix, exact));
        let mut all = Vec::new();
        for (name, config) in &experiment.generators {
            let note = config.reconstruction_note().map(|note| format!(", {note}")).unwrap_or_default();
            for (set, words) in [("", "held-out traces"), (".training", "training traces")] {
                let prefix = format!("rq1.{system}.{name}{set}");
                let rows = rows(outcome, RQ1, &prefix, &format!("rq1.{system}.{name}"), exact);
                if !rows.is_empty() {
                    all.push(Row::Group(format!("{name}{note}, {words}")));
                    all.extend(rows);
                }
            }
        }
        if !all.is_empty() {
            blocks.push(table(format!("Reconstruction, {system}"), all));
        }
    }
    section("rq1", "RQ1 — reconstruction", blocks)
}

/// One table a generator: the two protocols for every size.
fn utility(experiment: &Experiment, outcome: &Outcome, question: &str) -> Vec<Block> {
    let hybrid = experiment.utility.hybrid;
    let mut metrics = vec![("loss".to_owned(), "loss".to_owned(), NumberFormat::Ratio)];
    metrics.push(("accuracy".into(), "accuracy".into(), NumberFormat::Percent));
    for system in experiment.systems.keys() {
        for (end, label) in [("precision", "precision"), ("recall", "recall (accuracy on the class)"), ("f1", "F1")] {
            metrics.push((format!("class.{system}.{end}"), format!("{system} {label}"), NumberFormat::Percent));
        }
    }
    metrics.push(("weighted_f1".into(), "weighted F1".into(), NumberFormat::Percent));
    metrics.push(("pr_auc".into(), "PR-AUC".into(), NumberFormat::Ratio));
    metrics.push(("false_alarm_rate".into(), "false-alarm rate".into(), NumberFormat::Percent));
    let mut blocks = Vec::new();
    for generator in experiment.generators.keys() {
        let mut all = Vec::new();
        for (percent, protocol) in [(0, "TSTR".to_owned()), (hybrid, format!("hybrid, {hybrid} % real"))] {
            for size in &experiment.utility.sizes {
                all.push(Row::Group(format!("{protocol}, size {size}")));
                for (end, label, format) in &metrics {
                    let key = format!("{question}.{generator}.{size}.real{percent}.{end}");
                    let ceiling = outcome.cell(&format!("{question}.ceiling.trtr.{end}"), *format);
                    let mut made = row(outcome, label, *format, &key, &key, ceiling);
                    if let Row::Plain(cells) = &mut made
                        && percent == 0
                        && end == "accuracy"
                        && question == "rq2"
                        && generator == "hvae"
                    {
                        cells[1] = Cell::text(paper::TSTR_ACCURACY);
                    }
                    all.push(made);
                }
            }
        }
        blocks.push(table(format!("Classifier trained with {generator}; ceiling: trained on real traces"), all));
    }
    blocks
}

/// One table a system: groups of metrics for every generator and size.
fn per_system(experiment: &Experiment, outcome: &Outcome, caption: &str, groups: &[&[Metric]], sizes: &[String]) -> Vec<Block> {
    let mut blocks = Vec::new();
    for system in experiment.systems.keys() {
        let mut all = Vec::new();
        for generator in experiment.generators.keys() {
            for size in sizes {
                let prefix = format!("rq4.{system}.{generator}.{size}");
                let ceiling = |metric: &Metric| ceiling(outcome, system, generator, metric);
                let found: Vec<Row> = groups.iter().flat_map(|metrics| rows(outcome, metrics, &prefix, &prefix, ceiling)).collect();
                if !found.is_empty() {
                    all.push(Row::Group(if sizes.len() > 1 { format!("{generator}, size {size}") } else { generator.clone() }));
                    all.extend(found);
                }
            }
        }
        if !all.is_empty() {
            blocks.push(table(format!("{caption}, {system}"), all));
        }
    }
    blocks
}

/// One table a system for generators with a latent of the trace.
fn latents(experiment: &Experiment, outcome: &Outcome) -> Vec<Block> {
    let mut blocks = Vec::new();
    for system in experiment.systems.keys() {
        let mut all = Vec::new();
        for generator in experiment.generators.keys() {
            let prefix = format!("rq4.{system}.{generator}");
            let found = rows(outcome, LATENT, &prefix, "", |_| Cell::Missing);
            if !found.is_empty() {
                all.push(Row::Group(generator.clone()));
                all.extend(found);
            }
        }
        if !all.is_empty() {
            blocks.push(table(format!("Use of the latent of a trace, {system}"), all));
        }
    }
    blocks
}

/// Real against real; for duplicates the natural rate, which is measured beside the synthetic one.
fn ceiling(outcome: &Outcome, system: &str, generator: &str, metric: &Metric) -> Cell {
    let natural = match metric.0 {
        "memorisation.exact_duplicate_rate" => "natural_rate",
        "memorisation.near_duplicate_rate" => "natural_near_rate",
        "memorisation.unique_ratio" => "real_unique_ratio",
        end => return outcome.cell_within(&format!("rq4.{system}.ceiling.{end}"), metric.2),
    };
    outcome.cell(&format!("rq4.{system}.{generator}.{MAIN_SIZE}.memorisation.{natural}"), metric.2)
}

/// Every member of the fidelity groups, and what is reported apart.
fn members(experiment: &Experiment, outcome: &Outcome) -> Vec<Block> {
    let mut blocks = Vec::new();
    for system in experiment.systems.keys() {
        let mut all = Vec::new();
        for generator in experiment.generators.keys() {
            let prefix = format!("rq4.{system}.{generator}.{MAIN_SIZE}.fidelity.");
            let ends: Vec<&str> = outcome.keys().filter_map(|key| key.strip_prefix(&prefix)).filter(|end| end.contains('.')).collect();
            if !ends.is_empty() {
                all.push(Row::Group(generator.clone()));
            }
            for end in ends {
                let ceiling = outcome.cell(&format!("rq4.{system}.ceiling.fidelity.{end}"), NumberFormat::Ratio);
                let label = end.replacen('.', ": ", 1).replace('_', " ");
                all.push(row(outcome, &label, NumberFormat::Ratio, &format!("{prefix}{end}"), "", ceiling));
            }
        }
        if !all.is_empty() {
            blocks.push(table(format!("Members of the fidelity groups, {system}"), all));
        }
    }
    blocks
}

fn data_section(experiment: &Experiment, runs: &[Run]) -> Section {
    let mut blocks = Vec::new();
    let columns = ["system", "data set", "other run (RQ3)", "traces", "spans", "services", "operations", "used a seed", "left out"];
    let rows = runs.iter().map(|run| {
        let dropped = run.origin.cleaning.as_ref().map_or(Cell::text("–"), |report| {
            Cell::text(format!("{} traces ({} over {} spans)", report.traces_dropped(), report.too_large, experiment.data.max_spans))
        });
        let count = |value: usize| Cell::number(value as f64, NumberFormat::Count);
        Row::Plain(vec![
            Cell::text(&run.name),
            Cell::text(&run.origin.dataset),
            Cell::text(&run.origin.other),
            count(run.origin.traces),
            count(run.origin.spans),
            count(run.traces.services().len()),
            count(run.traces.operations().len()),
            count(run.traces.len().min(experiment.data.traces)),
            dropped,
        ])
    });
    blocks.push(Block::Table(Table { caption: "Data".into(), columns: columns.map(str::to_owned).to_vec(), rows: rows.collect() }));
    blocks.push(Block::Text(format!(
        "{:.0} % of the traces of each seed are held out: no generator is fitted on them. Clock overflow: {:?}. Seeds: {:?}.",
        experiment.data.held_out * 100.0,
        experiment.data.clock_overflow,
        experiment.seeds
    )));
    section("data", "Data", blocks)
}

/// What an ablation compares: one row a variant and generator.
fn variants_section(outcomes: &[(&Variant, Outcome, Vec<Run>)]) -> Section {
    let experiment = &outcomes[0].0.experiment;
    let mut blocks = Vec::new();
    for system in experiment.systems.keys() {
        let measures: Vec<(&str, KeyOf<'_>, NumberFormat)> = vec![
            ("ε (DP-SGD)", key(move |g| format!("dp.{system}.{g}.epsilon")), NumberFormat::Ratio),
            ("operation accuracy", key(move |g| format!("rq1.{system}.{g}.operation_accuracy")), NumberFormat::Percent),
            ("edge F1", key(move |g| format!("rq1.{system}.{g}.edge_f1")), NumberFormat::Percent),
            ("duration MALE", key(move |g| format!("rq1.{system}.{g}.duration_male")), NumberFormat::Ratio),
            ("overall fidelity", key(move |g| format!("rq4.{system}.{g}.{MAIN_SIZE}.fidelity.overall")), NumberFormat::Ratio),
            ("ceiling", key(move |_| format!("rq4.{system}.ceiling.fidelity.overall")), NumberFormat::Ratio),
            ("boosted trees AUC", key(move |g| format!("rq4.{system}.{g}.{MAIN_SIZE}.discriminator.auc")), NumberFormat::Ratio),
            (
                "exact duplicates",
                key(move |g| format!("rq4.{system}.{g}.{MAIN_SIZE}.memorisation.exact_duplicate_rate")),
                NumberFormat::Percent,
            ),
            ("valid traces", key(move |g| format!("rq4.{system}.{g}.{MAIN_SIZE}.validity.valid_share")), NumberFormat::Percent),
            ("TSTR accuracy", key(move |g| format!("rq2.{g}.{MAIN_SIZE}.real0.accuracy")), NumberFormat::Percent),
            ("anomaly F1, synthetic only", key(move |g| format!("anomaly.{system}.{g}.real0.weighted_f1")), NumberFormat::Ratio),
        ];
        let present = |name: &dyn Fn(&str) -> String| {
            outcomes.iter().any(|(variant, outcome, _)| variant.experiment.generators.keys().any(|g| outcome.get(&name(g)).is_some()))
        };
        let measures: Vec<_> = measures.into_iter().filter(|(_, name, _)| present(name.as_ref())).collect();
        let mut columns = vec!["variant".to_owned(), "generator".to_owned()];
        columns.extend(measures.iter().map(|(label, _, _)| (*label).to_owned()));
        let mut rows = Vec::new();
        for (variant, outcome, _) in outcomes {
            for generator in variant.experiment.generators.keys() {
                let mut cells = vec![Cell::text(&variant.name), Cell::text(generator)];
                cells.extend(measures.iter().map(|(_, name, format)| outcome.cell(&name(generator), *format)));
                rows.push(Row::Plain(cells));
            }
        }
        blocks.push(Block::Table(Table { caption: format!("Variants, {system} (mean ± sd over seeds)"), columns, rows }));
    }
    section("variants", "Variants", blocks)
}

/// The key of a measure, given the name of a generator.
type KeyOf<'a> = Box<dyn Fn(&str) -> String + 'a>;

fn key<'a>(name: impl Fn(&str) -> String + 'a) -> KeyOf<'a> {
    Box::new(name)
}
