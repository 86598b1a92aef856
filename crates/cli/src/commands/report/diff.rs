//! `tracesmith report diff`: which values of two reports differ, and by more than what another choice of seeds would make?

use std::path::PathBuf;

use serde::Serialize;
use tracesmith_experiment::reports::{Diff, DiffVerdict, FinishedReport, ValueDiff, diff};

use crate::{
    failure::unless_closed,
    table::table,
    terminal::{Terminal, print, print_json},
};

/// Differences that are listed; the clearest come first.
const LISTED: usize = 40;

/// Compare the values of two reports
///
/// A value is a mean over seeds. Reports with the same seeds are compared by the paired t test, with other seeds by Welch's. A difference is
/// beyond noise if its probability, adjusted for the number of values that differ (Benjamini & Hochberg), is below 5 %. With one seed the noise
/// is unknown, and every difference counts.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder of a report
    #[arg(value_name = "A")]
    first: PathBuf,
    /// Folder of another report
    #[arg(value_name = "B")]
    second: PathBuf,
    /// Compare them even if they are of different data
    #[arg(long)]
    other_data: bool,
    #[command(flatten)]
    shown: Shown,
}

/// How differences are shown, and which of them count.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Shown {
    /// Differences within the noise of the seeds do not count and are not listed
    #[arg(long)]
    beyond_noise: bool,
    /// List all differences
    #[arg(long)]
    all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args, terminal: Terminal) -> anyhow::Result<bool> {
    let [first, second] = [&args.first, &args.second].map(|folder| FinishedReport::read(folder));
    let (first, second) = (first?, second?);
    let programs = match (first.provenance(), second.provenance()) {
        (Ok(first), Ok(second)) => first.differences(&second),
        // A merge, or a table of another tool: the values can be compared nonetheless.
        _ => Vec::new(),
    };
    let found = diff(&first, &second, args.other_data)?;
    args.shown.show(&Comparison { programs, found, traces: Vec::new() }, terminal)
}

/// Whatever differs between two reports.
#[derive(Serialize)]
pub struct Comparison {
    /// Programs and machines; see [`tracesmith_experiment::Provenance::differences`].
    pub programs: Vec<String>,
    /// Values.
    #[serde(flatten)]
    pub found: Diff,
    /// Files of synthetic traces whose bytes differ, if they were compared.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub traces: Vec<String>,
}

impl Shown {
    /// Prints a comparison and says whether nothing that counts differs.
    pub fn show(self, comparison: &Comparison, terminal: Terminal) -> anyhow::Result<bool> {
        let Comparison { programs, found, traces } = comparison;
        let counted: Vec<&ValueDiff> = found.values.iter().filter(|value| self.counts(value)).collect();
        let is_same = counted.is_empty() && (self.beyond_noise || traces.is_empty());
        if self.json {
            unless_closed(print_json(comparison))?;
            return Ok(is_same);
        }
        for line in programs {
            terminal.note(format_args!("note: {line}"));
        }
        let listed = if self.all { counted.len() } else { counted.len().min(LISTED) };
        let rows: Vec<[String; 6]> = counted[..listed].iter().map(|value| row(value)).collect();
        let mut text = String::new();
        if !rows.is_empty() {
            text = table(["value", "A", "B", "B − A", "95 % interval", "verdict"], &rows);
        }
        if listed < counted.len() {
            text += &format!("… and {} more (--all)\n", counted.len() - listed);
        }
        for file in traces {
            text += &format!("synthetic/{file} differs\n");
        }
        unless_closed(print(text + &summary(found)).map_err(anyhow::Error::from))?;
        Ok(is_same)
    }

    fn counts(self, value: &ValueDiff) -> bool {
        !self.beyond_noise || value.verdict != DiffVerdict::WithinNoise
    }
}

fn row(value: &ValueDiff) -> [String; 6] {
    let number = |value: Option<f64>| value.map_or_else(String::new, short);
    let interval = value.interval.map_or_else(String::new, |[low, high]| format!("{} … {}", short(low), short(high)));
    let verdict = match value.verdict {
        DiffVerdict::BeyondNoise => "beyond noise",
        DiffVerdict::OneSeed => "one seed",
        DiffVerdict::WithinNoise => "within noise",
        DiffVerdict::OnlyFirst => "only in A",
        DiffVerdict::OnlySecond => "only in B",
    };
    [value.key.clone(), number(value.first), number(value.second), number(value.difference), interval, verdict.to_owned()]
}

/// A number with the digits that a reader wants.
fn short(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || (1e-4..1e7).contains(&size) { format!("{value:.5}") } else { format!("{value:.3e}") }
}

fn summary(found: &Diff) -> String {
    let count = |verdict| found.count(verdict);
    let parts = [
        (count(DiffVerdict::BeyondNoise), "differ beyond noise"),
        (count(DiffVerdict::WithinNoise), "differ within noise"),
        (count(DiffVerdict::OneSeed), "differ, of one seed"),
        (count(DiffVerdict::OnlyFirst), "are only in A"),
        (count(DiffVerdict::OnlySecond), "are only in B"),
    ];
    let parts: String = parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!(", {count} {what}")).collect();
    format!("{} values in both: {} are the same{parts}", found.compared, found.same)
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn small_and_large_numbers_keep_their_digits() {
        assert_eq!([0.0, 0.25, -12.5, 1.5e-7, 2.5e9].map(short), ["0.00000", "0.25000", "-12.50000", "1.500e-7", "2.500e9"]);
    }
}
