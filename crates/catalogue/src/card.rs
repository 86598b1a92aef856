//! What is known about a version, for people.

use std::fmt::Write as _;

use tracesmith_ingest::FileSum;

use crate::{Facts, Lineage};

/// The card in Markdown. `id` is name and version; `files` are those of the traces.
pub(crate) fn card(id: &str, created: &str, tracesmith: &str, facts: &Facts, lineage: &Lineage, files: &[FileSum]) -> String {
    let mut card = format!(
        "# {id}\n\nSynthetic traces: {} traces, {} spans, as {}. Published {created} by tracesmith {tracesmith}; a version never changes.\n",
        facts.traces, facts.spans, facts.format
    );
    section(&mut card, "Licence", &facts.licence);
    section(&mut card, "Privacy", &facts.privacy);
    section(&mut card, "How it was made", &made(facts, lineage));
    section(&mut card, "Quality", &quality(facts));
    let rows: String = files.iter().map(|file| format!("| {} | {} | `{}` |\n", file.path, file.bytes, file.sha256)).collect();
    section(&mut card, "Files", &format!("| file | bytes | SHA-256 |\n|---|---:|---|\n{rows}"));
    section(
        &mut card,
        "Check",
        &format!("`tracesmith datasets verify {id}` compares every file with its checksum; `prov.json` has the lineage."),
    );
    card
}

fn section(card: &mut String, title: &str, text: &str) {
    // Writing to a string cannot fail.
    let _ = write!(card, "\n## {title}\n\n{}\n", text.trim_end());
}

fn made(facts: &Facts, lineage: &Lineage) -> String {
    let mut lines = Vec::new();
    if let Some(generator) = &facts.generator {
        lines.push(format!(
            "generator: {}, configuration `{}`, model `{}`",
            generator.kind, generator.config_sha256, generator.model_sha256
        ));
    }
    lines.extend(facts.seed.map(|seed| format!("seed: {seed}")));
    lines.extend(training_data(facts));
    for raw in &lineage.raw {
        let from = raw.url.as_ref().map(|url| format!(", from <{url}>")).unwrap_or_default();
        lines.push(format!("raw file: {}{from}", raw.label));
    }
    if lines.is_empty() {
        return "Its publisher does not say.".to_owned();
    }
    lines.into_iter().map(|line| format!("- {line}\n")).collect()
}

/// What the generator was fitted on; of a version without a generator only what is known.
fn training_data(facts: &Facts) -> Option<String> {
    let size = facts.training_traces.zip(facts.training_spans).map(|(traces, spans)| format!("{traces} traces, {spans} spans"));
    let sum = facts.training_data_sha256.as_ref().map(|sha256| format!("`{sha256}`"));
    let known = match (sum, size) {
        (Some(sum), Some(size)) => format!("{sum}, {size} after cleaning"),
        (Some(sum), None) => sum,
        (None, Some(size)) => format!("simulated, {size}"),
        (None, None) if facts.generator.is_some() => "not known".to_owned(),
        (None, None) => return None,
    };
    Some(format!("training data: {known}"))
}

fn quality(facts: &Facts) -> String {
    let gate = match &facts.gate {
        None => "The quality gate was not asked.".to_owned(),
        Some(gate) if gate.passed => "The quality gate passed.".to_owned(),
        Some(gate) => format!("The quality gate **failed**: {}.", gate.failed.join(", ")),
    };
    if facts.metrics.is_empty() {
        return format!("{gate} Nothing else was measured.");
    }
    let rows: String = facts.metrics.iter().map(|(name, value)| format!("| {name} | {value:.4} |\n")).collect();
    format!("{gate}\n\n| figure | value |\n|---|---:|\n{rows}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::GeneratorFacts;

    #[test]
    fn a_card_says_what_is_known_of_the_training_data_and_that_nothing_is() {
        let generator = GeneratorFacts { kind: "hvae".into(), config_sha256: "a".into(), model_sha256: "b".into() };
        let facts = |sha256: Option<&str>, traces| Facts {
            generator: Some(generator.clone()),
            training_data_sha256: sha256.map(str::to_owned),
            training_traces: traces,
            training_spans: traces.map(|traces| 3 * traces),
            ..Facts::default()
        };
        for (facts, says) in [
            (facts(Some("c"), Some(5)), "- training data: `c`, 5 traces, 15 spans after cleaning\n"),
            (facts(Some("c"), None), "- training data: `c`\n"),
            (facts(None, Some(5)), "- training data: simulated, 5 traces, 15 spans\n"),
            (facts(None, None), "- training data: not known\n"),
        ] {
            let made = made(&facts, &Lineage::default());
            assert!(made.ends_with(says), "{made}");
        }
        assert_eq!(made(&Facts::default(), &Lineage::default()), "Its publisher does not say.");
    }
}
