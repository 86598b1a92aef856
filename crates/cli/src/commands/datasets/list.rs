//! `tracesmith datasets list` and `info`: what there is, and where.

use std::{
    fs,
    path::{Path, PathBuf},
};

use indicatif::HumanBytes;
use serde::Serialize;
use tracesmith_catalogue::{Catalogue, Entry, VersionManifest};
use tracesmith_ingest::{Manifest, Source};

use super::state::{State, fetched_folder, state_of_fetched, state_of_version};
use crate::terminal::{print, print_json};

/// A data set in a list.
#[derive(Serialize)]
pub struct Listed {
    at_hand: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    folder: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<State>,
    #[serde(flatten)]
    content: Content,
}

/// What is known about it.
#[derive(Serialize)]
#[serde(untagged)]
enum Content {
    Known(Box<Manifest>),
    Generated(Box<VersionManifest>),
    Damaged { name: String, error: String },
}

pub fn run(catalogue: &Catalogue, verify: bool, json: bool) -> anyhow::Result<()> {
    let mut listed = Manifest::all().iter().map(|manifest| Listed::of(manifest, verify)).collect::<anyhow::Result<Vec<_>>>()?;
    for entry in catalogue.entries()? {
        listed.push(Listed::of_entry(&entry, catalogue, verify)?);
    }
    if json {
        return print_json(&listed);
    }
    let rows: Vec<[String; 6]> = listed.iter().map(Listed::row).collect();
    Ok(print(aligned(["name", "at hand", "size", "state", "where", "title"], &rows))?)
}

impl Listed {
    /// A known data set; with `verify`, its files are compared with the record of their fetch.
    pub fn of(manifest: &Manifest, verify: bool) -> anyhow::Result<Self> {
        let content = Content::Known(Box::new(manifest.clone()));
        let absent =
            |at_hand| Self { at_hand, folder: None, bytes: None, state: None, content: Content::Known(Box::new(manifest.clone())) };
        if let Source::Simulated { .. } = manifest.source {
            return Ok(absent("simulated"));
        }
        let Ok(located) = manifest.locate() else { return Ok(absent("no")) };
        let fetched = fetched_folder(&located);
        let folder = fetched.as_ref().map(|(folder, _)| folder.clone()).or_else(|| located.data[0].parent().map(Path::to_owned));
        let state = fetched.map(|(folder, record)| state_of_fetched(&folder, &record, verify)).transpose()?;
        let bytes = located.data.iter().chain(&located.faults).filter_map(|path| path.metadata().ok()).map(|metadata| metadata.len()).sum();
        Ok(Self { at_hand: "yes", folder, bytes: Some(bytes), state, content })
    }

    fn of_entry(entry: &Entry, catalogue: &Catalogue, verify: bool) -> anyhow::Result<Self> {
        let content = match entry.manifest() {
            Ok(manifest) => Content::Generated(Box::new(manifest)),
            Err(error) => Content::Damaged { name: entry.id(), error: error.to_string() },
        };
        let bytes = fs::read_dir(&entry.folder)?.filter_map(|file| file.ok()?.metadata().ok()).map(|metadata| metadata.len()).sum();
        let state = state_of_version(entry, catalogue, verify)?;
        Ok(Self { at_hand: "generated", folder: Some(entry.folder.clone()), bytes: Some(bytes), state: Some(state), content })
    }

    fn row(&self) -> [String; 6] {
        let (name, title) = match &self.content {
            Content::Known(manifest) => (manifest.name.clone(), manifest.title.clone()),
            Content::Generated(manifest) => (format!("{}/v{}", manifest.name, manifest.version), title(manifest)),
            Content::Damaged { name, error } => (name.clone(), error.clone()),
        };
        let folder = self.folder.as_ref().map(|folder| folder.display().to_string()).unwrap_or_default();
        let bytes = self.bytes.map(|bytes| HumanBytes(bytes).to_string()).unwrap_or_default();
        let state = self.state.map(|state| state.to_string()).unwrap_or_default();
        [name, self.at_hand.to_owned(), bytes, state, folder, title]
    }

    /// All that is known, for people.
    pub fn description(&self) -> String {
        let [name, at_hand, bytes, state, folder, title] = self.row();
        let Content::Known(manifest) = &self.content else { return format!("{name}: {title}\n") };
        let mut lines = vec![format!("{name}: {title}"), manifest.about.trim().to_owned(), String::new()];
        lines.push(format!("licence   {}", manifest.licence));
        lines.extend(manifest.citation.as_ref().map(|citation| format!("citation  {citation}")));
        if let Source::Files { url, .. } = &manifest.source {
            lines.push(format!("page      {url}"));
        }
        for archive in manifest.archives() {
            let pin = if archive.is_pinned() { "checksum pinned" } else { "checksum not pinned" };
            lines.push(format!(
                "archive   {}, {pin}{}",
                archive.file,
                archive.url.as_ref().map(|url| format!(", {url}")).unwrap_or_default()
            ));
        }
        lines.push(format!(
            "at hand   {}",
            [at_hand, folder, bytes, state].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
        ));
        lines.join("\n")
    }
}

/// What is known about a version, for people who want less than its card.
pub fn of_version(manifest: &VersionManifest, folder: &Path) -> String {
    let facts = &manifest.facts;
    let gate = facts.gate.as_ref().map_or("not asked", |gate| if gate.passed { "passed" } else { "failed" });
    format!(
        "{}/v{}: {}\ncreated   {} by tracesmith {}\nlicence   {}\nprivacy   {}\ngate      {gate}\nfolder    {}\n",
        manifest.name,
        manifest.version,
        title(manifest),
        manifest.created,
        manifest.tracesmith,
        facts.licence,
        facts.privacy,
        folder.display()
    )
}

fn title(manifest: &VersionManifest) -> String {
    let facts = &manifest.facts;
    let generator = facts.generator.as_ref().map(|generator| format!(", generated by {}", generator.kind)).unwrap_or_default();
    format!("{} traces, {} spans, {}{generator}", facts.traces, facts.spans, facts.format)
}

/// Lines of columns, all flush left, two spaces apart.
fn aligned<const N: usize>(header: [&str; N], rows: &[[String; N]]) -> String {
    let header = header.map(str::to_owned);
    let lines = || std::iter::once(&header).chain(rows);
    let widths: [usize; N] = std::array::from_fn(|column| lines().map(|line| line[column].chars().count()).max().unwrap_or(0));
    let line = |line: &[String; N]| line.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}  ")).collect::<String>();
    lines().map(|cells| format!("{}\n", line(cells).trim_end())).collect()
}
