//! Writing files whole or not at all.

use std::{
    fs::{File, Permissions},
    io::{self, BufWriter, Write},
    path::Path,
};

use flate2::{Compression, write::GzEncoder};

use crate::FormatError;

/// Writes the file at `path` with `body`: into a temporary file beside it, which takes the name `path` when all is written and is removed if
/// anything fails. A device, a pipe or the like is written to directly, and a symbolic link keeps pointing to the file.
///
/// # Errors
/// [`FormatError::Write`] with the path and what went wrong; a file that was there before is unchanged then.
pub fn write_atomically<T>(path: &Path, body: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<T>) -> Result<T, FormatError> {
    let written = match path.canonicalize() {
        Ok(target) if target.is_file() => replace(&target, body),
        Ok(target) => File::options().write(true).open(target).and_then(|device| write_through(device, body)),
        Err(_) => replace(path, body),
    };
    written.map_err(|source| FormatError::Write { path: path.to_owned(), source })
}

fn replace<T>(path: &Path, body: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<T>) -> io::Result<T> {
    let Some(name) = path.file_name() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path does not name a file"));
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut prefix = std::ffi::OsString::from(".");
    prefix.push(name);
    let partial = temporary_file(&prefix, folder)?;
    let value = write_through(partial.as_file(), body)?;
    partial.persist(path).map_err(|failure| failure.error)?;
    Ok(value)
}

fn temporary_file(prefix: &std::ffi::OsStr, folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix).suffix(".partial");
    if let Some(permissions) = usual_permissions() {
        builder.permissions(permissions);
    }
    builder.tempfile_in(folder)
}

/// The permissions of any new file (before the umask), which a temporary file does not have by itself.
#[cfg(unix)]
fn usual_permissions() -> Option<Permissions> {
    Some(std::os::unix::fs::PermissionsExt::from_mode(0o666))
}

#[cfg(not(unix))]
fn usual_permissions() -> Option<Permissions> {
    None
}

fn write_through<T>(file: impl Write + Send, body: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<T>) -> io::Result<T> {
    let mut buffer = BufWriter::with_capacity(1 << 16, file);
    let value = body(&mut buffer)?;
    buffer.flush()?;
    Ok(value)
}

/// [`write_atomically`], compressed if `path` ends in `.gz` or `.zst`. The bytes depend on the content alone: no name and no time is stored.
pub(crate) fn write_compressed<T>(path: &Path, body: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<T>) -> Result<T, FormatError> {
    let ending = path.extension().map(|extension| extension.to_ascii_lowercase());
    write_atomically(path, |out| match ending.as_ref().and_then(|ending| ending.to_str()) {
        Some("gz") => {
            let mut encoder = GzEncoder::new(out, Compression::default());
            let value = body(&mut encoder)?;
            encoder.finish()?;
            Ok(value)
        }
        Some("zst") => {
            let mut encoder = zstd::Encoder::new(out, zstd::DEFAULT_COMPRESSION_LEVEL)?;
            let value = body(&mut encoder)?;
            encoder.finish()?;
            Ok(value)
        }
        _ => body(out),
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_failure_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        write_atomically(&path, |out| out.write_all(b"old")).unwrap();
        let failure = write_atomically(&path, |out| {
            out.write_all(b"new")?;
            Err::<(), _>(io::Error::other("no more"))
        });
        assert_eq!(failure.unwrap_err().to_string(), format!("cannot write {}: no more", path.display()));
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), names(folder.path())), ("old", vec!["a.txt".to_owned()]));
    }

    #[test]
    fn a_missing_folder_and_a_folder_as_target_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path().join("missing/a.txt"), folder.path().to_owned(), Path::new("").to_owned()] {
            assert!(matches!(write_atomically(&path, |_| Ok(())), Err(FormatError::Write { .. })), "{}", path.display());
        }
        assert!(names(folder.path()).is_empty());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error_and_the_device_stays() {
        use std::os::unix::fs::FileTypeExt;
        let full = Path::new("/dev/full");
        for size in [1, 1 << 20] {
            let error = write_atomically(full, |out| out.write_all(&vec![0; size])).unwrap_err();
            assert!(error.to_string().starts_with("cannot write /dev/full: No space left on device"), "{error}");
        }
        assert!(fs::metadata(full).unwrap().file_type().is_char_device());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_keeps_pointing_to_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        write_atomically(&link, |out| out.write_all(b"new")).unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
    }
}
