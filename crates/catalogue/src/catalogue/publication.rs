//! A version while it is written.

use std::{
    collections::HashSet,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use serde::Serialize;
use sha2::{Digest, Sha256};
use tracesmith_ingest::{fetch::open_for_others, sums_below};

use crate::{
    CatalogueError, Origin, VersionManifest,
    card::card,
    version::{CARD, Draft, Entry, FORM, MANIFEST, MANIFEST_SUM},
};

/// The lineage of a version.
const PROVENANCE: &str = "prov.json";

/// Names of the files inside a version.
pub(super) fn file_names(files: &[PathBuf]) -> Result<Vec<String>, CatalogueError> {
    let mut seen: HashSet<&str> = [CARD, MANIFEST, MANIFEST_SUM, PROVENANCE].into();
    let mut names = Vec::new();
    for path in files {
        let refused = |reason| CatalogueError::FileName { name: path.display().to_string(), reason };
        let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(|| refused("it is not UTF-8, or no name of a file"))?;
        if !seen.insert(name) {
            return Err(refused("another file of the version has it"));
        }
        names.push(name.to_owned());
    }
    if names.is_empty() { Err(CatalogueError::NoFile) } else { Ok(names) }
}

/// Copies the files and writes what is said about them, the checksum of everything last.
pub(super) fn write_version(folder: &Path, entry: &Entry, draft: &Draft, names: &[String]) -> Result<(), CatalogueError> {
    for (path, name) in draft.files.iter().zip(names) {
        copy(path, &folder.join(name)).map_err(CatalogueError::io(path))?;
    }
    let files = sums_below(folder, &[])?;
    let created = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let tracesmith = env!("CARGO_PKG_VERSION");
    let (facts, lineage) = (&draft.facts, &draft.lineage);
    let set =
        Origin { label: entry.id(), sha256: files.iter().find(|file| file.path == names[0]).map(|file| file.sha256.clone()), url: None };
    write_json(&folder.join(PROVENANCE), &lineage.to_prov(&set, &created, &format!("tracesmith {tracesmith}")))?;
    write(&folder.join(CARD), card(&entry.id(), &created, tracesmith, facts, lineage, &files).as_bytes())?;
    let manifest = VersionManifest {
        tracesmith_catalogue: FORM,
        name: entry.name.clone(),
        version: entry.version,
        created,
        tracesmith: tracesmith.to_owned(),
        facts: facts.clone(),
        files: sums_below(folder, &[])?,
    };
    let text = write_json(&folder.join(MANIFEST), &manifest)?;
    write(&folder.join(MANIFEST_SUM), format!("{}  {MANIFEST}\n", hex::encode(Sha256::digest(text))).as_bytes())
}

/// Copies content alone, not the permissions.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let mut target = File::create_new(to)?;
    io::copy(&mut File::open(from)?, &mut target)?;
    target.sync_all()
}

fn write_json(path: &Path, value: &impl Serialize) -> Result<Vec<u8>, CatalogueError> {
    let text = serde_json::to_vec_pretty(value).map_err(|error| CatalogueError::io(path)(error.into()))?;
    write(path, &text)?;
    Ok(text)
}

fn write(path: &Path, text: &[u8]) -> Result<(), CatalogueError> {
    tracesmith_disk::write_bytes(path, text).map_err(|error| CatalogueError::io(error.path)(error.source))
}

/// Files that nobody writes to; the folder itself is opened for others, which a temporary one is not.
pub(super) fn make_read_only(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let mut permissions = path.metadata()?.permissions();
        permissions.set_readonly(true);
        fs::set_permissions(path, permissions)?;
    }
    open_for_others(folder)
}
