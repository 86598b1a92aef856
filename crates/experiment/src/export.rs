//! Traces of the first seed in the folder of a report: real ones on demand, synthetic ones always.

use std::path::Path;

use tracesmith_formats::{Format, write_corpus};
use tracesmith_trace::Corpus;

use crate::data::Prepared;
use crate::error::ExperimentError;
use crate::study::Study;

/// The real traces of the first seed, for checks by other tools.
pub(crate) fn write_splits(prepared: &[Prepared], folder: &Path) -> Result<(), ExperimentError> {
    std::fs::create_dir_all(folder).map_err(|source| ExperimentError::Io { path: folder.to_owned(), source })?;
    for Prepared { system, training, held_out, .. } in prepared {
        for (name, corpus) in [("training", training), ("held-out", held_out)] {
            write_traces(corpus, folder, &format!("{system}.{name}"))?;
        }
    }
    Ok(())
}

/// Writes traces in a format that carries their starts, if they have any.
fn write_traces(corpus: &Corpus, folder: &Path, name: &str) -> Result<(), ExperimentError> {
    let (format, extension) = if corpus.has_starts() { (Format::JAEGER_JSON, "json.gz") } else { (Format::EADRO_CSV, "csv.gz") };
    write_corpus(corpus, format, &folder.join(format!("{name}.{extension}")))?;
    Ok(())
}

/// The synthetic traces of the first seed, for a look at them and for other tools.
pub(crate) fn write_samples(study: &Study<'_>, folder: &Path, variant: &str) -> Result<(), ExperimentError> {
    std::fs::create_dir_all(folder).map_err(|source| ExperimentError::Io { path: folder.to_owned(), source })?;
    let experiment = study.experiment;
    for (s, system) in experiment.systems.keys().enumerate() {
        for (g, generator) in experiment.generators.keys().enumerate() {
            for size in &experiment.utility.sizes {
                let Some(corpus) = study.sample_at(0, s, g, size)? else { continue };
                let variant = variant.replace(|c: char| !c.is_ascii_alphanumeric() && !"=.-_".contains(c), "_");
                let parts = [variant.as_str(), system, generator, &size.replace(':', "-")];
                let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
                write_traces(&corpus, folder, &parts.join("."))?;
            }
        }
    }
    Ok(())
}
