//! Files by a pattern below a folder.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The files below `folder` that match `pattern`, sorted: parts are separated by `/`, and a part may contain `*` for any characters.
///
/// A folder that does not exist or cannot be listed has no matches.
pub(crate) fn matching_files(folder: &Path, pattern: &str) -> Vec<PathBuf> {
    let mut found = vec![folder.to_owned()];
    for part in pattern.split('/') {
        found = found.iter().flat_map(|folder| matching_entries(folder, part).unwrap_or_default()).collect();
    }
    found.retain(|path| path.is_file());
    found.sort();
    found
}

fn matching_entries(folder: &Path, part: &str) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(|name| matches(name, part)) {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// Whether `name` is `pattern` with every `*` replaced by some text.
pub(crate) fn matches(name: &str, pattern: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return name == pattern };
    let Some(name) = name.strip_prefix(start) else { return false };
    name.char_indices().map(|(i, _)| i).chain([name.len()]).any(|i| matches(&name[i..], rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (name, pattern, expected) in [
            ("SN.x_trace.csv", "SN.*_trace.csv", true),
            ("SN._trace.csv", "SN.*_trace.csv", true),
            ("TT.x_trace.csv", "SN.*_trace.csv", false),
            ("SN.x_trace.csv.gz", "SN.*_trace.csv", false),
            ("SN.x_trace.csv.gz", "SN.*_trace.csv*", true),
            ("a-é-b", "*-*-b", true),
            ("a", "a", true),
        ] {
            assert_eq!(matches(name, pattern), expected, "{name} {pattern}");
        }
    }

    #[test]
    fn folders_may_have_stars_and_only_files_are_found() {
        let root = tempfile::tempdir().unwrap();
        for run in ["run-2", "run-1"] {
            fs::create_dir_all(root.path().join(run).join("spans.json.d")).unwrap();
            fs::write(root.path().join(run).join("spans.json"), "").unwrap();
        }
        let found = matching_files(root.path(), "run-*/spans.json*");
        assert_eq!(found, [root.path().join("run-1/spans.json"), root.path().join("run-2/spans.json")]);
        assert!(matching_files(&root.path().join("missing"), "*").is_empty());
    }
}
