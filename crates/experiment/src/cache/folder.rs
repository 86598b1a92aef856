//! A folder of results from the outside: what lies in it, and how it is cleaned.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::Serialize;
use tracesmith_generate::MODEL_FILE;

use super::about::{ABOUT_FILE, About};
use super::stage::Stage;
use crate::ExperimentError;

/// Marks a folder as a cache, for us and for programs that make backups (<https://bford.info/cachedir/>).
const MARKER: &str = "CACHEDIR.TAG";
const MARKER_TEXT: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
    # Finished stages of tracesmith's experiments; `tracesmith cache` lists and removes them.\n";
/// What says that a marker is ours.
const OURS: &str = "tracesmith";

/// Hexadecimal digits at the end of an entry's name.
pub(super) const KEY_LENGTH: usize = 24;
/// Ending of an entry that is a file: a line that says what it is, and a line with the result.
pub(super) const FILE_ENDING: &str = "jsonl";
/// Endings of files of this program and of earlier ones.
const FILE_ENDINGS: [&str; 2] = [FILE_ENDING, "json"];
/// Prefix of an entry that is being removed.
const REMOVED: &str = ".removed-";

/// A folder that is marked as a cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheFolder(PathBuf);

/// Whether an entry is of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryState {
    /// A run with the same settings takes it.
    Current,
    /// A fit that was interrupted; a run with the same settings goes on with it.
    Unfinished,
    /// No run takes it any more: other code computed it, or it is half of something.
    Unused,
}

/// A result in a cache.
#[derive(Debug, Clone, Serialize)]
pub struct CacheEntry {
    /// File or folder.
    pub path: PathBuf,
    /// What it is; `None` of what an earlier program left.
    pub about: Option<About>,
    /// Whether it is of use.
    pub state: EntryState,
    /// Size in bytes.
    pub bytes: u64,
    /// Time since it was computed or taken last.
    #[serde(rename = "unused_for_s", serialize_with = "seconds")]
    pub unused_for: Duration,
}

fn seconds<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(time.as_secs())
}

impl CacheFolder {
    /// The cache at `path`.
    ///
    /// # Errors
    /// [`ExperimentError::Cache`] if there is none: the folder is missing, or was not marked by a run.
    pub fn open(path: &Path) -> Result<Self, ExperimentError> {
        if !path.is_dir() {
            return Err(not_a_cache(path, "there is no such folder; a run makes it".to_owned()));
        }
        match fs::read_to_string(path.join(MARKER)) {
            Ok(text) if text.contains(OURS) => Ok(Self(path.to_owned())),
            Ok(_) => Err(not_a_cache(path, format!("its {MARKER} is another program's"))),
            Err(_) => Err(not_a_cache(path, format!("it holds no {MARKER} of tracesmith, and is left alone"))),
        }
    }

    /// The cache at `path`, which is made if need be. A folder of an earlier program, which holds nothing but entries, becomes one.
    pub(crate) fn create(path: &Path) -> Result<Self, ExperimentError> {
        let io = |source| ExperimentError::Io { path: path.to_owned(), source };
        fs::create_dir_all(path).map_err(io)?;
        if let Ok(folder) = Self::open(path) {
            return Ok(folder);
        }
        for entry in fs::read_dir(path).map_err(io)? {
            let name = entry.map_err(io)?.file_name();
            if Kind::of(&name).is_none() {
                let message = format!("it holds {}; give an empty or a new folder", Path::new(&name).display());
                return Err(not_a_cache(path, message));
            }
        }
        tracesmith_disk::write_bytes(&path.join(MARKER), MARKER_TEXT)?;
        Ok(Self(path.to_owned()))
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What lies in it, in the order of stages and titles. Files that are none of ours are not named.
    ///
    /// # Errors
    /// [`ExperimentError::Io`] if it cannot be read.
    pub fn entries(&self) -> Result<Vec<CacheEntry>, ExperimentError> {
        let io = |source| ExperimentError::Io { path: self.0.clone(), source };
        let mut entries = Vec::new();
        for found in fs::read_dir(&self.0).map_err(io)? {
            let found = found.map_err(io)?;
            let Some(kind) = Kind::of(&found.file_name()) else { continue };
            match entry(found.path(), kind) {
                Ok(entry) => entries.push(entry),
                // Somebody else may clean at the same time.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(ExperimentError::Io { path: found.path(), source }),
            }
        }
        entries.sort_by(|a, b| a.order().cmp(&b.order()));
        Ok(entries)
    }

    /// Removes an entry of this cache. It is gone at once for every run, also if the removal is interrupted.
    ///
    /// # Errors
    /// [`ExperimentError::Io`] if it cannot be removed.
    pub fn remove(&self, entry: &CacheEntry) -> Result<(), ExperimentError> {
        match self.hide(entry).and_then(|hidden| if hidden.is_dir() { fs::remove_dir_all(hidden) } else { fs::remove_file(hidden) }) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(ExperimentError::Io { path: entry.path.clone(), source }),
            _ => Ok(()),
        }
    }

