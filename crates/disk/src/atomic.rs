//! Writing one file.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, File, Permissions},
    io::{self, BufWriter, Write},
    path::Path,
};

use crate::{
    WriteError,
    publish::{folder_of, sync_folder},
};

/// Writes the file at `path` with `body`: into a temporary file beside it, which takes the name `path` when all is on the disk and is removed
/// if anything fails. It has the permissions of any new file. A device, a pipe or the like is written to directly, and a symbolic link keeps
/// pointing to the file.
///
/// # Errors
/// [`WriteError`] with the path and what went wrong; a file that was there before is unchanged then.
pub fn write_atomically<T>(path: &Path, body: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<T>) -> Result<T, WriteError> {
    let written = match path.canonicalize() {
        Ok(target) if target.is_file() => replace(&target, body),
        Ok(target) => File::options().write(true).open(target).and_then(|device| write_through(device, body)),
        Err(_) => replace(path, body),
    };
    written.map_err(WriteError::at(path))
}

/// [`write_atomically`] of bytes that are there already; a missing folder is made.
///
/// # Errors
/// [`WriteError`], as there.
pub fn write_bytes(path: &Path, bytes: impl AsRef<[u8]>) -> Result<(), WriteError> {
    fs::create_dir_all(folder_of(path)).map_err(WriteError::at(path))?;
    write_atomically(path, |out| out.write_all(bytes.as_ref()))
}

fn replace<T>(path: &Path, body: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<T>) -> io::Result<T> {
    let Some(name) = path.file_name() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path does not name a file"));
    };
    let folder = folder_of(path);
    let partial = temporary_file(name, folder)?;
    let value = write_through(partial.as_file(), body)?;
    partial.as_file().sync_all()?;
    partial.persist(path).map_err(|failure| failure.error)?;
    sync_folder(folder);
    Ok(value)
}

/// A hidden file beside the target, because a rename from one file system to another would be a copy.
fn temporary_file(name: &OsStr, folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut prefix = OsString::from(".");
    prefix.push(name);
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(".partial");
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

#[cfg(test)]
mod tests {
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
            let error = write_atomically(&path, |_| Ok(())).unwrap_err().to_string();
            assert!(error.starts_with(&format!("cannot write {}: ", path.display())), "{error}");
        }
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn bytes_are_written_into_a_folder_that_is_made_for_them_and_replace_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/c.txt");
        write_bytes(&path, "old").unwrap();
        write_bytes(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names(path.parent().unwrap()), ["c.txt"]);
        assert!(write_bytes(&path.join("below a file"), "x").is_err());
        assert!(write_bytes(path.parent().unwrap(), "x").is_err());
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

    #[cfg(unix)]
    #[test]
    fn a_written_file_has_the_permissions_of_any_new_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        write_bytes(&folder.path().join("ours"), "x").unwrap();
        fs::write(folder.path().join("any"), "x").unwrap();
        assert_eq!(mode("ours"), mode("any"));
    }
}
