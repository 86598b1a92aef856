use std::thread;

use tempfile::TempDir;

use super::*;
use crate::{Facts, Lineage};
use crate::{GateFacts, GeneratorFacts, Origin};

struct Shelf {
    folder: TempDir,
    catalogue: Catalogue,
}

impl Shelf {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("traces.csv"), "a,b\n1,2\n").unwrap();
        fs::write(folder.path().join("gate.json"), "{}").unwrap();
        let catalogue = Catalogue::open(folder.path().join("catalogue"));
        Self { folder, catalogue }
    }

    fn draft(&self, name: &str) -> Draft {
        let hash = |digit: &str| digit.repeat(64);
        let generator = GeneratorFacts { kind: "tree-hvae".into(), config_sha256: hash("a"), model_sha256: hash("b") };
        let facts = Facts {
            generator: Some(generator),
            training_data_sha256: Some(hash("c")),
            training_traces: Some(100),
            training_spans: Some(700),
            seed: Some(7),
            format: "eadro-csv".into(),
            traces: 1,
            spans: 2,
            metrics: [("fidelity.overall".to_owned(), 0.9)].into(),
            gate: Some(GateFacts { passed: false, failed: vec!["M4 uniqueness".into()] }),
            privacy: "no copy of a training trace".into(),
            licence: "CC-BY-4.0".into(),
        };
        let raw = Origin { label: "x.zip".into(), sha256: Some(hash("d")), url: Some("https://host/x.zip".into()) };
        let files = ["traces.csv", "gate.json"].map(|file| self.folder.path().join(file)).to_vec();
        Draft { name: name.into(), files, facts, lineage: Lineage { raw: vec![raw], ..Lineage::default() } }
    }

    fn publish(&self, name: &str) -> Entry {
        self.catalogue.publish(&self.draft(name)).unwrap()
    }

    fn verify(&self, entry: &Entry) -> Vec<String> {
        self.catalogue.verify(&entry.name, entry.version).unwrap().iter().map(ToString::to_string).collect()
    }
}

