//! Which of the known packagings a downloaded file is.

use std::{io, path::Path};

use md5::Md5;
use sha2::{Digest, Sha256};

use super::{FetchError, FetchedArchive};
use crate::{Archive, file_sums::read_through};

/// Size and checksums of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    bytes: u64,
    sha256: String,
    md5: String,
}

impl Identity {
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let (mut sha256, mut md5) = (Sha256::new(), Md5::new());
        let bytes = read_through(path, |chunk| {
            sha256.update(chunk);
            md5.update(chunk);
        })?;
        Ok(Self { bytes, sha256: hex::encode(sha256.finalize()), md5: hex::encode(md5.finalize()) })
    }

    /// The first of `candidates` that has these checksums, else the first one without any.
    pub(super) fn find<'a>(&self, candidates: &[&'a Archive], file: &str) -> Result<&'a Archive, FetchError> {
        let pinned = candidates.iter().find(|archive| archive.is_pinned() && self.matches(archive));
        let found = pinned.or_else(|| candidates.iter().find(|archive| !archive.is_pinned()));
        match found {
            Some(archive) => match archive.size.filter(|size| *size != self.bytes) {
                Some(expected) => Err(FetchError::Size { file: file.to_owned(), found: self.bytes, expected }),
                None => Ok(archive),
            },
            None => {
                let pins = candidates.iter().flat_map(|archive| {
                    let pin = |kind: &str, sum: &Option<String>| sum.as_ref().map(|sum| format!("{kind} {sum} for {}", archive.file));
                    [pin("sha256", &archive.sha256), pin("md5", &archive.md5)]
                });
                let expected = pins.flatten().collect::<Vec<_>>().join(", ");
                Err(FetchError::Checksum { file: file.to_owned(), sha256: self.sha256.clone(), md5: self.md5.clone(), expected })
            }
        }
    }

    fn matches(&self, archive: &Archive) -> bool {
        let agrees = |pin: &Option<String>, sum: &str| pin.as_ref().is_none_or(|pin| pin.eq_ignore_ascii_case(sum));
        agrees(&archive.sha256, &self.sha256) && agrees(&archive.md5, &self.md5)
    }

    pub(super) fn record(self, known: &Archive, url: &str) -> FetchedArchive {
        let Self { bytes, sha256, md5 } = self;
        FetchedArchive { file: known.file.clone(), url: url.to_owned(), bytes, sha256, md5, pinned: known.is_pinned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pinned_packaging_is_recognised_before_an_unknown_one_and_a_wrong_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        std::fs::write(&path, "abc").unwrap();
        let identity = Identity::of(&path).unwrap();
        assert_eq!(identity.md5, "900150983cd24fb0d6963f7d28e17f72");
        assert!(identity.sha256.starts_with("ba7816bf8f01cfea"));
        let archive = |file: &str, md5: Option<&str>| Archive { file: file.into(), md5: md5.map(Into::into), ..Archive::default() };
        let (unknown, right) = (archive("original", None), archive("repacked", Some("900150983CD24FB0D6963F7D28E17F72")));
        let wrong = archive("other", Some("00"));
        assert_eq!(identity.find(&[&unknown, &right], "x").unwrap().file, "repacked");
        assert_eq!(identity.find(&[&wrong, &unknown], "x").unwrap().file, "original");
        let error = identity.find(&[&wrong], "x").unwrap_err().to_string();
        assert!(error.contains("md5 00 for other") && error.contains("ba7816bf"), "{error}");
        let sized = Archive { size: Some(4), ..archive("sized", None) };
        assert!(matches!(identity.find(&[&sized], "x"), Err(FetchError::Size { found: 3, expected: 4, .. })));
    }
}
