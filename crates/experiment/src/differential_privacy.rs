//! What generators that are trained with differential privacy promise, and what that costs in fidelity and utility.

use tracesmith_evaluate::{Ceiling, Metric, Role};
use tracesmith_model::train::Privacy;

use crate::config::MAIN_SIZE;
use crate::outcome::Outcome;
use crate::report::{Block, Cell, NumberFormat, Row, Section, Table};
use crate::{Experiment, Question};

const TEXT: &str = "Some generators are trained by DP-SGD. ε and δ say how far the weights may depend on any one training trace, for whoever does \
    not know the seed: the smaller, the less; ε = ∞ clips the gradients of traces without noise, and promises nothing. Names, labels, sizes, \
    shapes, calls and quantile tables are published as they are. Of membership inference 0.5 is private, of AUC indistinguishable.";

/// What a generator promises that is trained with differential privacy.
pub(crate) const METRICS: &[Metric] = &[
    Metric::new("epsilon", "ε (DP-SGD)").lower().ceiling(Ceiling::None).column("ε").note("none where it is infinite"),
    Metric::new("delta", "δ (DP-SGD)").lower().ceiling(Ceiling::None).column("δ"),
    Metric::description("noise_multiplier", "noise multiplier").ceiling(Ceiling::None).role(Role::Table).column("noise multiplier"),
];

/// Column, and what of the promise it shows.
const PROMISE: [(&str, &str); 3] = [("ε", "epsilon"), ("δ", "delta"), ("noise multiplier", "noise_multiplier")];

/// A promise under keys; no ε where it is infinite.
pub(crate) fn entries(promise: &Privacy) -> Vec<(String, f64)> {
    let epsilon = promise.epsilon.map(|epsilon| ("epsilon".to_owned(), epsilon));
    let rest = [("delta", promise.delta), ("noise_multiplier", promise.noise_multiplier)];
    epsilon.into_iter().chain(rest.map(|(key, value)| (key.to_owned(), value))).collect()
}

/// All generators beside those with a promise, a table a system; nothing if none promises anything.
pub(crate) fn section(experiment: &Experiment, outcome: &Outcome) -> Option<Section> {
    let tables: Vec<Block> = experiment.systems.keys().filter_map(|system| table(experiment, outcome, system)).collect();
    let blocks: Vec<Block> = std::iter::once(Block::Text(TEXT.into())).chain(tables).collect();
    (blocks.len() > 1).then(|| Section { id: "differential-privacy".into(), title: "Differential privacy".into(), blocks })
}

fn table(experiment: &Experiment, outcome: &Outcome, system: &str) -> Option<Block> {
    let promised = |generator: &str, end: &str| outcome.get(&format!("dp.{system}.{generator}.{end}"))?.first().copied();
    experiment.generators.keys().find(|generator| promised(generator, "delta").is_some())?;
    let measures = measures(experiment, system);
    let columns = ["generator"].into_iter().chain(PROMISE.map(|(name, _)| name)).chain(measures.iter().map(|measure| measure.name));
    let row = |generator: &String| {
        let private = promised(generator, "delta").is_some();
        let promise = PROMISE.map(|(_, end)| match promised(generator, end) {
            Some(value) => Cell::number(value, NumberFormat::Ratio),
            None if end == "epsilon" => Cell::text(if private { "∞" } else { "not private" }),
            None => Cell::Missing,
        });
        let measured = measures.iter().map(|measure| outcome.cell_within(&(measure.key)(generator), measure.format));
        Row::Plain([Cell::text(generator)].into_iter().chain(promise).chain(measured).collect())
    };
    let mut rows: Vec<Row> = experiment.generators.keys().map(row).collect();
    let promise = PROMISE.map(|_| Cell::Missing);
    let ceiling = measures.iter().map(|measure| outcome.cell_within(&measure.ceiling, measure.format));
    rows.push(Row::Emphasis([Cell::text("ceiling: real traces")].into_iter().chain(promise).chain(ceiling).collect()));
    let caption = format!("Promises of DP-SGD and what is measured beside them, {system}");
    Some(Block::Table(Table { caption, columns: columns.map(str::to_owned).collect(), rows }))
}

/// A column of the table.
struct Measure<'a> {
    name: &'static str,
    key: Box<dyn Fn(&str) -> String + 'a>,
    ceiling: String,
    format: NumberFormat,
}

