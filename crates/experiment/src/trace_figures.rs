//! Figures that set generators beside each other: all measures at once, worst operations, random traces.

use crate::Experiment;
use crate::config::MAIN_SIZE;
use crate::figures::figure;
use crate::outcome::Outcome;
use crate::pictures::Pictures;
use crate::report::{Axis, Block, Plot, Points, Profile};

/// How a measure becomes one of which more is better.
type Better = fn(f64) -> f64;

const AS_IT_IS: Better = |value| value;
const LESS: Better = |value| 1.0 - value.clamp(0.0, 1.0);
/// An AUC of 0.5 becomes 1, of 0 or 1 becomes 0.
const CHANCE: Better = |auc| 1.0 - 2.0 * (auc - 0.5).abs();

/// Name in two words at most, end of the key below the generator or the ceiling, and direction.
const MEASURES: [(&str, &str, Better); 9] = [
    ("structure", "fidelity.structure", AS_IT_IS),
    ("duration", "fidelity.duration", AS_IT_IS),
    ("semantic", "fidelity.semantic", AS_IT_IS),
    ("valid traces", "validity.valid_share", AS_IT_IS),
    ("mixed clusters", "similarity.nmi", LESS),
    ("fools trees", "discriminator.auc", CHANCE),
    ("fools GNN", "discriminator.gnn_auc", CHANCE),
    ("original traces", "memorisation.excess", LESS),
    ("private members", "privacy.membership_auc", CHANCE),
];

/// All generators over all measures of a system, with the ceiling of real traces; nothing for less than two measures.
pub(crate) fn leaderboard(experiment: &Experiment, outcome: &Outcome, system: &str) -> Option<Block> {
    let value = |prefix: &str, (_, end, better): &(&str, &str, Better)| {
        // Without copying beyond the natural rate, real traces are as original as can be.
        let natural = prefix.ends_with(".ceiling") && *end == "memorisation.excess";
        if natural { Some(1.0) } else { outcome.mean(&format!("{prefix}.{end}")).map(better) }
    };
    let prefix = |generator: &str| format!("rq4.{system}.{generator}.{MAIN_SIZE}");
    let generators: Vec<&String> = experiment.generators.keys().collect();
    let measured = |measure: &&(&str, &str, Better)| generators.iter().any(|generator| value(&prefix(generator), measure).is_some());
    let measures: Vec<_> = MEASURES.iter().filter(measured).collect();
    // How well a classifier does that was trained on synthetic traces is one measure for all systems together.
    let utility = |key: String| outcome.mean(&key);
    let trained = |generator: &str| utility(format!("rq2.{generator}.{MAIN_SIZE}.real0.accuracy"));
    let has_utility = generators.iter().any(|generator| trained(generator).is_some());
    let profile = |name: &str, prefix: &str, utility: Option<f64>, reference: bool| {
        let values = measures.iter().map(|measure| value(prefix, measure)).chain(has_utility.then_some(utility)).collect();
        Profile { name: name.to_owned(), values, reference }
    };
    let mut profiles: Vec<Profile> =
        generators.iter().map(|generator| profile(generator, &prefix(generator), trained(generator), false)).collect();
    let ceiling = format!("rq4.{system}.ceiling");
    profiles.push(profile("ceiling: real traces", &ceiling, utility("rq2.ceiling.trtr.accuracy".into()), true));
    let names = measures.iter().map(|measure| measure.0).chain(has_utility.then_some("TSTR accuracy"));
    let axes: Vec<String> = names.map(str::to_owned).collect();
    let caption = format!(
        "All measures at once, {system}, mean over seeds; each is turned so that 1 is best. AUC counts as 1 − 2 |AUC − 0.5|, NMI and excess \
         duplicates as 1 − value"
    );
    (axes.len() > 1).then(|| figure(format!("leaderboard-{system}"), caption, Plot::Parallel { axes, profiles }))
}

