//! Giving a file or a folder that is complete its final name.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use crate::WriteError;

/// Moves a complete file or folder, which must be on the same file system, to `to`. Its content is on the disk before it has the new name. A
/// file that is there is replaced, as is an empty folder.
///
/// # Errors
/// [`WriteError`] with `to`; everything is then still where it was.
pub fn move_into_place(from: &Path, to: &Path) -> Result<(), WriteError> {
    sync_all(from).and_then(|()| fs::rename(from, to)).map_err(WriteError::at(to))?;
    sync_folder(folder_of(to));
    Ok(())
}

/// The folder that a path is in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Waits until a folder's list of names is on the disk. Not every file system can; the files are in place by then and a failure changes
/// nothing about them, so that it is no error.
pub(crate) fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

/// Waits until a file, or all files of a folder and of those in it, are on the disk. Links are left alone.
fn sync_all(path: &Path) -> io::Result<()> {
    let kind = fs::symlink_metadata(path)?.file_type();
    if kind.is_file() {
        return File::open(path)?.sync_all();
    }
    if kind.is_dir() {
        fs::read_dir(path)?.try_for_each(|entry| sync_all(&entry?.path()))?;
        sync_folder(path);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_moves_with_all_that_is_in_it() {
        let root = tempfile::tempdir().unwrap();
        let (from, to) = (root.path().join("staging"), root.path().join("v1"));
        fs::create_dir_all(from.join("inner")).unwrap();
        fs::write(from.join("inner/a"), "x").unwrap();
        fs::create_dir(&to).unwrap();
        move_into_place(&from, &to).unwrap();
        assert_eq!((fs::read_to_string(to.join("inner/a")).unwrap().as_str(), from.exists()), ("x", false));
    }

    #[test]
    fn a_target_that_is_taken_is_an_error_and_nothing_moves() {
        let root = tempfile::tempdir().unwrap();
        let (from, to) = (root.path().join("staging"), root.path().join("v1"));
        for folder in [&from, &to] {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join("a"), "x").unwrap();
        }
        let error = move_into_place(&from, &to).unwrap_err().to_string();
        assert!(error.starts_with(&format!("cannot write {}", to.display())), "{error}");
        assert!(from.join("a").exists() && to.join("a").exists());
        assert!(move_into_place(&root.path().join("missing"), &to.join("b")).is_err());
    }
}
