//! `tracesmith cache`: finished stages of experiments, which are kept so that a run need not compute them again.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::Subcommand;
use indicatif::HumanBytes;
use tracesmith_experiment::{CacheEntry, CacheFolder, EntryState};

use crate::{
    arguments::time,
    table::table,
    terminal::{Terminal, print, print_json},
};

/// List and remove the finished stages of experiments
///
/// A stage is named by a hash of its settings, its inputs, the kind of device and the version of the code that computes it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tracesmith cache list
  tracesmith cache clean --unused
  tracesmith cache clean --older 30d --dry-run

Only folders that a run marked as its cache (CACHEDIR.TAG) are touched, and in them only what a run wrote.")]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
    /// Folder of finished stages
    #[arg(long, value_name = "DIR", default_value = ".tracesmith/cache", global = true)]
    cache: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List the stages: what they are, their sizes, when they were used last, and whether this program would take them
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    Clean(CleanArgs),
}

/// Remove stages; all that are named by the options
#[derive(Debug, clap::Args)]
struct CleanArgs {
    /// All of them
    #[arg(long, conflicts_with_all = ["older", "unused"], required_unless_present_any = ["older", "unused"])]
    all: bool,
    /// Those that no run has used for this long, such as 30d
    #[arg(long, value_name = "TIME", value_parser = time)]
    older: Option<Duration>,
    /// Those that this program does not take: results of other code, and leftovers of interrupted runs
    #[arg(long)]
    unused: bool,
    /// Remove nothing, and list what would be removed
    #[arg(long)]
    dry_run: bool,
}

pub fn run(args: Args, terminal: Terminal) -> anyhow::Result<()> {
    let folder = CacheFolder::open(&args.cache).context("--cache")?;
    match args.verb {
        Verb::List { json: true } => print_json(&folder.entries()?),
        Verb::List { json: false } => {
            let entries = folder.entries()?;
            list(&entries)?;
            terminal.note(format_args!("{} in {}", amount(&entries), folder.path().display()));
            Ok(())
        }
        Verb::Clean(clean) => remove(&folder, &clean, terminal),
    }
}

fn list(entries: &[CacheEntry]) -> anyhow::Result<()> {
    let rows: Vec<[String; 5]> = entries.iter().map(row).collect();
    if !rows.is_empty() {
        print(table(["stage", "size", "used", "state", "what"], &rows))?;
    }
    Ok(())
}

fn row(entry: &CacheEntry) -> [String; 5] {
    let state = match entry.state {
        EntryState::Current => "current",
        EntryState::Unfinished => "unfinished",
        EntryState::Unused => "unused",
    };
    let (stage, title) = match &entry.about {
        Some(about) => (about.stage.clone(), about.title.clone()),
        None => (String::new(), entry.name()),
    };
    [stage, HumanBytes(entry.bytes).to_string(), ago(entry.unused_for), state.to_owned(), title]
}

/// The largest unit alone.
fn ago(time: Duration) -> String {
    let text = humantime::format_duration(Duration::from_secs(time.as_secs())).to_string();
    format!("{} ago", text.split(' ').next().unwrap_or("0s"))
}

fn amount(entries: &[CacheEntry]) -> String {
    let stages = if entries.len() == 1 { "stage" } else { "stages" };
    format!("{} {stages}, {}", entries.len(), HumanBytes(entries.iter().map(|entry| entry.bytes).sum()))
}

fn remove(folder: &CacheFolder, clean: &CleanArgs, terminal: Terminal) -> anyhow::Result<()> {
    let is_named = |entry: &CacheEntry| {
        clean.all || clean.older.is_some_and(|least| entry.unused_for >= least) || clean.unused && entry.state == EntryState::Unused
    };
    let named: Vec<CacheEntry> = folder.entries()?.into_iter().filter(is_named).collect();
    if clean.dry_run {
        list(&named)?;
        terminal.note(format_args!("{} would be removed from {}", amount(&named), folder.path().display()));
        return Ok(());
    }
    named.iter().try_for_each(|entry| folder.remove(entry))?;
    terminal.note(format_args!("removed {} from {}", amount(&named), folder.path().display()));
    Ok(())
}
