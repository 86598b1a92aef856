//! What gives synthetic traces away, so that a modeller knows what to fix.

use crate::config::MAIN_SIZE;
use crate::outcome::{Outcome, TellTale};
use crate::report::{Block, Cell, NumberFormat, Row, Table};

/// The features that boosted trees tell the generators of a system by, first seed; nothing if there are none.
pub(crate) fn table(outcome: &Outcome, system: &str) -> Option<Block> {
    let mut rows = Vec::new();
    for tales in outcome.visuals.tell_tales.iter().filter(|tales| tales.system == system && !tales.features.is_empty()) {
        rows.push(Row::Group(title(outcome, system, &tales.generator)));
        rows.extend(tales.features.iter().map(row));
    }
    let columns = ["feature", "share of the gain", "real mean", "synthetic mean"].map(str::to_owned).to_vec();
    let caption = format!(
        "What gives synthetic traces away, {system}: the ten features that boosted trees gain most from, first seed; means over the traces \
         that have the feature. They mean little where the AUC is near 0.5"
    );
    (!rows.is_empty()).then_some(Block::Table(Table { caption, columns, rows }))
}

/// The generator with its AUC of the first seed.
fn title(outcome: &Outcome, system: &str, generator: &str) -> String {
    let first = |end: &str| outcome.get(&format!("rq4.{system}.{generator}.{MAIN_SIZE}.discriminator.{end}"))?.first().copied();
    match (first("auc"), first("low"), first("high")) {
        (Some(auc), Some(low), Some(high)) => format!("{generator}: AUC {auc:.3} ({low:.3}–{high:.3})"),
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
    use crate::outcome::TellTales;

    #[test]
    fn features_stand_under_their_generator_with_its_first_auc() {
        let mut outcome = Outcome::default();
        for (auc, low, high) in [(0.9, 0.85, 0.95), (0.5, 0.4, 0.6)] {
            let entries = [("auc", auc), ("low", low), ("high", high)].map(|(key, value)| (key.to_owned(), value));
            outcome.add("rq4.tt.hvae.empirical.discriminator", &entries);
        }
        let of = |system: &str, generator: &str, features: &[(&str, Option<f64>)]| TellTales {
            system: system.into(),
            generator: generator.into(),
            features: features
                .iter()
                .map(|&(feature, real)| TellTale { feature: feature.into(), share: 0.4, real, synthetic: Some(2.0) })
                .collect(),
        };
        outcome.visuals.tell_tales = vec![
            of("sn", "hvae", &[("other", None)]),
            of("tt", "hvae", &[("spans", Some(3.0)), ("never\u{7}seen", None)]),
            of("tt", "mute", &[]),
        ];
        let Some(Block::Table(table)) = table(&outcome, "tt") else { panic!("no table") };
        assert!(table.caption.contains("first seed") && table.rows.len() == 3, "{table:?}");
        assert_eq!(table.rows[0], Row::Group("hvae: AUC 0.900 (0.850–0.950)".into()));
        let (share, mean) = (Cell::number(0.4, NumberFormat::Percent), |value| Cell::number(value, NumberFormat::Ratio));
        assert_eq!(table.rows[1].cells(), [Cell::text("spans"), share.clone(), mean(3.0), mean(2.0)]);
        assert_eq!(table.rows[2].cells()[1..], [share, Cell::Missing, mean(2.0)]);
        assert!(!format!("{:?}", table.rows[2].cells()[0]).contains("\\u{7}"), "names are made printable");
        assert!(super::table(&outcome, "other").is_none());
    }
}
