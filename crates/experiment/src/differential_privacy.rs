//! What generators that are trained with differential privacy promise.

use tracesmith_evaluate::{Ceiling, Measurement, Metric, Role};
use tracesmith_model::train::Privacy;

/// What a promise answers, among the questions of the table of results.
pub(crate) const QUESTION: &str = "dp";

/// What a promise says.
pub(crate) const METRICS: &[Metric] = &[
    Metric::new("epsilon", "ε (DP-SGD)").lower().ceiling(Ceiling::None).column("ε").note("none where it is infinite"),
    Metric::new("delta", "δ (DP-SGD)").lower().ceiling(Ceiling::None).column("δ"),
    Metric::description("noise_multiplier", "noise multiplier").ceiling(Ceiling::None).role(Role::Table).column("noise multiplier"),
];

/// A promise as measurements; no ε where it is infinite.
pub(crate) fn measurements(promise: &Privacy) -> Vec<Measurement> {
    let epsilon = promise.epsilon.map(|epsilon| Measurement::new("epsilon", epsilon));
    let rest = [("delta", promise.delta), ("noise_multiplier", promise.noise_multiplier)];
    epsilon.into_iter().chain(rest.map(|(metric, value)| Measurement::new(metric, value))).collect()
}

#[cfg(test)]
mod tests {
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
}
