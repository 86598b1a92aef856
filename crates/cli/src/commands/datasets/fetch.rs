//! `tracesmith datasets fetch`: a data set from its page, ready to be read.

use std::{path::PathBuf, time::Duration};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tracesmith_ingest::{
    Manifest, Summary,
    fetch::{FetchEvent, FetchOptions, FetchedArchive, HttpOptions, fetch},
};

use crate::terminal::{Terminal, print};

/// Download a data set, unpack it, and check that it can be read
///
/// A download that breaks off goes on where it was when the same command runs again. The folder appears when all is well, and not before.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tracesmith datasets fetch nezha-tt
  tracesmith datasets fetch eadro-sn --url https://mirror.example/SN_Dataset.zip
  tracesmith datasets fetch my-traces.toml --into data/mine

A manifest of your own has the form of those in datasets/: title, about, licence, and [source] with url, folder, explanation,
[[source.archives]] (file, url, sha256 or md5, strip, only) and [[source.layouts]] (packaging, format, data, faults, clock_offset_s).")]
pub struct Args {
    /// Name of the data set, or a manifest's TOML file
    #[arg(value_parser = Manifest::find_or_read)]
    name: Manifest,
    /// Download from here instead, for example from a mirror
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Folder for the files [default: data/NAME]
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
    /// Give up on a server that sends nothing for so many seconds
    #[arg(long, value_name = "S", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,
    /// How often to go on after a failure that may pass
    #[arg(long, value_name = "N", default_value_t = 5)]
    retries: u32,
}

pub fn run(args: Args, terminal: Terminal) -> anyhow::Result<()> {
    let Args { name: manifest, url, into, timeout, retries } = args;
    let at_hand = into.as_ref().map_or_else(|| manifest.locate(), |into| manifest.locate_in(std::slice::from_ref(into)));
    if let Ok(located) = at_hand {
        terminal.note(format_args!("{} is at hand: {}; --into fetches it into another folder", manifest.name, located.data[0].display()));
        return Ok(());
    }
    let http = HttpOptions { patience: Duration::from_secs(timeout), retries, ..HttpOptions::default() };
    let mut bars = Bars::new(terminal);
    let options = FetchOptions { url, into, http, ..FetchOptions::default() };
    let result = fetch(&manifest, &options, &mut |event| bars.show(event));
    bars.close();
    let fetched = result?;
    for archive in &fetched.record.archives {
        terminal.note(checksum_note(archive));
    }
    terminal.note(&fetched.ingested.report);
    terminal.note(format_args!("{}: {} files, {}", fetched.folder.display(), fetched.record.files.len(), fetched.record.packaging));
    Ok(print(Summary::of(&fetched.ingested.corpus))?)
}

/// Whether it is known that the right file came, and how to pin it if not.
fn checksum_note(archive: &FetchedArchive) -> String {
    let FetchedArchive { file, bytes, sha256, pinned, .. } = archive;
    match pinned {
        true => format!("{file}: {bytes} bytes, the checksum is the one that the manifest pins"),
        false => format!(
            "note: {file}: {bytes} bytes, sha256 {sha256}; the manifest pins no checksum for it. To pin it, copy the manifest and add to its archive: sha256 = \"{sha256}\""
        ),
    }
}

/// One bar, for the file at hand.
struct Bars {
    terminal: Terminal,
    bars: MultiProgress,
    open: Option<(String, ProgressBar)>,
}

impl Bars {
    fn new(terminal: Terminal) -> Self {
        Self { terminal, bars: terminal.bars(), open: None }
    }

    fn show(&mut self, event: FetchEvent<'_>) {
        match event {
            FetchEvent::Received { file, bytes, of } => {
                let template = match of {
                    Some(_) => "{prefix}  {bar:20} {bytes}/{total_bytes}  {bytes_per_sec}  {eta}",
                    None => "{prefix}  {spinner} {bytes}  {bytes_per_sec}",
                };
                self.bar(file, template, of).set_position(bytes);
            }
            FetchEvent::Unpacked { file, files } => {
                self.bar(&format!("unpacking {file}"), "{prefix}  {spinner} {pos} files", None).set_position(files)
            }
            FetchEvent::Reading => self.bar("reading", "{prefix}  {spinner}", None).tick(),
            FetchEvent::Retry { reason, wait } => {
                self.bars.suspend(|| self.terminal.note(format_args!("{reason}; trying again in {:.0} s", wait.as_secs_f64())));
            }
            FetchEvent::Skipped { file, entries } => {
                self.bars.suspend(|| self.terminal.note(format_args!("note: {entries} links or devices in {file} are left out")));
            }
        }
    }

    fn bar(&mut self, name: &str, template: &str, length: Option<u64>) -> &ProgressBar {
        if self.open.as_ref().is_none_or(|(open, _)| open != name) {
            self.close();
        }
        let (_, bar) = self.open.get_or_insert_with(|| {
            let bar = self.bars.add(length.map_or_else(ProgressBar::no_length, ProgressBar::new));
            bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_prefix(name.to_owned());
            (name.to_owned(), bar)
        });
        bar
    }

    fn close(&mut self) {
        if let Some((_, bar)) = self.open.take() {
            bar.finish_and_clear();
        }
    }
}
