//! The folder that an archive is unpacked into.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use zip::result::ZipError;

use super::{error::ArchiveError, meter::Meter, packed_path::parts};
use crate::pattern::matches;

/// Is told the number of files so far and of the bytes that were written since the last time; an error ends the work.
pub(crate) type Progress<'a> = dyn FnMut(u64, u64) -> io::Result<()> + 'a;

/// Which files of an archive are unpacked, and where to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Selection<'a> {
    /// Leading folders that are left out of every path.
    pub(crate) strip: usize,
    /// Patterns of the stripped paths, with all below them; everything if there is none.
    pub(crate) only: &'a [String],
}

impl Selection<'_> {
    /// The path of a file with these parts, if it is wanted.
    fn path(&self, parts: &[&str]) -> Option<PathBuf> {
        let rest = parts.get(self.strip..).filter(|rest| !rest.is_empty())?;
        let is_wanted = |pattern: &String| {
            let mut patterns = pattern.split('/');
            let mut rest = rest.iter();
            patterns.all(|pattern| rest.next().is_some_and(|part| matches(part, pattern)))
        };
        (self.only.is_empty() || self.only.iter().any(is_wanted)).then(|| rest.iter().collect())
    }
}

/// What came out of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Unpacked {
    /// Number of files.
    pub(crate) files: u64,
    /// Links, devices and the like, which are not unpacked.
    pub(crate) skipped: u64,
}

pub(super) struct Destination<'a> {
    archive: &'a Path,
    folder: &'a Path,
    selection: &'a Selection<'a>,
    meter: &'a Meter,
    progress: &'a mut Progress<'a>,
    unpacked: Unpacked,
}

impl<'a> Destination<'a> {
    pub(super) fn new(
        archive: &'a Path,
        folder: &'a Path,
        selection: &'a Selection<'a>,
        meter: &'a Meter,
        progress: &'a mut Progress<'a>,
    ) -> Self {
        Self { archive, folder, selection, meter, progress, unpacked: Unpacked::default() }
    }

    pub(super) fn meter(&self) -> &'a Meter {
        self.meter
    }

    pub(super) fn unpacked(&self) -> Unpacked {
        self.unpacked
    }

    /// Writes a file of the archive if it is wanted.
    pub(super) fn take(&mut self, name: &str, content: &mut dyn Read) -> Result<(), ArchiveError> {
        let parts = self.parts(name)?;
        match self.selection.path(&parts) {
            Some(path) => self.write(&path, name, content),
            None => Ok(()),
        }
    }

    /// Counts a link or a device, which is not made. A bad path condemns the archive all the same.
    pub(super) fn skip(&mut self, name: &str) -> Result<(), ArchiveError> {
        self.parts(name)?;
        self.unpacked.skipped += 1;
        self.count()
    }

    fn parts<'n>(&self, name: &'n str) -> Result<Vec<&'n str>, ArchiveError> {
        parts(name).ok_or_else(|| ArchiveError::Path { path: self.archive.to_owned(), entry: name.to_owned() })
    }

    fn count(&self) -> Result<(), ArchiveError> {
        match self.meter.count_file() {
            Some(breach) => Err(ArchiveError::Limit { path: self.archive.to_owned(), breach }),
            None => Ok(()),
        }
    }

    /// Writes a file below the folder. No link is ever made there, so that no path leads out of it.
    pub(super) fn write(&mut self, path: &Path, name: &str, content: &mut dyn Read) -> Result<(), ArchiveError> {
        self.count()?;
        let target = self.folder.join(path);
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::AlreadyExists => ArchiveError::Duplicate { path: self.archive.to_owned(), entry: name.to_owned() },
            _ => ArchiveError::Io { path: target.clone(), source },
        };
        target.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
        let mut file = BufWriter::with_capacity(1 << 16, File::create_new(&target).map_err(failed)?);
        let mut chunk = vec![0; 1 << 16];
        loop {
            let read = content.read(&mut chunk).map_err(|error| self.damaged(&error))?;
            if read == 0 {
                break;
            }
            file.write_all(&chunk[..read]).map_err(failed)?;
            (self.progress)(self.unpacked.files, read as u64).map_err(failed)?;
        }
        file.flush().map_err(failed)?;
        self.unpacked.files += 1;
        Ok(())
    }

    /// Why reading the archive failed: for a broken limit, or because its content is wrong.
    pub(super) fn damaged(&self, error: &io::Error) -> ArchiveError {
        let path = self.archive.to_owned();
        match self.meter.breach() {
            Some(breach) => ArchiveError::Limit { path, breach },
            None => ArchiveError::Damaged { path, reason: error.to_string() },
        }
    }

    /// Why a zip or a file in it cannot be opened.
    pub(super) fn refused(&self, error: &ZipError) -> ArchiveError {
        let (path, reason) = (self.archive.to_owned(), error.to_string());
        match error {
            ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) => ArchiveError::Unsupported { path, reason },
            _ => ArchiveError::Damaged { path, reason },
        }
    }
}
