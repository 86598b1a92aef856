use std::{
    fs,
    io::{Cursor, Write},
    path::PathBuf,
};

use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use tempfile::TempDir;
use zip::{ZipWriter, write::SimpleFileOptions};

use super::*;

const EVERYTHING: Selection<'static> = Selection { strip: 0, only: &[] };

/// A header of a tar with any name, which the `tar` crate would refuse to write.
fn tar_entry(name: &str, kind: tar::EntryType, content: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_size(content.len() as u64);
    if kind == tar::EntryType::Symlink {
        header.as_old_mut().linkname[..4].copy_from_slice(b"/etc");
    }
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn tar_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes: Vec<u8> = entries.iter().flat_map(|(name, content)| tar_entry(name, tar::EntryType::Regular, content)).collect();
    bytes.extend([0; 1024]);
    bytes
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// A small tar with the file `a/x.csv` in xz, made by `xz`.
const TAR_XZ: &[u8] = include_bytes!("small.tar.xz");

fn zip_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

struct Tried {
    folder: TempDir,
    result: Result<Unpacked, ArchiveError>,
}

fn try_limited(name: &str, content: &[u8], selection: Selection<'_>, limits: UnpackLimits) -> Tried {
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("archive");
    fs::write(&archive, content).unwrap();
    let inside = folder.path().join("inside");
    fs::create_dir(&inside).unwrap();
    let result = unpack(&archive, name, &inside, &selection, &limits, &mut |_, _| Ok(()));
    Tried { folder, result }
}

fn try_unpack(name: &str, content: &[u8]) -> Tried {
    try_limited(name, content, EVERYTHING, UnpackLimits::default())
}

impl Tried {
    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.folder.path().join("inside").join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn error(&self) -> String {
        self.result.as_ref().unwrap_err().to_string()
    }

    /// Paths of all files outside the folder that was unpacked into.
    fn outside(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| !path.ends_with("inside") && !path.ends_with("archive")).collect()
    }
}

#[test]
fn every_kind_is_known_by_its_content_and_unpacked() {
    let files: &[(&str, &[u8])] = &[("a/x.csv", b"1\n"), ("a/b/y.csv", b"2\n")];
    for (name, content) in
        [("x", zip_of(files)), ("x", tar_of(files)), ("main", gzip(&tar_of(files))), ("cut.tar.gz", gzip(&tar_of(files)))]
    {
        let tried = try_unpack(name, &content);
        assert_eq!(*tried.result.as_ref().unwrap(), Unpacked { files: 2, skipped: 0 });
        assert_eq!((tried.read("a/x.csv"), tried.read("a/b/y.csv")), ("1\n".into(), "2\n".into()));
    }
    assert_eq!(try_unpack("x", TAR_XZ).read("a/x.csv"), "1\n");
    let single = try_unpack("traces.csv.gz", &gzip(b"no tar"));
    assert_eq!(single.result.unwrap().files, 1);
}

#[test]
fn leading_folders_are_left_out_and_only_what_is_wanted_is_unpacked() {
    let files: &[(&str, &[u8])] = &[("repo-1/data/2023-01/x.csv", b"1"), ("repo-1/data/2022-08/y.csv", b"2"), ("repo-1/README", b"3")];
    let only = ["data/2023-*".to_owned()];
    for content in [zip_of(files), gzip(&tar_of(files))] {
        let tried = try_limited("x", &content, Selection { strip: 1, only: &only }, UnpackLimits::default());
        assert_eq!(tried.result.as_ref().unwrap().files, 1);
        assert_eq!(tried.read("data/2023-01/x.csv"), "1");
    }
}

#[test]
fn a_path_that_leads_out_condemns_the_archive() {
    for name in ["../evil", "/tmp/evil", "a/../../evil", "..\\evil", "C:\\evil"] {
        for content in [gzip(&tar_of(&[(name, b"x")])), tar_of(&[(name, b"x")])] {
            let tried = try_unpack("x.tar.gz", &content);
            assert!(matches!(&tried.result, Err(ArchiveError::Path { entry, .. }) if entry == name), "{name}: {:?}", tried.result);
            assert!(tried.outside().is_empty());
        }
        // The writer mends such names, the reader must not rely on it.
        let mended = zip_of(&[(&"x".repeat(name.len()), b"x")]);
        let zip = replaced(&mended, "x".repeat(name.len()).as_bytes(), name.as_bytes());
        let tried = try_unpack("x.zip", &zip);
        assert!(matches!(&tried.result, Err(ArchiveError::Path { .. })), "{name}: {:?}", tried.result);
        assert!(tried.outside().is_empty());
    }
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let mut at = 0;
    while at + from.len() <= bytes.len() {
        if &bytes[at..at + from.len()] == from {
            bytes[at..at + from.len()].copy_from_slice(to);
            at += from.len();
        } else {
            at += 1;
        }
    }
    bytes
}