fn overwrite(path: &Path, text: &str) {
    fs::remove_file(path).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn a_version_has_everything_and_says_it_for_people_and_programs() {
    let shelf = Shelf::new();
    let entry = shelf.publish("shop");
    let mut names = names_in(&entry.folder).unwrap();
    names.sort();
    assert_eq!(names, ["card.md", "gate.json", "manifest.json", "manifest.json.sha256", "prov.json", "traces.csv"]);
    let manifest = entry.manifest().unwrap();
    assert_eq!((&manifest.facts, manifest.version), (&shelf.draft("shop").facts, 1));
    assert_eq!(
        manifest.files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(),
        ["card.md", "gate.json", "prov.json", "traces.csv"]
    );
    let card = entry.card().unwrap();
    for part in [
        "# shop/v1",
        "CC-BY-4.0",
        "no copy of",
        "**failed**: M4 uniqueness",
        "tree-hvae",
        "seed: 7",
        "100 traces, 700 spans after cleaning",
        "| fidelity.overall | 0.9000 |",
        "<https://host/x.zip>",
    ] {
        assert!(card.contains(part), "{part}: {card}");
    }
    assert_eq!(shelf.verify(&entry), [""; 0]);
}

#[test]
fn no_version_is_written_to_again_and_no_number_given_twice() {
    let shelf = Shelf::new();
    let first = shelf.publish("shop");
    let before = fs::read(first.folder.join(MANIFEST)).unwrap();
    assert_eq!(shelf.publish("shop").version, 2);
    assert!(fs::read(first.folder.join(MANIFEST)).unwrap() == before);
    assert!(fs::metadata(first.folder.join("traces.csv")).unwrap().permissions().readonly());
    shelf.catalogue.remove("shop", 2).unwrap();
    assert_eq!(shelf.publish("shop").version, 3);
    assert_eq!(shelf.catalogue.entries().unwrap().iter().map(Entry::id).collect::<Vec<_>>(), ["shop/v1", "shop/v3"]);
    assert!(matches!(shelf.catalogue.remove("shop", 2), Err(CatalogueError::Unknown { .. })));
}

#[test]
fn every_change_is_found() {
    let shelf = Shelf::new();
    for (change, says) in [
        ("traces.csv", "traces.csv has another"),
        ("card.md", "card.md has"),
        ("prov.json", "prov.json has"),
        ("manifest.json", "manifest.json has"),
        ("manifest.json.sha256", "manifest.json has"),
    ] {
        let entry = shelf.publish("shop");
        overwrite(&entry.folder.join(change), "{}");
        assert!(shelf.verify(&entry)[0].starts_with(says), "{change}: {:?}", shelf.verify(&entry));
    }
    let entry = shelf.publish("shop");
    fs::remove_file(entry.folder.join("gate.json")).unwrap();
    fs::write(entry.folder.join("new"), "").unwrap();
    assert_eq!(shelf.verify(&entry), ["gate.json is missing", "new was not there when the folder was recorded"]);
    fs::remove_file(entry.folder.join(MANIFEST)).unwrap();
    assert_eq!(shelf.verify(&entry), ["manifest.json is missing"]);
    assert!(matches!(entry.manifest(), Err(CatalogueError::Damaged { .. })));
}

#[test]
fn a_failed_publication_leaves_nothing_of_a_version() {
    let shelf = Shelf::new();
    let missing = Draft { files: vec![shelf.folder.path().join("traces.csv"), "none.csv".into()], ..shelf.draft("shop") };
    assert!(shelf.catalogue.publish(&missing).unwrap_err().to_string().starts_with("none.csv: "));
    assert_eq!(shelf.catalogue.entries().unwrap(), []);
    let names = names_in(shelf.catalogue.root()).unwrap();
    assert!(names.iter().all(|name| name == "shop" || name == LOCK), "{names:?}");
}

#[test]
fn what_cannot_be_published_says_why() {
    let shelf = Shelf::new();
    for name in ["../x", "", "shop/v7", ".x"] {
        assert!(matches!(shelf.catalogue.publish(&shelf.draft(name)), Err(CatalogueError::Name(_))), "{name}");
    }
    let path = shelf.folder.path().join("traces.csv");
    let twice = Draft { files: vec![path.clone(), path], ..shelf.draft("shop") };
    let reserved = Draft { files: vec!["x/manifest.json".into()], ..shelf.draft("shop") };
    for draft in [twice, reserved] {
        assert!(matches!(shelf.catalogue.publish(&draft), Err(CatalogueError::FileName { .. })));
    }
    assert!(matches!(shelf.catalogue.publish(&Draft { files: Vec::new(), ..shelf.draft("shop") }), Err(CatalogueError::NoFile)));
    assert!(!shelf.catalogue.root().exists());
}

#[test]
fn what_is_not_there_leads_to_what_is() {
    let shelf = Shelf::new();
    let message = |text: &str| shelf.catalogue.find(&text.parse().unwrap()).unwrap_err().to_string();
    assert!(message("shop").contains("it is empty"), "{}", message("shop"));
    shelf.publish("shop");
    assert!(message("shopp").contains("did you mean \"shop\"?"));
    assert!(message("shop/v2").contains("has no shop/v2; there is shop/v1"), "{}", message("shop/v2"));
    shelf.publish("shop");
    assert_eq!(shelf.catalogue.find(&"shop".parse().unwrap()).unwrap().last().unwrap().version, 2);
}

#[test]
fn several_publishers_at_once_get_versions_of_their_own() {
    let shelf = Shelf::new();
    let mut versions: Vec<u32> = thread::scope(|scope| {
        let threads: Vec<_> = (0..6).map(|_| scope.spawn(|| shelf.publish("shop").version)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    versions.sort_unstable();
    assert_eq!(versions, [1, 2, 3, 4, 5, 6]);
}
