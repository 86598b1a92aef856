//! What came, and whether it is the data set.

use super::*;

#[test]
fn what_holds_other_files_is_no_data_set_and_stays_for_a_corrected_manifest() {
    let content = packed(&[("other/x.csv", &table(3)), ("README", b"hello")]);
    let server = Server::start(&content, &[Habit::Good]);
    let mut case = Case::of(&server);
    let error = case.error();
    for part in ["run/*.csv", "README, other/x.csv", ".mine.download"] {
        assert!(error.contains(part), "{error}");
    }
    let strip = Archive { file: "data.tar.gz".into(), url: Some(server.url.clone()), ..Archive::default() };
    set_archives(&mut case.manifest, vec![strip]);
    let tracesmith_ingest::Source::Files { layouts, .. } = &mut case.manifest.source else { panic!() };
    layouts[0].data = "other/*.csv".into();
    assert_eq!(case.fetch().unwrap().ingested.corpus.len(), 3);
    assert_eq!(server.requests().len(), 1, "the download was kept");
}

#[test]
fn what_cannot_be_read_is_said_with_the_reason() {
    let server = Server::start(&packed(&[("run/x.csv", b"time,service\n1,2\n")]), &[Habit::Good]);
    let error = Case::of(&server).error();
    assert!(error.contains("cannot be read as mine") && error.contains("time,service"), "{error}");
}

#[test]
fn an_address_of_ones_own_may_lead_to_any_known_packaging() {
    let content = archive();
    let server = Server::start(&content, &[Habit::Good]);
    let mut case = Case::of(&server);
    let original = Archive { file: "original.zip".into(), url: Some("http://127.0.0.1:1/x".into()), ..Archive::default() };
    let repacked = Archive { file: "repacked.tar.gz".into(), sha256: Some(sha256(&content)), ..Archive::default() };
    set_archives(&mut case.manifest, vec![original.clone(), repacked]);
    case.options.url = Some(server.url.clone());
    let record = case.fetch().unwrap().record;
    assert_eq!((record.archives[0].file.as_str(), record.archives[0].pinned), ("repacked.tar.gz", true));

    let mut case = Case::of(&server);
    set_archives(&mut case.manifest, vec![original]);
    case.options.url = Some(server.url.clone());
    assert!(!case.fetch().unwrap().record.archives[0].pinned);
}

#[test]
fn several_files_of_a_page_make_one_data_set() {
    let servers = [("run/x.csv", 3), ("run/y.csv", 4)].map(|(path, traces)| {
        // Distinct traces: ids follow from the number.
        let table = if traces == 3 {
            table(3)
        } else {
            table(7)
                .split_inclusive(|&byte| byte == b'\n')
                .enumerate()
                .filter(|(line, _)| *line == 0 || *line > 3)
                .flat_map(|(_, line)| line.to_vec())
                .collect()
        };
        Server::start(&packed(&[(path, &table)]), &[Habit::Good])
    });
    let mut case = Case::of(&servers[0]);
    let archives = servers.iter().zip(["x.tar.gz", "y.tar.gz"]);
    let archives = archives.map(|(server, file)| Archive { file: file.into(), url: Some(server.url.clone()), ..Archive::default() });
    set_archives(&mut case.manifest, archives.collect());
    let fetched = case.fetch().unwrap();
    assert_eq!((fetched.ingested.corpus.len(), fetched.record.archives.len(), fetched.record.files.len()), (7, 2, 2));
}

#[test]
fn what_has_no_address_says_so() {
    let mut case = Case::new("http://127.0.0.1:1/x", Archive::default());
    set_archives(&mut case.manifest, vec![Archive { file: "x.zip".into(), ..Archive::default() }]);
    assert!(case.error().contains("--url"), "{}", case.error());
    let simulated = Manifest::find("trainticket-sim").unwrap();
    let error = fetch(&simulated, &case.options, &mut |_| {}).unwrap_err().to_string();
    assert!(error.contains("simulated"), "{error}");
}

#[test]
fn a_hostile_archive_leaves_nothing() {
    let server = Server::start(&packed(&[("run/zeros", &vec![0; 64 << 20])]), &[Habit::Good]);
    let mut case = Case::of(&server);
    let error = case.error();
    assert!(error.contains("more than 200 times its size"), "{error}");
    assert!(case.content().is_empty(), "{:?}", case.content());
}
