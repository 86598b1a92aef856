//! What `evaluate --json` and `validate --json` printed.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, bail};
use serde::Deserialize;
use serde_json::Value;
use tracesmith_catalogue::GateFacts;
use tracesmith_ingest::CleaningReport;
use tracesmith_model::train::Privacy;

use super::model::Promise;

/// Figures this deep in the JSON are headlines, those below are breakdowns.
const HEADLINE_DEPTH: usize = 3;

/// Figures of the metrics file by their place in it. It must be about as many traces as are published.
pub fn metrics(path: &Path, published: &CleaningReport) -> anyhow::Result<BTreeMap<String, f64>> {
    let evaluation: Value = read(path, "`tracesmith evaluate --json` prints")?;
    let of = |place: &str| format!("{} has no {place}: give what `tracesmith evaluate --json` prints", path.display());
    let judged = evaluation
        .pointer("/cleaning/synthetic/traces_read")
        .and_then(Value::as_u64)
        .with_context(|| of("cleaning of synthetic traces"))?;
    if judged != published.traces_read as u64 {
        bail!("{} is about {judged} synthetic traces, but {} are to be published: evaluate these", path.display(), published.traces_read);
    }
    let mut figures = BTreeMap::new();
    for (name, value) in evaluation.as_object().into_iter().flatten().filter(|(name, _)| *name != "cleaning") {
        collect(name, value, 1, &mut figures);
    }
    Ok(figures)
}

fn collect(name: &str, value: &Value, depth: usize, figures: &mut BTreeMap<String, f64>) {
    match value {
        Value::Number(number) => figures.extend(number.as_f64().map(|number| (name.to_owned(), number))),
        Value::Object(inner) if depth < HEADLINE_DEPTH => {
            for (key, value) in inner {
                collect(&format!("{name}.{key}"), value, depth + 1, figures);
            }
        }
        _ => {}
    }
}

#[derive(Deserialize)]
struct Gate {
    passed: bool,
    checks: Vec<Check>,
}

#[derive(Deserialize)]
struct Check {
    id: String,
    name: String,
    status: String,
}

/// The verdict, and what failed.
pub fn gate(path: &Path) -> anyhow::Result<GateFacts> {
    let Gate { passed, checks } = read(path, "`tracesmith validate --json` prints")?;
    let failed = checks.into_iter().filter(|check| check.status == "failed").map(|check| format!("{} {}", check.id, check.name)).collect();
    Ok(GateFacts { passed, failed })
}

fn read<T: for<'a> Deserialize<'a>>(path: &Path, what: &str) -> anyhow::Result<T> {
    let text = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{} is not what {what}", path.display()))
}

/// What the figures and the model say about privacy, if the publisher says nothing.
pub fn privacy_statement(figures: &BTreeMap<String, f64>, promise: Option<&Promise>) -> String {
    let share = |name: &str| figures.get(name).map(|share| format!("{:.1} %", share * 100.0));
    let measured = match (share("memorisation.exact_duplicate_rate"), share("memorisation.natural_rate")) {
        (Some(copies), Some(natural)) => {
            format!(". Measured: {copies} of the traces equal a training trace, where {natural} of unseen real ones do.")
        }
        _ => ", and not measured.".to_owned(),
    };
    format!("Not stated by the publisher{measured} {}", guarantee(promise))
}

/// What the training promises.
fn guarantee(promise: Option<&Promise>) -> String {
    let Some(Promise { training, covers }) = promise else { return "No formal guarantee (no differential privacy).".to_owned() };
    let Privacy { epsilon, delta, noise_multiplier, clip, .. } = training;
    match epsilon {
        Some(epsilon) => {
            format!("Formal guarantee of the model's training by DP-SGD, epsilon = {epsilon:.4} and delta = {delta:.2e}: {covers}.")
        }
        None => format!(
            "No formal guarantee: the model was trained by DP-SGD with clipping norm {clip} and noise multiplier {noise_multiplier}, which \
             promises nothing (epsilon = ∞)."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(&file, text).unwrap();
        file
    }

    #[test]
    fn headlines_are_taken_and_breakdowns_left() {
        let text = r#"{"cleaning": {"synthetic": {"traces_read": 5}}, "ours": {"count": 1, "fidelity": {"overall": 0.5, "deep": {"x": 1}}, "list": [1]},
                       "memorisation": {"exact_duplicate_rate": 0.1, "natural_rate": 0.2}}"#;
        let report = CleaningReport { traces_read: 5, ..CleaningReport::default() };
        let figures = metrics(file(text).path(), &report).unwrap();
        let names: Vec<&str> = figures.keys().map(String::as_str).collect();
        assert_eq!(names, ["memorisation.exact_duplicate_rate", "memorisation.natural_rate", "ours.count", "ours.fidelity.overall"]);
        assert!(privacy_statement(&figures, None).contains("10.0 % of the traces equal a training trace, where 20.0 %"));
        assert!(privacy_statement(&BTreeMap::new(), None).contains("not measured"));
        let other = CleaningReport { traces_read: 6, ..CleaningReport::default() };
        assert!(metrics(file(text).path(), &other).unwrap_err().to_string().contains("5 synthetic traces, but 6"));
        assert!(metrics(file("{}").path(), &other).unwrap_err().to_string().contains("evaluate --json"));
    }

    #[test]
    fn the_statement_gives_the_promise_of_the_model_and_claims_none_where_there_is_none() {
        let figures =
            BTreeMap::from([("memorisation.exact_duplicate_rate".to_owned(), 0.1), ("memorisation.natural_rate".to_owned(), 0.2)]);
        let training =
            Privacy { epsilon: Some(2.5), delta: 1e-4, noise_multiplier: 1.25, clip: 0.5, steps: 40, sampling_rate: 0.125, lot: 8.0 };
        let promise = |epsilon| Promise { training: Privacy { epsilon, ..training.clone() }, covers: "epsilon covers the weights".into() };
        let private = privacy_statement(&figures, Some(&promise(Some(2.5))));
        for part in ["10.0 % of the traces equal", "DP-SGD, epsilon = 2.5000 and delta = 1.00e-4: epsilon covers the weights."] {
            assert!(private.contains(part), "{part}: {private}");
        }
        assert!(!private.contains("No formal guarantee"), "{private}");
        let infinite = privacy_statement(&BTreeMap::new(), Some(&promise(None)));
        assert!(infinite.contains("No formal guarantee") && infinite.contains("clipping norm 0.5"), "{infinite}");
        assert!(privacy_statement(&figures, None).ends_with("No formal guarantee (no differential privacy)."));
    }

    #[test]
    fn a_verdict_says_what_failed() {
        let text = r#"{"passed": false, "checks": [{"id": "M1", "name": "fidelity", "status": "passed"}, {"id": "M4", "name": "uniqueness", "status": "failed"}]}"#;
        assert_eq!(gate(file(text).path()).unwrap(), GateFacts { passed: false, failed: vec!["M4 uniqueness".into()] });
        assert!(gate(file("[]").path()).is_err());
    }
}