/// What the questions of the experiment measure.
fn measures<'a>(experiment: &Experiment, system: &'a str) -> Vec<Measure<'a>> {
    let similarity = |name, end: &'static str| Measure {
        name,
        key: Box::new(move |generator| format!("rq4.{system}.{generator}.{MAIN_SIZE}.{end}")),
        ceiling: format!("rq4.{system}.ceiling.{end}"),
        format: NumberFormat::Ratio,
    };
    let mut measures = Vec::new();
    if experiment.asks(Question::Rq4) {
        measures.push(similarity("overall fidelity", "fidelity.overall"));
        measures.push(similarity("AUC trees", "discriminator.auc"));
    }
    if experiment.asks(Question::Rq2) {
        measures.push(Measure {
            name: "TSTR accuracy",
            key: Box::new(|generator| format!("rq2.{generator}.{MAIN_SIZE}.real0.accuracy")),
            ceiling: "rq2.ceiling.trtr.accuracy".into(),
            format: NumberFormat::Percent,
        });
    }
    if experiment.asks(Question::Anomaly) {
        measures.push(Measure {
            name: "anomaly PR-AUC, synthetic only",
            key: Box::new(move |generator| format!("anomaly.{system}.{generator}.real0.pr_auc")),
            ceiling: format!("anomaly.{system}.ceiling.pr_auc"),
            format: NumberFormat::Ratio,
        });
    }
    if experiment.asks(Question::Rq4) {
        measures.push(similarity("membership AUC", "privacy.membership_auc"));
    }
    measures
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracesmith_generate::{Fit, GeneratorConfig, kinds};
    use tracesmith_ingest::simulate::{SimulationConfig, System, simulate};
    use tracesmith_model::Device;

    const SMALL: &str = "kind = \"tree-hvae\"\nmodel = { structure_width = 16, timing_width = 16, encoder_width = 8, label_width = 8 }\n";

    #[test]
    fn the_promise_is_that_of_the_fitted_model() {
        let config: GeneratorConfig =
            toml::from_str(&format!("{SMALL}train = {{ steps = 4, batch = 16, privacy = {{ epsilon = 3.0 }} }}")).unwrap();
        let corpus = simulate(&SimulationConfig::new(System::TrainTicket, 40, 1)).corpus;
        let promise = config.promise(corpus.len()).unwrap().unwrap();
        assert!(promise.epsilon.is_some_and(|epsilon| epsilon > 2.5 && epsilon <= 3.0), "{promise:?}");
        let fit = Fit { seed: 1, device: &Device::flex(), resume: None, observe: &mut |_, _| () };
        let said = config.fit(&corpus, fit).unwrap().training().notes.join(" ");
        let expected = format!(
            "epsilon = {:.4}, delta = {:.2e}, noise multiplier {:.4}",
            promise.epsilon.unwrap(),
            promise.delta,
            promise.noise_multiplier
        );
        assert!(said.contains(&expected), "{said}");
    }

    #[test]
    fn generators_without_privacy_promise_nothing() {
        for kind in kinds() {
            assert_eq!(kind.default_config().promise(100), Ok(None), "{}", kind.name);
        }
    }

    #[test]
    fn promises_stand_beside_what_the_questions_measure() {
        let text = "questions = [\"rq4\", \"anomaly\"]\n[systems]\nsn = { dataset = \"a.csv\" }\ntt = { dataset = \"b.csv\" }\n[generators]\n\
                    clipped = { kind = \"tree-hvae\" }\nplain = { kind = \"tree-hvae\" }\nprivate = { kind = \"tree-hvae\" }";
        let experiment: Experiment = toml::from_str(text).unwrap();
        let mut outcome = Outcome::default();
        assert!(section(&experiment, &outcome).is_none());
        let add = |outcome: &mut Outcome, prefix: &str, entries: &[(&str, f64)]| {
            outcome.add(prefix, &entries.iter().map(|&(key, value)| (key.to_owned(), value)).collect::<Vec<_>>());
        };
        add(&mut outcome, "dp.sn.private", &[("epsilon", 2.99), ("delta", 1e-4), ("noise_multiplier", 1.2)]);
        add(&mut outcome, "dp.sn.clipped", &[("delta", 1e-4), ("noise_multiplier", 0.0)]);
        add(&mut outcome, "rq4.sn.private.empirical", &[("fidelity.overall", 0.9), ("privacy.membership_auc", 0.52)]);
        add(&mut outcome, "rq4.sn.private.empirical.discriminator", &[("auc", 0.8), ("low", 0.7), ("high", 0.9)]);
        add(&mut outcome, "anomaly.sn.ceiling", &[("pr_auc", 0.95)]);
        let section = section(&experiment, &outcome).unwrap();
        let [Block::Text(_), Block::Table(table)] = &section.blocks[..] else { panic!("one table, of sn: {:?}", section.blocks) };
        let expected = [
            "generator",
            "ε",
            "δ",
            "noise multiplier",
            "overall fidelity",
            "AUC trees",
            "anomaly PR-AUC, synthetic only",
            "membership AUC",
        ];
        assert_eq!(table.columns, expected);
        let ratio = |value| Cell::number(value, NumberFormat::Ratio);
        assert_eq!(table.rows[0].cells()[..4], [Cell::text("clipped"), Cell::text("∞"), ratio(1e-4), ratio(0.0)]);
        assert_eq!(table.rows[1].cells()[..3], [Cell::text("plain"), Cell::text("not private"), Cell::Missing]);
        let private = [ratio(2.99), ratio(1e-4), ratio(1.2), ratio(0.9), ratio(0.8).within(Some([0.7, 0.9])), Cell::Missing, ratio(0.52)];
        assert_eq!(table.rows[2].cells()[1..], private);
        assert_eq!(table.rows[3].cells()[6], ratio(0.95));
    }
}
