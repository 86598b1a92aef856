//! RQ1: what comes back of a trace that is encoded and decoded.

use tracesmith_generate::GeneratorConfig;

use super::findings::{Findings, in_detail, in_table};
use super::metric_table::{MetricTable, notes};
use super::view::View;
use crate::config::Question;
use crate::report::{Block, Section};
use crate::results;

const TEXT: &str = "Each trace is encoded, and the mean of its posterior decoded. With skip = encoder the decoder also receives the encoder's hidden \
     states, that is a copy of its input; only generators without it say what the latents carry. The ceiling is the trace itself.";

/// The section; nothing if no generator can reconstruct.
pub(super) fn section(findings: &Findings<'_>) -> Option<Section> {
    let of = |protocol: &str| -> Vec<(String, View<'_>)> {
        findings.systems().map(|system| (system.to_owned(), findings.view(Question::Rq1, system, &[""], protocol))).collect()
    };
    let table = |protocol, shows, caption: &str| {
        let table = MetricTable { generators: findings.generators(), groups: of(protocol), shows, publication: findings.publication() };
        table.block(caption.to_owned())
    };
    let mut blocks = vec![Block::Text(TEXT.into())];
    blocks.extend(table("", in_table, "Reconstruction of held-out traces"));
    if blocks.len() == 1 {
        return None;
    }
    let note = |(name, config): (&String, &GeneratorConfig)| Some(format!("{name}: {}", config.reconstruction_note()?));
    let noted: Vec<String> = findings.experiment.generators.iter().filter_map(note).collect();
    blocks.extend((!noted.is_empty()).then_some(Block::List(noted)));
    let rest = [table("training", in_table, "Reconstruction of training traces"), table("", in_detail, "Breakdown")];
    let rest: Vec<Block> = rest.into_iter().flatten().collect();
    if !rest.is_empty() {
        blocks.push(Block::Details { summary: "Training traces".into(), blocks: rest, numbers: results::FILE });
    }
    blocks.extend(notes(of("").iter().map(|(_, view)| view)));
    Some(Section { id: "rq1".into(), title: "RQ1 — reconstruction".into(), blocks })
}
