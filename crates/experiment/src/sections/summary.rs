//! The first screen: which generator, how good, how sure.

use super::best::{RULE, marks};
use super::findings::Findings;
use super::headline::{Headline, headlines, view};
use super::metric_table::distinct;
use super::overview;
use crate::config::Question;
use crate::metrics;
use crate::report::{Block, Cell, Mark, Row, Section, Table};
use crate::results::Side;

const TEXT: &str = "Each generator beside a trivial one, which learns next to nothing, and beside the ceiling: other real traces in the place of \
    the synthetic ones. A generator is judged by its distance to the ceiling.";

/// One table a system: generators by headline metrics.
pub(super) fn section(findings: &Findings<'_>) -> Option<Section> {
    let boards = boards(findings);
    if boards.is_empty() {
        return None;
    }
    let mut blocks = vec![Block::Text(TEXT.into()), Block::List(boards.iter().map(Board::verdict).collect())];
    blocks.extend(boards.iter().map(Board::block));
    blocks.push(Block::Text(RULE.into()));
    blocks.extend(overview::costs(findings));
    blocks.extend(findings.systems().filter_map(|system| overview::profiles(findings, system)));
    Some(Section { id: "summary".into(), title: "Which generator, how good, how sure".into(), blocks })
}

/// The headlines of a variant, one a line, for a terminal.
pub(crate) fn lines(findings: &Findings<'_>) -> Vec<String> {
    let boards = boards(findings);
    boards.iter().flat_map(Board::lines).collect()
}

/// A board a system; classifiers that tell the systems apart are on each of them, and on one for all if there is nothing else.
fn boards<'a>(findings: &'a Findings<'a>) -> Vec<Board<'a>> {
    let all: Vec<Board<'a>> = findings.systems().filter_map(|system| Board::of(findings, system)).collect();
    let of_a_system = |board: &Board<'a>| board.columns.iter().any(|column| column.question != Question::Rq2);
    match all.iter().any(of_a_system) {
        true => all.into_iter().filter(of_a_system).collect(),
        false => all.into_iter().take(1).map(|board| Board { name: ALL_SYSTEMS, ..board }).collect(),
    }
}

/// Name of the board of all systems.
const ALL_SYSTEMS: &str = "all systems";

/// The headlines of a system.
struct Board<'a> {
    findings: &'a Findings<'a>,
    system: &'a str,
    /// Name for readers.
    name: &'a str,
    columns: Vec<Headline<'a>>,
    /// Generators under study, then trivial ones.
    generators: Vec<(&'a str, Side)>,
}

impl<'a> Board<'a> {
    fn of(findings: &'a Findings<'a>, system: &'a str) -> Option<Self> {
        let columns = headlines(findings, system);
        let results = findings.outcome.results.select();
        let side = |generator: &str| results.generator(generator).rows().first().map(|row| row.side);
        let measured = |generator: &str| columns.iter().any(|column| !column.rows(findings, system, generator).is_empty());
        let known = findings.generators().into_iter().filter(|&generator| measured(generator));
        let mut generators: Vec<(&str, Side)> = known.filter_map(|generator| Some((generator, side(generator)?))).collect();
        generators.sort_by_key(|&(_, side)| side == Side::Trivial);
        (!generators.is_empty()).then_some(Self { findings, system, name: system, columns, generators })
    }

    fn marks(&self, column: &Headline<'_>) -> Vec<Mark> {
        let rows = |&(generator, _): &(&str, Side)| column.rows(self.findings, self.system, generator);
        marks(metrics::metric(column.metric), &self.generators.iter().map(rows).collect::<Vec<_>>())
    }

    fn block(&self) -> Block {
        let marks: Vec<Vec<Mark>> = self.columns.iter().map(|column| self.marks(column)).collect();
        let views: Vec<_> = self.columns.iter().map(|column| view(self.findings, column.question, self.system)).collect();
        let row = |(position, &(generator, side)): (usize, &(&str, Side))| {
            let name = if side == Side::Trivial { format!("trivial: {generator}") } else { generator.to_owned() };
            let measured = self.columns.iter().zip(&views).zip(&marks);
            let cells = measured.map(|((column, view), marks)| view.cell(generator, column.metric).marked(marks[position]));
            Row::Plain([Cell::text(name)].into_iter().chain(cells).collect())
        };
        let mut rows: Vec<Row> = self.generators.iter().enumerate().map(row).collect();
        let ceiling = self.columns.iter().zip(&views).map(|(column, view)| view.ceiling(column.metric));
        rows.push(Row::Emphasis([Cell::text("ceiling: real traces")].into_iter().chain(ceiling).collect()));
        for cited in distinct(views.iter().flat_map(|view| view.references())) {
            let cells = self.columns.iter().zip(&views).map(|(column, view)| view.reference(cited, column.metric));
            let cells: Vec<Cell> = [Cell::text(format!("{}: {cited}", self.findings.publication()))].into_iter().chain(cells).collect();
            if cells[1..].iter().any(|cell| *cell != Cell::Missing) {
                rows.push(Row::Plain(cells));
            }
        }
        let columns = std::iter::once("generator".to_owned()).chain(self.columns.iter().map(Headline::heading)).collect();
        Block::Table(Table { caption: format!("Generators on {}", self.name), columns, rows })
    }

    /// Who leads, and how often.
    fn verdict(&self) -> String {
        let marks: Vec<Vec<Mark>> = self.columns.iter().map(|column| self.marks(column)).collect();
        let count = |position: usize, mark: Mark| marks.iter().filter(|marks| marks[position] == mark).count();
        let judged = marks.iter().filter(|marks| marks.contains(&Mark::Best)).count();
        let leader = (0..self.generators.len())
            .max_by_key(|&position| (count(position, Mark::Best), count(position, Mark::Tied), std::cmp::Reverse(position)));
        match leader.filter(|_| judged > 0) {
            None => format!("{}: one generator alone, beside the ceiling.", self.name),
            Some(leader) => {
                let (best, tied) = (count(leader, Mark::Best), count(leader, Mark::Tied));
                let tied = if tied > 0 { format!(", and cannot be told from the best by {tied} more") } else { String::new() };
                format!("{}: {} is the best by {best} of {judged} headline metrics{tied}.", self.name, self.generators[leader].0)
            }
        }
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for column in &self.columns {
            let mut say = |name: &str, mean: Option<f64>| {
                if let Some(mean) = mean {
                    lines.push(format!("{:<64} {mean:.4}", format!("{} · {name}: {}", self.name, column.heading())));
                }
            };
            for (generator, _) in &self.generators {
                say(generator, column.rows(self.findings, self.system, generator).mean());
            }
            say("ceiling", view(self.findings, column.question, self.system).of_ceiling(column.metric).mean());
        }
        lines
    }
}

#[cfg(test)]
mod tests;