/// The viewer of a system and pictures of random traces, one a generator.
pub(crate) fn traces(outcome: &Outcome) -> Vec<Block> {
    let mut blocks = Vec::new();
    for Pictures { system, viewer, random, .. } in &outcome.visuals.pictures {
        blocks.push(Block::Text(format!(
            "Real (held out) and synthetic traces of {system} of the same shape, side by side, of the first seed. Point at a span for its service and status."
        )));
        blocks.push(Block::Viewer(viewer.clone()));
        let Some((real, generated)) = random.split_first() else { continue };
        for column in generated {
            let id = format!("traces-{system}-{}", column.name);
            let caption = format!("Random traces, {system}: real and by {}; each on its own time axis", column.name);
            blocks.push(figure(id, caption, Plot::Waterfalls { columns: vec![real.clone(), column.clone()] }));
        }
    }
    blocks
}

/// Quantiles of real against synthetic durations, for the operations that generators get wrong most.
pub(crate) fn quantiles(outcome: &Outcome) -> Vec<Block> {
    let mut blocks = Vec::new();
    for Pictures { system, worst, .. } in &outcome.visuals.pictures {
        for (rank, operation) in worst.iter().enumerate() {
            let mut series: Vec<Points> =
                operation.lines.iter().map(|line| Points { name: line.name.clone(), points: line.points.clone() }).collect();
            let real = || operation.lines.iter().flat_map(|line| line.points.iter().map(|point| point.0));
            let ends = [real().fold(f64::INFINITY, f64::min), real().fold(0.0, f64::max)];
            series.push(Points { name: "same as real".into(), points: ends.map(|end| (end, end)).to_vec() });
            let plot = Plot::Lines { series, x: Axis::log("real duration (µs)"), y: Axis::log("synthetic duration (µs)") };
            let (service, name) = (tracesmith_view::printable(&operation.service), tracesmith_view::printable(&operation.operation));
            let caption = format!(
                "Quantiles (2 % to 98 %) of the durations of {service} {name}, {system}: number {} of the operations whose log-durations \
                 differ most on average over the generators (by a factor of {:.2})",
                rank + 1,
                operation.distance.exp()
            );
            blocks.push(figure(format!("quantiles-{system}-{}", rank + 1), caption, plot));
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Figure;

    #[test]
    fn all_generators_and_real_traces_run_across_every_measure_with_one_the_best() {
        let text = "[systems]\nsn = { dataset = \"a.csv\" }\n[generators]\na = { kind = \"hvae\" }\nb = { kind = \"hvae\" }";
        let experiment: Experiment = toml::from_str(text).unwrap();
        let mut outcome = Outcome::default();
        let mut add = |prefix: &str, entries: &[(&str, f64)]| {
            outcome.add(prefix, &entries.iter().map(|&(key, value)| (key.to_owned(), value)).collect::<Vec<_>>());
        };
        add("rq4.sn.a.empirical", &[("fidelity.structure", 0.75), ("similarity.nmi", 0.25), ("discriminator.auc", 0.75)]);
        add("rq4.sn.a.empirical", &[("memorisation.excess", -0.5)]);
        add("rq4.sn.ceiling", &[("fidelity.structure", 1.0), ("similarity.nmi", 0.0), ("discriminator.auc", 0.5)]);
        add("rq2.a.empirical", &[("real0.accuracy", 0.875)]);
        add("rq2.ceiling", &[("trtr.accuracy", 1.0)]);
        let Some(Block::Figure(Figure { id, plot: Plot::Parallel { axes, profiles }, .. })) = leaderboard(&experiment, &outcome, "sn")
        else {
            panic!("no figure")
        };
        assert_eq!(id, "leaderboard-sn");
        assert_eq!(axes, ["structure", "mixed clusters", "fools trees", "original traces", "TSTR accuracy"]);
        let values = |name: &str| profiles.iter().find(|profile| profile.name == name).unwrap().values.clone();
        // Fewer duplicates than are natural are no merit.
        assert_eq!(values("a"), [0.75, 0.75, 0.5, 1.0, 0.875].map(Some));
        assert_eq!(values("b"), [None; 5]);
        assert_eq!(values("ceiling: real traces"), [Some(1.0); 5]);
        assert!(profiles.iter().all(|profile| profile.reference == profile.name.starts_with("ceiling")));
        assert!(super::leaderboard(&experiment, &outcome, "tt").is_none());
    }
}
