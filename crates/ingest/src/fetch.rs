//! Downloads what a manifest names, unpacks it, and checks that it can be read.
//!
//! A download is kept beside the data set's folder until all went well, so that the same call goes on where one was broken off. The folder
//! itself appears by a rename: it is complete or not there.

mod answer;
mod download;
mod error;
mod event;
mod identity;
mod options;
mod partial;
mod record;
mod space;

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    time::SystemTime,
};
use tracesmith_disk::move_into_place;

use sha2::{Digest, Sha256};

pub use crate::archive::{ArchiveError, Breach, UnpackLimits};
use crate::{
    Archive, CleaningConfig, Ingested, Located, Manifest, Source,
    archive::{Selection, unpack},
    ingest, sums_below,
};
use download::Download;
use identity::Identity;

pub use error::FetchError;
pub use event::FetchEvent;
pub use options::{FetchOptions, HttpOptions};
pub use record::{FETCH_RECORD, FetchRecord, FetchedArchive};

/// File that the process which fetches holds.
const LOCK: &str = "lock";

/// Paths that an error lists, at most.
const LISTED_PATHS: usize = 5;

/// A data set that came.
#[derive(Debug, Clone, PartialEq)]
pub struct Fetched {
    /// Folder of the files.
    pub folder: PathBuf,
    /// Where they came from.
    pub record: FetchRecord,
    /// What they hold.
    pub ingested: Ingested,
}

/// Downloads, unpacks and reads a data set.
///
/// # Errors
/// [`FetchError`]; there is nothing in the folder then, and what was downloaded is kept beside it unless it is wrong.
pub fn fetch(manifest: &Manifest, options: &FetchOptions, observe: &mut dyn FnMut(FetchEvent<'_>)) -> Result<Fetched, FetchError> {
    let wanted = wanted(manifest, options.url.as_deref())?;
    let folder = options.into.clone().unwrap_or_else(|| manifest.fetched_folder());
    let site = Site::open(&folder)?;
    let staging = site.staging()?;
    let mut archives = Vec::new();
    for Wanted { archive, url, candidates } in &wanted {
        let target = site.download_of(url, &archive.file);
        let is_pinned = candidates.iter().all(|archive| archive.is_pinned());
        let size = if candidates.len() == 1 { archive.size } else { None };
        Download { url, file: &archive.file, target: &target, size, is_pinned }.run(&options.http, observe)?;
        let identity = Identity::of(&target).map_err(FetchError::io(&target))?;
        let known = identity.find(candidates, &archive.file).inspect_err(|_| drop(fs::remove_file(&target)))?;
        unpack_into(staging.path(), known, &target, &options.limits, observe)?;
        archives.push(identity.record(known, url));
    }
    observe(FetchEvent::Reading);
    let (located, ingested) = read(manifest, staging.path(), &site.downloads)?;
    let files = sums_below(staging.path(), &[FETCH_RECORD]).map_err(|(path, source)| FetchError::Io { path, source })?;
    let fetched = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let record = FetchRecord { name: manifest.name.clone(), packaging: located.packaging, fetched, archives, files };
    record.write(staging.path()).map_err(FetchError::io(staging.path()))?;
    site.publish(staging)?;
    Ok(Fetched { folder, record, ingested })
}

/// A file to be downloaded, and what it may turn out to be.
struct Wanted<'a> {
    archive: &'a Archive,
    url: String,
    candidates: Vec<&'a Archive>,
}

/// The archives with an address; with an address of the user's, that one, which may be any of the known packagings.
fn wanted<'a>(manifest: &'a Manifest, url: Option<&str>) -> Result<Vec<Wanted<'a>>, FetchError> {
    let not_fetchable = |reason: &str| FetchError::NotFetchable { name: manifest.name.clone(), reason: reason.to_owned() };
    let Source::Files { archives, .. } = &manifest.source else {
        return Err(not_fetchable("it is simulated, see `tracesmith datasets simulate`"));
    };
    let with_address: Vec<&Archive> = archives.iter().filter(|archive| archive.url.is_some()).collect();
    let wanted: Vec<Wanted<'a>> = match url {
        None => {
            let wanted =
                |&archive: &&'a Archive| Wanted { archive, url: archive.url.clone().unwrap_or_default(), candidates: vec![archive] };
            with_address.iter().map(wanted).collect()
        }
        Some(_) if with_address.len() > 1 => return Err(not_fetchable("it has several files, and --url can only replace one")),
        Some(url) => {
            let first = with_address.first().copied().or(archives.first());
            let archive = first.ok_or_else(|| not_fetchable("its manifest names no archive"))?;
            vec![Wanted { archive, url: url.to_owned(), candidates: archives.iter().collect() }]
        }
    };
    if wanted.is_empty() {
        return Err(not_fetchable("its manifest gives no address: download it from its page and give that address with --url"));
    }
    match wanted.iter().find(|wanted| !wanted.url.starts_with("http://") && !wanted.url.starts_with("https://")) {
        Some(Wanted { url, .. }) => Err(FetchError::Url { url: url.clone(), reason: "it must begin with http:// or https://".into() }),
        None => Ok(wanted),
    }
}

