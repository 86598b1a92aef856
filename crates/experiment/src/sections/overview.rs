//! All generators at once: costs, and every metric on one scale.

use tracesmith_evaluate::Metric;

use super::figures::figure;
use super::findings::Findings;
use super::headline;
use super::view::View;
use crate::config::{MAIN_SIZE, Question};
use crate::cost::Cost;
use crate::metrics;
use crate::report::{Block, Cell, NumberFormat, Plot, Profile, Row, Table};
use crate::results::Selection;

/// What training and sampling cost, if the experiment asks for it.
pub(super) fn costs(findings: &Findings<'_>) -> Option<Block> {
    let costs = &findings.outcome.visuals.costs;
    let mut rows = Vec::new();
    for system in findings.systems() {
        for generator in findings.generators() {
            let of: Vec<&Cost> = costs.iter().filter(|cost| cost.system == system && cost.generator == generator).collect();
            if !of.is_empty() {
                let count = |value: fn(&Cost) -> Option<f64>| {
                    Cell::measured(&of.iter().filter_map(|cost| value(cost)).collect::<Vec<_>>(), NumberFormat::Count)
                };
                let measured = [
                    count(|cost| Some(cost.parameters as f64)),
                    count(|cost| cost.training_seconds),
                    count(|cost| Some(cost.traces_per_second)),
                ];
                rows.push(Row::Plain([Cell::text(system), Cell::text(generator)].into_iter().chain(measured).collect()));
            }
        }
    }
    let columns = ["system", "generator", "parameters", "training s", "traces/s"].map(str::to_owned).to_vec();
    let caption = "Costs. Times are of this machine under this load; traces/s on one thread".to_owned();
    (!rows.is_empty()).then_some(Block::Table(Table { caption, columns, rows }))
}

/// All generators over all metrics of a system that have an axis, with the ceiling of real traces; nothing for less than two metrics.
pub(super) fn profiles(findings: &Findings<'_>, system: &str) -> Option<Block> {
    let views = [findings.similarity(system), headline::view(findings, Question::Rq2, system)];
    let axes: Vec<Axis<'_>> = views.iter().flat_map(Axis::of).collect();
    let measured: Vec<&str> = views.iter().flat_map(View::measured).collect();
    let generators = findings.generators().into_iter().filter(|generator| measured.contains(generator));
    let of = |generator: &str| axes.iter().map(|axis| axis.merit(&axis.view.of(generator, axis.id))).collect();
    let mut profiles: Vec<Profile> =
        generators.map(|generator| Profile { name: generator.to_owned(), values: of(generator), reference: false }).collect();
    let ceiling = axes.iter().map(Axis::ceiling).collect();
    profiles.push(Profile { name: "ceiling: real traces".into(), values: ceiling, reference: true });
    let names: Vec<String> = axes.iter().map(Axis::name).collect();
    let caption = format!(
        "All metrics at once, {system}, mean over seeds; each is turned so that 1 is the best. AUC counts as 1 − 2 |AUC − 0.5|, and what is the \
         better the less as 1 − value"
    );
    (names.len() > 1).then(|| figure(format!("leaderboard-{system}"), caption, Plot::Parallel { axes: names, profiles }))
}

/// A metric that was measured.
struct Axis<'a> {
    view: &'a View<'a>,
    id: &'a str,
    metric: &'static Metric,
    name: &'static str,
}

impl<'a> Axis<'a> {
    fn of(view: &'a View<'a>) -> Vec<Self> {
        let axis = |id: &'a str| {
            let metric = metrics::metric(id)?;
            Some(Self { view, id, metric, name: metric.axis? })
        };
        view.metrics().into_iter().filter_map(axis).collect()
    }

    fn merit(&self, rows: &Selection<'_>) -> Option<f64> {
        self.metric.merit(rows.mean()?)
    }

    /// Of real traces.
    fn ceiling(&self) -> Option<f64> {
        match self.view.ceiling(self.id) {
            Cell::Measured { summary, .. } => self.metric.merit(summary.mean),
            Cell::Text(_) | Cell::Missing => None,
        }
    }

    fn name(&self) -> String {
        let of_classifier = self.view.measured().iter().any(|generator| {
            self.view.of(generator, self.id).rows().iter().any(|row| row.question == Question::Rq2.name() && row.size == MAIN_SIZE)
        });
        if of_classifier { format!("TSTR {}", self.name) } else { self.name.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Outcome;
    use crate::report::Figure;
    use crate::sections::fixture::{add, look};

    #[test]
    fn all_generators_and_real_traces_run_across_every_metric_with_one_the_best() {
        let text = "[systems]\nsn = { dataset = \"a.csv\" }\n[generators]\na = { kind = \"hvae\" }\nb = { kind = \"hvae\" }";
        let mut outcome = Outcome::default();
        let of_a = [("fidelity.structure", 0.75), ("similarity.nmi", 0.25), ("discriminator.auc", 0.75), ("memorisation.excess", -0.5)];
        add(&mut outcome, 0, "rq4/sn/a/empirical/", &of_a);
        add(&mut outcome, 0, "rq4/sn/b/empirical/", &[("fidelity.structure", 0.5)]);
        add(&mut outcome, 0, "rq4/sn/ceiling//", &[("fidelity.structure", 1.0), ("similarity.nmi", 0.0), ("discriminator.auc", 0.5)]);
        add(&mut outcome, 0, "rq2//a/empirical/real0", &[("accuracy", 0.875)]);
        add(&mut outcome, 0, "rq2//ceiling//trtr", &[("accuracy", 1.0)]);
        let drawn = look(text, &outcome, |findings| profiles(findings, "sn"));
        let Some(Block::Figure(Figure { id, plot: Plot::Parallel { axes, profiles }, .. })) = drawn else { panic!("no figure") };
        assert_eq!(id, "leaderboard-sn");
        assert_eq!(axes, ["structure", "fools trees", "mixed clusters", "original traces", "TSTR accuracy"]);
        let values = |name: &str| profiles.iter().find(|profile| profile.name == name).unwrap().values.clone();
        // Fewer duplicates than are natural are no merit.
        assert_eq!(values("a"), [0.75, 0.5, 0.75, 1.0, 0.875].map(Some));
        assert_eq!(values("b"), [Some(0.5), None, None, None, None]);
        assert_eq!(values("ceiling: real traces"), [Some(1.0); 5]);
        assert!(profiles.iter().all(|profile| profile.reference == profile.name.starts_with("ceiling")));
        assert!(look(text, &outcome, |findings| super::profiles(findings, "tt").is_none()));
    }
}