#[test]
fn links_are_not_made_so_that_nothing_is_written_through_them() {
    let mut content = tar_entry("link", tar::EntryType::Symlink, b"");
    content.extend(tar_entry("hard", tar::EntryType::Link, b""));
    content.extend(tar_entry("link/evil", tar::EntryType::Regular, b"x"));
    content.extend([0; 1024]);
    let tried = try_unpack("x.tar", &content);
    assert_eq!(*tried.result.as_ref().unwrap(), Unpacked { files: 1, skipped: 2 });
    assert_eq!(tried.read("link/evil"), "x");
    assert!(!Path::new("/etc/evil").exists());

    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_symlink("link", "/etc", SimpleFileOptions::default()).unwrap();
    let tried = try_unpack("x.zip", &writer.finish().unwrap().into_inner());
    assert_eq!(tried.result.unwrap(), Unpacked { files: 0, skipped: 1 });
}

#[test]
fn bombs_are_refused_before_they_fill_the_disk() {
    let zeros = vec![0; 40 << 20];
    for content in [zip_of(&[("zeros", &zeros)]), gzip(&tar_of(&[("zeros", &zeros)]))] {
        let tried = try_unpack("x", &content);
        assert!(matches!(tried.result, Err(ArchiveError::Limit { breach: Breach::Ratio(200), .. })), "{:?}", tried.result);
        let written = fs::metadata(tried.folder.path().join("inside/zeros")).unwrap().len();
        assert!(written <= 17 << 20, "{written}");
    }
    // A bomb among what is not wanted counts as well: it takes the time.
    let only = ["data".to_owned()];
    let unwanted = try_limited("x", &gzip(&tar_of(&[("z", &zeros)])), Selection { strip: 0, only: &only }, UnpackLimits::default());
    assert!(matches!(unwanted.result, Err(ArchiveError::Limit { .. })), "{:?}", unwanted.result);
}

#[test]
fn sizes_and_counts_have_limits() {
    let limits = UnpackLimits { files: 2, bytes: 2000, ..UnpackLimits::default() };
    let many: &[(&str, &[u8])] = &[("a", b""), ("b", b""), ("c", b"")];
    let large: &[(&str, &[u8])] = &[("a", &[7; 3000])];
    for (content, says) in [(zip_of(many), "more than 2 files"), (zip_of(large), "more than 2000 bytes"), (tar_of(large), "more than 2000")]
    {
        let tried = try_limited("x", &content, EVERYTHING, limits);
        assert!(tried.error().contains(says), "{}", tried.error());
    }
}

#[test]
fn a_file_that_is_inside_twice_and_a_web_page_are_refused() {
    assert!(matches!(try_unpack("x", &tar_of(&[("a", b"1"), ("./a", b"2")])).result, Err(ArchiveError::Duplicate { .. })));
    let page = try_unpack("x.zip", b"\n<!DOCTYPE html><html>log in</html>");
    assert!(page.error().contains("web page"), "{}", page.error());
}

#[test]
fn a_cut_archive_is_damaged() {
    let noise: Vec<u8> = (0..50_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let files: &[(&str, &[u8])] = &[("a.csv", &noise), ("b.csv", &noise)];
    for (name, whole) in [("x.zip", zip_of(files)), ("x.tar.gz", gzip(&tar_of(files))), ("x.tar.xz", TAR_XZ.to_vec())] {
        for keep in [1, whole.len() / 3, whole.len() - 5] {
            let tried = try_unpack(name, &whole[..keep]);
            // A single byte of a gzip file is no mark yet, so that it is a file as any other.
            assert!(matches!(tried.result, Err(ArchiveError::Damaged { .. })) || keep == 1, "{name} {keep}: {:?}", tried.result);
        }
    }
}

proptest! {
    #[test]
    fn no_flipped_byte_writes_outside_or_panics(at in 0usize..2000, to in any::<u8>()) {
        for mut content in [zip_of(&[("a/x", b"123"), ("a/y", b"456")]), tar_of(&[("a/x", b"123")]), TAR_XZ.to_vec()] {
            let at = at % content.len();
            content[at] = to;
            prop_assert!(try_unpack("x", &content).outside().is_empty());
        }
    }
}