fn unpack_into(
    folder: &Path,
    known: &Archive,
    target: &Path,
    limits: &UnpackLimits,
    observe: &mut dyn FnMut(FetchEvent<'_>),
) -> Result<(), FetchError> {
    let file = known.file.as_str();
    let selection = Selection { strip: known.strip, only: &known.only };
    let mut watch = space::Watch::new(folder);
    let progress = &mut |files, written| {
        observe(FetchEvent::Unpacked { file, files });
        watch.written(written).map_err(|full| io::Error::new(io::ErrorKind::StorageFull, full.to_string()))
    };
    let unpacked = unpack(target, file, folder, &selection, limits, progress).inspect_err(|error| {
        // What is wrong with the content would be wrong the next time.
        if !matches!(error, ArchiveError::Io { .. }) {
            drop(fs::remove_file(target));
        }
    })?;
    if unpacked.skipped > 0 {
        observe(FetchEvent::Skipped { file, entries: unpacked.skipped });
    }
    Ok(())
}

fn read(manifest: &Manifest, folder: &Path, download: &Path) -> Result<(Located, Ingested), FetchError> {
    let located = manifest.locate_in(&[folder.to_owned()]).map_err(|_| layout_error(manifest, folder, download))?;
    let options = located.options(&manifest.name, CleaningConfig::default());
    match ingest(&located.data, &options) {
        Ok(ingested) => Ok((located, ingested)),
        Err(source) => Err(FetchError::Ingest { name: manifest.name.clone(), download: download.to_owned(), source: Box::new(source) }),
    }
}

fn layout_error(manifest: &Manifest, folder: &Path, download: &Path) -> FetchError {
    let patterns: Vec<&str> = match &manifest.source {
        Source::Files { layouts, .. } => layouts.iter().map(|layout| layout.data.as_str()).collect(),
        Source::Simulated { .. } => Vec::new(),
    };
    let paths: Vec<String> = sums_below(folder, &[]).unwrap_or_default().into_iter().map(|sum| sum.path).collect();
    let more = if paths.len() > LISTED_PATHS { format!(" and {} more", paths.len() - LISTED_PATHS) } else { String::new() };
    let found = if paths.is_empty() { "no file".to_owned() } else { paths[..paths.len().min(LISTED_PATHS)].join(", ") + &more };
    FetchError::Layout { name: manifest.name.clone(), patterns: patterns.join(" or "), found, download: download.to_owned() }
}

/// The place of a data set, held by this process.
struct Site {
    folder: PathBuf,
    downloads: PathBuf,
    /// Whether the folder above was not there before.
    made_parent: bool,
    /// Held as long as the file is open, and given up if the process is killed.
    _lock: File,
}

impl Site {
    fn open(folder: &Path) -> Result<Self, FetchError> {
        let is_free = match fs::read_dir(folder) {
            Ok(mut entries) => entries.next().is_none(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => true,
            Err(error) => return Err(FetchError::io(folder)(error)),
        };
        let (Some(name), true) = (folder.file_name(), is_free) else {
            return Err(FetchError::Occupied { folder: folder.to_owned() });
        };
        let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let downloads = parent.join(format!(".{}.download", name.to_string_lossy()));
        let made_parent = !parent.exists();
        fs::create_dir_all(&downloads).map_err(FetchError::io(&downloads))?;
        let path = downloads.join(LOCK);
        let lock = File::create(&path).map_err(FetchError::io(&path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { folder: folder.to_owned(), downloads, made_parent, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(FetchError::Busy { folder: folder.to_owned() }),
            Err(TryLockError::Error(source)) => Err(FetchError::Io { path, source }),
        }
    }

    /// Where the file at `url` is downloaded to; files of different addresses are never mixed.
    fn download_of(&self, url: &str, file: &str) -> PathBuf {
        let address = hex::encode(Sha256::digest(url));
        self.downloads.join(format!("{}-{file}", &address[..8]))
    }

    /// A folder to unpack into, which goes unless it is published.
    fn staging(&self) -> Result<tempfile::TempDir, FetchError> {
        tempfile::Builder::new().prefix("unpacked-").tempdir_in(&self.downloads).map_err(FetchError::io(&self.downloads))
    }

    /// Gives the unpacked files their final name, and clears away the download.
    fn publish(self, staging: tempfile::TempDir) -> Result<(), FetchError> {
        open_for_others(staging.path()).map_err(FetchError::io(staging.path()))?;
        // An empty folder is replaced.
        move_into_place(staging.path(), &self.folder).map_err(|error| FetchError::io(error.path)(error.source))?;
        fs::remove_dir_all(&self.downloads).map_err(FetchError::io(&self.downloads))
    }
}

impl Drop for Site {
    /// Leaves no folder behind that has nothing of a download.
    fn drop(&mut self) {
        let is_only_lock = fs::read_dir(&self.downloads).is_ok_and(|entries| entries.count() == 1);
        if is_only_lock && fs::remove_file(self.downloads.join(LOCK)).is_ok() {
            // What cannot be removed has something in it, which stays.
            let _ = fs::remove_dir(&self.downloads);
            if let Some(parent) = self.downloads.parent().filter(|_| self.made_parent) {
                let _ = fs::remove_dir(parent);
            }
        }
    }
}

/// Lets others read a temporary folder that is to stay: such folders are made for their owner only.
///
/// # Errors
/// What the system says.
#[cfg(unix)]
pub fn open_for_others(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
}

/// Temporary folders are as open as others here.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn open_for_others(_: &Path) -> io::Result<()> {
    Ok(())
}