    /// Gives an entry a name that no run looks for.
    fn hide(&self, entry: &CacheEntry) -> io::Result<PathBuf> {
        let name = entry.name();
        if Kind::of(OsStr::new(&name)) == Some(Kind::Leftover) {
            return Ok(entry.path.clone());
        }
        let hidden = self.0.join(format!("{REMOVED}{name}"));
        fs::rename(&entry.path, &hidden)?;
        Ok(hidden)
    }
}

fn not_a_cache(path: &Path, message: String) -> ExperimentError {
    ExperimentError::Cache { path: path.to_owned(), message }
}

/// What a name in a cache stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `STAGE-KEY` or `STAGE-KEY.ENDING`.
    Result,
    /// A file that was being written, or something that was being removed.
    Leftover,
}

impl Kind {
    /// `None` of a name that no program of ours gives.
    fn of(name: &OsStr) -> Option<Self> {
        let name = name.to_str()?;
        let hidden = name.strip_prefix(REMOVED).or_else(|| name.strip_prefix('.').filter(|_| name.ends_with(".partial")));
        match hidden {
            Some(rest) => (rest.starts_with(MARKER) || starts_with_key(rest).is_some()).then_some(Self::Leftover),
            None => {
                let ending = starts_with_key(name)?;
                (ending.is_empty() || FILE_ENDINGS.iter().any(|known| ending.strip_prefix('.') == Some(known))).then_some(Self::Result)
            }
        }
    }
}

/// What follows `STAGE-KEY` in a name that begins so.
fn starts_with_key(name: &str) -> Option<&str> {
    let stage = |stage: &Stage| name.strip_prefix(stage.name())?.strip_prefix('-');
    let key = Stage::ALL.iter().find_map(stage)?;
    let (digits, rest) = key.split_at_checked(KEY_LENGTH)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(rest)
}

fn entry(path: PathBuf, kind: Kind) -> io::Result<CacheEntry> {
    let is_folder = fs::symlink_metadata(&path)?.is_dir();
    let described = if is_folder { path.join(ABOUT_FILE) } else { path.clone() };
    let about = if kind == Kind::Result { read_about(&described) } else { None };
    let state = match &about {
        Some(about) if !about.is_current() => EntryState::Unused,
        Some(_) if is_folder && !path.join(MODEL_FILE).exists() => EntryState::Unfinished,
        Some(_) => EntryState::Current,
        None => EntryState::Unused,
    };
    let used = fs::symlink_metadata(if described.exists() { &described } else { &path })?.modified()?;
    let unused_for = SystemTime::now().duration_since(used).unwrap_or_default();
    Ok(CacheEntry { bytes: size(&path)?, path, about, state, unused_for })
}

fn read_about(path: &Path) -> Option<About> {
    let mut line = String::new();
    BufReader::new(File::open(path).ok()?).read_line(&mut line).ok()?;
    serde_json::from_str(&line).ok()
}

/// Bytes of a file, or of all files in a folder.
fn size(path: &Path) -> io::Result<u64> {
    let metadata = fs::symlink_metadata(path)?;
    if !metadata.is_dir() {
        return Ok(metadata.len());
    }
    fs::read_dir(path)?.map(|entry| size(&entry?.path())).sum()
}

impl CacheEntry {
    /// Name of its file or folder.
    pub fn name(&self) -> String {
        self.path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    }

    fn order(&self) -> (Option<usize>, Option<&str>, &Path) {
        let stage = self.about.as_ref().and_then(|about| Stage::ALL.iter().position(|stage| stage.name() == about.stage));
        (stage, self.about.as_ref().map(|about| about.title.as_str()), &self.path)
    }
}

#[cfg(test)]
mod tests;
