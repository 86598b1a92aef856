//! Fetching from a server on this machine that does everything wrong that a server can.

#![allow(clippy::unwrap_used)]

mod faults;
mod packagings;
mod server;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    time::Duration,
};

use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tracesmith_ingest::{
    Archive, Manifest,
    fetch::{FetchError, FetchEvent, FetchOptions, Fetched, HttpOptions, fetch},
};

use server::{Habit, Server};

/// A folder, and a data set of one archive that is fetched into it.
struct Case {
    folder: TempDir,
    manifest: Manifest,
    options: FetchOptions,
    retries: Vec<String>,
}

impl Case {
    fn new(url: &str, archive: Archive) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let text = "title = \"t\"\nabout = \"a\"\nlicence = \"l\"\n[source]\nkind = \"files\"\nurl = \"page\"\nfolder = \"own\"\nexplanation = \"e\"\n\
                    [[source.archives]]\nfile = \"data.tar.gz\"\n[[source.layouts]]\npackaging = \"a table\"\nformat = \"eadro-csv\"\ndata = \"run/*.csv\"\n";
        let path = folder.path().join("mine.toml");
        fs::write(&path, text).unwrap();
        let mut manifest = Manifest::read(&path).unwrap();
        fs::remove_file(path).unwrap();
        set_archives(&mut manifest, vec![Archive { file: "data.tar.gz".into(), url: Some(url.to_owned()), ..archive }]);
        let http = HttpOptions { patience: Duration::from_millis(400), retries: 3, backoff: Duration::from_millis(1) };
        let options = FetchOptions { into: Some(folder.path().join("mine")), http, ..FetchOptions::default() };
        Self { folder, manifest, options, retries: Vec::new() }
    }

    fn of(server: &Server) -> Self {
        Self::new(&server.url, Archive::default())
    }

    fn pinned(server: &Server, content: &[u8]) -> Self {
        Self::new(&server.url, Archive { sha256: Some(sha256(content)), ..Archive::default() })
    }

    fn fetch(&mut self) -> Result<Fetched, FetchError> {
        let retries = &mut self.retries;
        retries.clear();
        let result = fetch(&self.manifest, &self.options, &mut |event| {
            if let FetchEvent::Retry { reason, .. } = event {
                retries.push(reason.to_owned());
            }
        });
        if result.is_err() {
            assert!(!self.folder.path().join("mine").exists(), "something half-written has the final name");
        }
        result
    }

    fn error(&mut self) -> String {
        self.fetch().unwrap_err().to_string()
    }

    /// Everything in the folder, hidden ones too.
    fn content(&self) -> Vec<String> {
        names(self.folder.path())
    }

    /// Names of what is kept of the download, but the lock.
    fn kept(&self) -> Vec<String> {
        let mut names = names(&self.downloads());
        names.retain(|name| name != "lock");
        names
    }

    fn downloads(&self) -> PathBuf {
        self.folder.path().join(".mine.download")
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .map(|entries| entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect())
        .unwrap_or_default();
    names.sort();
    names
}

fn set_archives(manifest: &mut Manifest, new: Vec<Archive>) {
    let tracesmith_ingest::Source::Files { archives, .. } = &mut manifest.source else { panic!("no files") };
    *archives = new;
}

fn sha256(content: &[u8]) -> String {
    hex::encode(Sha256::digest(content))
}

/// Traces of one span as a table.
fn table(traces: usize) -> Vec<u8> {
    let mut text = b"timestamp,service_name,span_id,parent_id,trace_id,duration,status_code,operation_name,parent_service_name\n".to_vec();
    for trace in 0..traces as u64 {
        let noise = trace.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        writeln!(text, "7,web,{noise:x},,{noise:x},{},0,GET,no_parent", noise % 1000).unwrap();
    }
    text
}

/// An archive with one table.
fn archive() -> Vec<u8> {
    packed(&[("run/x.csv", &table(2000))])
}

fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, content) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, path, *content).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

#[test]
fn a_good_server_gives_a_data_set_that_reads_and_knows_where_it_is_from() {
    let content = archive();
    let server = Server::start(&content, &[Habit::Good]);
    let mut case = Case::pinned(&server, &content);
    let Fetched { folder, record, ingested } = case.fetch().unwrap();
    assert_eq!((ingested.corpus.len(), case.content()), (2000, vec!["mine".to_owned()]));
    assert_eq!(names(&folder), ["fetched.json", "run"]);
    assert_eq!((record.packaging.as_str(), record.archives[0].pinned), ("a table", true));
    assert_eq!((record.archives[0].sha256.as_str(), record.archives[0].url.as_str()), (sha256(&content).as_str(), server.url.as_str()));
    assert_eq!(record.verify(&folder).unwrap(), []);
    fs::write(folder.join("run/x.csv"), "changed").unwrap();
    let read = tracesmith_ingest::fetch::FetchRecord::read(&folder).unwrap();
    assert_eq!(read.verify(&folder).unwrap()[0].to_string(), "run/x.csv has another content than when it was recorded");
    assert!(matches!(
        case.options.into.as_ref().map(|_| fetch(&case.manifest, &case.options, &mut |_| {})),
        Some(Err(FetchError::Occupied { .. }))
    ));
}

#[test]
fn two_fetches_at_once_do_not_mix() {
    let server = Server::start(&archive(), &[Habit::Hangs(None)]);
    let mut case = Case::of(&server);
    fs::create_dir_all(case.downloads()).unwrap();
    let lock = fs::File::create(case.downloads().join("lock")).unwrap();
    lock.lock().unwrap();
    assert!(case.error().contains("another process"), "{}", case.error());
}
