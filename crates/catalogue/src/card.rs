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
    lines.extend(facts.training_data_sha256.as_ref().map(|sha256| format!("training data: `{sha256}`")));
    for raw in &lineage.raw {
        let from = raw.url.as_ref().map(|url| format!(", from <{url}>")).unwrap_or_default();
        lines.push(format!("raw file: {}{from}", raw.label));
    }
    if lines.is_empty() {
        return "Its publisher does not say.".to_owned();
    }
    lines.into_iter().map(|line| format!("- {line}\n")).collect()
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
