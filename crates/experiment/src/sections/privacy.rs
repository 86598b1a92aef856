//! What generators that are trained with differential privacy promise, and what is measured beside it.

use super::findings::Findings;
use super::headline::{self, headlines};
use crate::differential_privacy::{METRICS, QUESTION};
use crate::metrics::{self, format};
use crate::report::{Block, Cell, Row, Section, Table};
use crate::results::Selection;

const TEXT: &str = "Some generators are trained by DP-SGD. ε and δ say how far the weights may depend on any one training trace, for whoever does \
    not know the seed: the smaller, the less; ε = ∞ clips the gradients of traces without noise, and promises nothing. Names, labels, sizes, \
    shapes, calls and quantile tables are published as they are. Of membership inference 0.5 is private, of AUC indistinguishable.";

/// All generators beside those with a promise, a table a system; nothing if none promises anything.
pub(super) fn section(findings: &Findings<'_>) -> Option<Section> {
    let tables: Vec<Block> = findings.systems().filter_map(|system| table(findings, system)).collect();
    let blocks: Vec<Block> = std::iter::once(Block::Text(TEXT.into())).chain(tables).collect();
    (blocks.len() > 1).then(|| Section { id: "differential-privacy".into(), title: "Differential privacy".into(), blocks })
}

fn table(findings: &Findings<'_>, system: &str) -> Option<Block> {
    let promises = findings.outcome.results.select().question(QUESTION).system(system);
    if promises.is_empty() {
        return None;
    }
    let measures = headlines(findings, system);
    let promised = METRICS.iter().map(|metric| metric.column.unwrap_or(metric.label).to_owned());
    let columns = std::iter::once("generator".to_owned()).chain(promised).chain(measures.iter().map(|measure| measure.heading()));
    let views: Vec<_> = measures.iter().map(|measure| headline::view(findings, measure.question, system)).collect();
    let row = |generator: &str| {
        let measured = measures.iter().zip(&views).map(|(measure, view)| view.cell(generator, measure.metric));
        Row::Plain([Cell::text(generator)].into_iter().chain(promise(&promises, generator)).chain(measured).collect())
    };
    let mut rows: Vec<Row> = findings.generators().into_iter().map(row).collect();
    let ceiling = measures.iter().zip(&views).map(|(measure, view)| view.ceiling(measure.metric));
    rows.push(Row::Emphasis(
        [Cell::text("ceiling: real traces")].into_iter().chain(METRICS.iter().map(|_| Cell::Missing)).chain(ceiling).collect(),
    ));
    let caption = format!("Promises of DP-SGD and what is measured beside them, {system}");
    Some(Block::Table(Table { caption, columns: columns.collect(), rows }))
}

/// The promise of a generator, which is that of its first seed.
fn promise(promises: &Selection<'_>, generator: &str) -> Vec<Cell> {
    let of = promises.generator(generator);
    let cell = |id: &str| match of.metric(id).values().first() {
        Some(&value) => Cell::number(value, format(metrics::metric(id))),
        None if id == METRICS[0].id => Cell::text(if of.is_empty() { "not private" } else { "∞" }),
        None => Cell::Missing,
    };
    METRICS.iter().map(|metric| cell(metric.id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Outcome;
    use crate::report::NumberFormat;
    use crate::sections::fixture::{add, add_within, cell, look, tables};

    #[test]
    fn promises_stand_beside_what_the_questions_measure() {
        let text = "questions = [\"rq4\", \"anomaly\"]\n[systems]\nsn = { dataset = \"a.csv\" }\ntt = { dataset = \"b.csv\" }\n[generators]\n\
                    clipped = { kind = \"tree-hvae\" }\nplain = { kind = \"tree-hvae\" }\nprivate = { kind = \"tree-hvae\" }";
        let mut outcome = Outcome::default();
        assert!(look(text, &outcome, |findings| section(findings).is_none()));
        add(&mut outcome, 0, "dp/sn/private//", &[("epsilon", 2.99), ("delta", 1e-4), ("noise_multiplier", 1.2)]);
        add(&mut outcome, 0, "dp/sn/clipped//", &[("delta", 1e-4), ("noise_multiplier", 0.0)]);
        add(&mut outcome, 0, "rq4/sn/private/empirical/", &[("fidelity.overall", 0.9)]);
        add_within(&mut outcome, 0, "rq4/sn/private/empirical/", "discriminator.auc", [0.7, 0.8, 0.9]);
        add(&mut outcome, 0, "rq4/sn/ceiling//", &[("fidelity.overall", 0.95)]);
        let blocks = look(text, &outcome, |findings| section(findings).unwrap().blocks);
        let [table] = &tables(&blocks)[..] else { panic!("one table, of sn: {blocks:?}") };
        assert_eq!(table.columns[..4], ["generator", "ε", "δ", "noise multiplier"]);
        let ratio = |value| Cell::number(value, NumberFormat::Ratio);
        assert_eq!(table.rows[0].cells()[..4], [Cell::text("clipped"), Cell::text("∞"), ratio(1e-4), ratio(0.0)]);
        assert_eq!(table.rows[1].cells()[..3], [Cell::text("plain"), Cell::text("not private"), Cell::Missing]);
        assert_eq!([cell(table, "private", "ε"), cell(table, "private", "overall")], [ratio(2.99), ratio(0.9)]);
        assert_eq!(cell(table, "private", &table.columns[4]), ratio(0.8).within(Some([0.7, 0.9])));
        assert_eq!(cell(table, "ceiling: real traces", "overall"), ratio(0.95));
    }
}
