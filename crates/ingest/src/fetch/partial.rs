//! A download that is not complete, and how the server would know it again.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};
use tracesmith_disk::move_into_place;

use serde::{Deserialize, Serialize};

/// What a server says about the version of a file (RFC 9110, section 8.8).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Version {
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
}

impl Version {
    /// Value of `If-Range`, for which a weak tag is no good.
    pub(super) fn if_range(&self) -> Option<&str> {
        self.etag.as_deref().filter(|tag| !tag.starts_with("W/")).or(self.last_modified.as_deref())
    }
}

/// The file `<name>.part` and its version beside it.
pub(super) struct Partial {
    data: PathBuf,
    version: PathBuf,
}

impl Partial {
    pub(super) fn of(target: &Path) -> Self {
        let with = |ending: &str| {
            let mut name = target.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        };
        Self { data: with(".part"), version: with(".part.json") }
    }

    pub(super) fn path(&self) -> &Path {
        &self.data
    }

    /// Bytes that came so far.
    pub(super) fn bytes(&self) -> u64 {
        self.data.metadata().map_or(0, |metadata| metadata.len())
    }

    /// The version that the bytes are of; unknown if its record is missing or damaged.
    pub(super) fn version(&self) -> Version {
        fs::read(&self.version).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    /// An empty file of this version. The old bytes go first, so that they are never taken for the new version's.
    pub(super) fn restart(&self, version: &Version) -> io::Result<File> {
        let file = File::create(&self.data)?;
        fs::write(&self.version, serde_json::to_vec(version)?)?;
        Ok(file)
    }

    /// The file, to go on at its end.
    pub(super) fn append(&self) -> io::Result<File> {
        File::options().append(true).open(&self.data)
    }

    /// Gives the file, which is complete, its name.
    pub(super) fn complete(self, target: &Path) -> io::Result<()> {
        move_into_place(&self.data, target).map_err(|error| error.source)?;
        self.forget_version()
    }

    pub(super) fn discard(&self) -> io::Result<()> {
        match fs::remove_file(&self.data) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => self.forget_version(),
        }
    }

    fn forget_version(&self) -> io::Result<()> {
        match fs::remove_file(&self.version) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weak_tag_does_not_tell_whether_bytes_are_the_same() {
        let version = |etag: &str, date: Option<&str>| Version { etag: Some(etag.into()), last_modified: date.map(Into::into) };
        assert_eq!(version("\"a\"", Some("Mon")).if_range(), Some("\"a\""));
        assert_eq!(version("W/\"a\"", Some("Mon")).if_range(), Some("Mon"));
        assert_eq!(version("W/\"a\"", None).if_range(), None);
    }

    #[test]
    fn a_damaged_record_is_no_version() {
        let folder = tempfile::tempdir().unwrap();
        let partial = Partial::of(&folder.path().join("x.zip"));
        let version = Version { etag: Some("\"1\"".into()), last_modified: None };
        partial.restart(&version).unwrap();
        assert_eq!((partial.version(), partial.bytes()), (version, 0));
        fs::write(folder.path().join("x.zip.part.json"), "{").unwrap();
        assert_eq!(partial.version(), Version::default());
    }
}
