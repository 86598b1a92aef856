//! Results of stages under a hash of all that they depend on.

mod about;
mod code;
mod folder;
mod stage;

use about::ABOUT_FILE;
pub use about::About;
pub use code::code_versions;
pub use folder::{CacheEntry, CacheFolder, EntryState};
pub(crate) use stage::Stage;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use tracesmith_model::DeviceChoice;

use crate::ExperimentError;

/// A folder of results, for the stages of a run on one kind of device. Entries appear by a rename, so that a killed run leaves no half of one.
#[derive(Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
    device: &'static str,
}

/// Hash of anything that can be serialised, in hexadecimal.
pub(crate) fn hash(value: &impl Serialize) -> Result<String, ExperimentError> {
    let json = serde_json::to_vec(value).map_err(|error| ExperimentError::stage("hash", &error))?;
    Ok(Sha256::digest(json).iter().map(|byte| format!("{byte:02x}")).collect())
}

impl Cache {
    /// Opens, and makes if need be, the cache at `folder` for stages on `device`.
    ///
    /// # Errors
    /// [`ExperimentError::Cache`] for a folder with other things in it.
    pub(crate) fn open(folder: &Path, device: DeviceChoice) -> Result<Self, ExperimentError> {
        let folder = CacheFolder::create(folder)?.path().to_owned();
        Ok(Self { folder, device: kind_of(device) })
    }

    /// Place for the result of `stage` with these inputs: its name is a hash of them, of the kind of device, and of the versions of the code
    /// that computes it.
    pub(crate) fn place(&self, stage: Stage, inputs: &impl Serialize) -> Result<PathBuf, ExperimentError> {
        let key = hash(&(stage.name(), stage.code_versions(), stage.uses_device().then_some(self.device), inputs))?;
        Ok(self.folder.join(format!("{}-{}", stage.name(), &key[..folder::KEY_LENGTH])))
    }

    /// The cached result of `stage`, or that of `compute`; the flag says whether it was cached. `title` names it for people.
    pub(crate) fn fetch<T: Serialize + DeserializeOwned>(
        &self,
        stage: Stage,
        title: &str,
        inputs: &impl Serialize,
        compute: impl FnOnce() -> Result<T, ExperimentError>,
    ) -> Result<(T, bool), ExperimentError> {
        let path = self.place(stage, inputs)?.with_extension(folder::FILE_ENDING);
        // A damaged entry is computed again: the cache holds nothing that cannot be.
        if let Some(result) = read(&path) {
            note_use(&path);
            return Ok((result, true));
        }
        let result = compute()?;
        let mut lines = self.about(stage, title)?;
        serde_json::to_writer(&mut lines, &result).map_err(|error| ExperimentError::stage(stage.name(), &error))?;
        tracesmith_disk::write_bytes(&path, lines)?;
        Ok((result, false))
    }

    /// Says inside an entry that is a folder what it is.
    pub(crate) fn describe(&self, folder: &Path, stage: Stage, title: &str) -> Result<(), ExperimentError> {
        fs::create_dir_all(folder).map_err(|source| ExperimentError::Io { path: folder.to_owned(), source })?;
        let about = self.about(stage, title)?;
        Ok(tracesmith_disk::write_bytes(&folder.join(ABOUT_FILE), about)?)
    }

    /// Notes that an entry that is a folder was used.
    pub(crate) fn note_use(folder: &Path) {
        note_use(&folder.join(ABOUT_FILE));
    }

    /// One line of JSON.
    fn about(&self, stage: Stage, title: &str) -> Result<Vec<u8>, ExperimentError> {
        let about = About::new(stage, title, self.device);
        let mut line = serde_json::to_vec(&about).map_err(|error| ExperimentError::stage(stage.name(), &error))?;
        line.push(b'\n');
        Ok(line)
    }
}

/// The result in an entry, after the line that says what it is.
fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    let mut file = BufReader::new(File::open(path).ok()?);
    file.skip_until(b'\n').ok()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// The time of a file's change is that of its last use. A cache that may only be read keeps the old one.
fn note_use(path: &Path) {
    let _ = File::options().append(true).open(path).and_then(|file| file.set_modified(SystemTime::now()));
}

/// All devices of one kind give the same results.
fn kind_of(device: DeviceChoice) -> &'static str {
    match device {
        DeviceChoice::Cuda(_) => "cuda",
        DeviceChoice::Auto | DeviceChoice::Cpu => "cpu",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(folder: &Path, device: DeviceChoice) -> Cache {
        Cache::open(folder, device).unwrap()
    }

    #[test]
    fn a_result_is_computed_once_per_input_and_again_when_its_entry_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let cache = open(folder.path(), DeviceChoice::Cpu);
        let fetch = |input: u32| cache.fetch(Stage::Compare, "compare", &input, || Ok(input * 2)).unwrap();
        assert_eq!([fetch(3), fetch(3), fetch(4)], [(6, false), (6, true), (8, false)]);
        let path = cache.place(Stage::Compare, &3).unwrap().with_extension(folder::FILE_ENDING);
        for damaged in ["{", "{}\n", "{}\n{", ""] {
            fs::write(&path, damaged).unwrap();
            assert_eq!(fetch(3), (6, false), "{damaged:?}");
        }
    }

    #[test]
    fn kinds_of_devices_share_only_what_no_device_computes() {
        let folder = tempfile::tempdir().unwrap();
        let place = |device, stage| open(folder.path(), device).place(stage, &1).unwrap();
        let (cpu, first, second) = (DeviceChoice::Cpu, DeviceChoice::Cuda(0), DeviceChoice::Cuda(1));
        assert_ne!(place(cpu, Stage::Fit), place(first, Stage::Fit));
        assert_eq!(place(first, Stage::Fit), place(second, Stage::Fit));
        assert_eq!(place(cpu, Stage::Ceiling), place(first, Stage::Ceiling));
        assert_ne!(place(cpu, Stage::Ceiling), place(cpu, Stage::Compare));
    }
}
