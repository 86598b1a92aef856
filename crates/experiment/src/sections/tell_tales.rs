//! What gives synthetic traces away, so that a modeller knows what to fix.

use std::path::Path;

use super::findings::Findings;
use super::metric_table::distinct;
use crate::error::ExperimentError;
use crate::outcome::{TellTale, TellTales};
use crate::report::{Block, Cell, NumberFormat, Row, Table};

/// File in the folder of a report with the features of every seed.
pub(crate) const FILE: &str = "tell_tales.csv";

/// Writes the features of every generator and seed; nothing if there are none.
///
/// # Errors
/// A file that cannot be written.
pub(crate) fn write(findings: &[Findings<'_>], folder: &Path) -> Result<(), ExperimentError> {
    let fail = |error: csv::Error| ExperimentError::stage(FILE, &error);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["variant", "system", "generator", "seed", "feature", "share", "real", "synthetic"]).map_err(fail)?;
    let mut any = false;
    for findings in findings {
        for tales in &findings.outcome.visuals.tell_tales {
            for TellTale { feature, share, real, synthetic } in &tales.features {
                any = true;
                writer
                    .serialize((findings.variant, &tales.system, &tales.generator, tales.seed, feature, share, real, synthetic))
                    .map_err(fail)?;
            }
        }
    }
    if !any {
        return Ok(());
    }
    let bytes = writer.into_inner().map_err(|error| ExperimentError::stage(FILE, &error.into_error()))?;
    Ok(tracesmith_disk::write_bytes(&folder.join(FILE), bytes)?)
}

/// Features shown of each generator.
const FEATURES: usize = 10;

/// The features that boosted trees tell the generators of a system by; nothing if there are none.
pub(super) fn table(findings: &Findings<'_>, system: &str) -> Option<Block> {
    let of_system = |tales: &&TellTales| tales.system == system && !tales.features.is_empty();
    let all: Vec<&TellTales> = findings.outcome.visuals.tell_tales.iter().filter(of_system).collect();
    let mut rows = Vec::new();
    for generator in distinct(all.iter().map(|tales| tales.generator.as_str())) {
        let seeds: Vec<&TellTales> = all.iter().copied().filter(|tales| tales.generator == generator).collect();
        rows.push(Row::Group(title(findings, system, generator)));
        rows.extend(mean(&seeds).iter().take(FEATURES).map(row));
    }
    let columns = ["feature", "share of the gain", "real mean", "synthetic mean"].map(str::to_owned).to_vec();
    let caption = format!(
        "What gives synthetic traces away, {system}: the {FEATURES} features that boosted trees gain most from, mean over seeds; means over the \
         traces that have the feature. They mean little where the AUC is near 0.5"
    );
    (!rows.is_empty()).then_some(Block::Table(Table { caption, columns, rows }))
}

/// The features of all seeds by their mean share, 0 where a seed does not list one.
fn mean(seeds: &[&TellTales]) -> Vec<TellTale> {
    let names = distinct(seeds.iter().flat_map(|tales| tales.features.iter().map(|tale| tale.feature.as_str())));
    let of = |name: &str| -> Vec<&TellTale> {
        seeds.iter().flat_map(|tales| tales.features.iter().filter(|tale| tale.feature == name)).collect()
    };
    let average = |values: Vec<f64>| (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
    let combined = |name: &str| {
        let found = of(name);
        TellTale {
            feature: name.to_owned(),
            share: found.iter().map(|tale| tale.share).sum::<f64>() / seeds.len() as f64,
            real: average(found.iter().filter_map(|tale| tale.real).collect()),
            synthetic: average(found.iter().filter_map(|tale| tale.synthetic).collect()),
        }
    };
    let mut features: Vec<TellTale> = names.into_iter().map(combined).collect();
    features.sort_by(|a, b| b.share.total_cmp(&a.share));
    features
}

/// The generator with its AUC.
fn title(findings: &Findings<'_>, system: &str, generator: &str) -> String {
    let auc = findings.similarity(system).of(generator, "discriminator.auc");
    match (auc.mean(), auc.interval()) {
        (Some(auc), Some([low, high])) => format!("{generator}: AUC {auc:.3} ({low:.3}–{high:.3})"),
        _ => generator.to_owned(),
    }
}

fn row(TellTale { feature, share, real, synthetic }: &TellTale) -> Row {
    let mean = |value: Option<f64>| value.map_or(Cell::Missing, |value| Cell::number(value, NumberFormat::Ratio));
    let feature = Cell::text(tracesmith_view::printable(feature));
    Row::Plain(vec![feature, Cell::number(*share, NumberFormat::Percent), mean(*real), mean(*synthetic)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Outcome;
    use crate::sections::fixture::{add_within, look};

    const EXPERIMENT: &str = "seeds = [1, 2]\n[systems]\ntt = { dataset = \"a.csv\" }\n[generators]\nhvae = { kind = \"hvae\" }";

    fn of(system: &str, generator: &str, features: &[(&str, f64, Option<f64>)]) -> TellTales {
        let tale =
            |&(feature, share, real): &(&str, f64, Option<f64>)| TellTale { feature: feature.into(), share, real, synthetic: Some(2.0) };
        TellTales { system: system.into(), generator: generator.into(), seed: 1, features: features.iter().map(tale).collect() }
    }

    #[test]
    fn features_stand_under_their_generator_by_their_mean_share_over_seeds() {
        let mut outcome = Outcome::default();
        for (seed, auc) in [(1, [0.85, 0.9, 0.95]), (2, [0.65, 0.7, 0.75])] {
            add_within(&mut outcome, seed, "rq4/tt/hvae/empirical/", "discriminator.auc", auc);
        }
        outcome.visuals.tell_tales = vec![
            of("sn", "hvae", &[("other", 1.0, None)]),
            of("tt", "hvae", &[("spans", 0.25, Some(3.0)), ("never\u{7}seen", 0.125, None)]),
            of("tt", "hvae", &[("never\u{7}seen", 0.5, None), ("spans", 0.125, Some(4.0))]),
            of("tt", "mute", &[]),
        ];
        let drawn = |system: &str| look(EXPERIMENT, &outcome, |findings| table(findings, system));
        let Some(Block::Table(table)) = drawn("tt") else { panic!("no table") };
        assert!(table.caption.contains("mean over seeds") && table.rows.len() == 3, "{table:?}");
        assert_eq!(table.rows[0], Row::Group("hvae: AUC 0.800 (0.750–0.850)".into()));
        let (share, mean) = (|value| Cell::number(value, NumberFormat::Percent), |value| Cell::number(value, NumberFormat::Ratio));
        assert_eq!(table.rows[1].cells()[1..], [share(0.3125), Cell::Missing, mean(2.0)]);
        assert!(!format!("{:?}", table.rows[1].cells()[0]).contains("\\u{7}"), "names are made printable");
        assert_eq!(table.rows[2].cells(), [Cell::text("spans"), share(0.1875), mean(3.5), mean(2.0)]);
        assert!(drawn("other").is_none());
    }
}
