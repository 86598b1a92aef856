//! Data sets that are fetched, and generated ones in the catalogue.

use std::fs;

use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};

use crate::{
    sandbox::{Sandbox, names},
    server::{Habit, Server},
};

/// A sandbox with simulated traces, packed as a page would have them.
fn page() -> (Sandbox, Vec<u8>) {
    let sandbox = Sandbox::new();
    sandbox.succeed("datasets simulate trainticket-sim -n 60 --out x.csv --faults-out x.json");
    let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for file in ["x.csv", "x.json"] {
        builder.append_path_with_name(sandbox.path(file), format!("repository-1/run/{file}")).unwrap();
        fs::remove_file(sandbox.path(file)).unwrap();
    }
    (sandbox, builder.into_inner().unwrap().finish().unwrap())
}

fn manifest(url: &str) -> String {
    format!(
        "title = \"traces of mine\"\nabout = \"a test\"\nlicence = \"CC0\"\n[source]\nkind = \"files\"\nurl = \"https://page.example\"\nfolder = \"mine\"\n\
         explanation = \"ask me\"\n[[source.archives]]\nfile = \"x.tar.gz\"\nurl = \"{url}\"\nstrip = 1\n\
         [[source.layouts]]\npackaging = \"a run\"\nformat = \"eadro-csv\"\ndata = \"run/*.csv\"\nfaults = \"run/*.json\"\n"
    )
}

#[test]
fn a_data_set_is_fetched_over_a_bad_line_listed_checked_and_removed() {
    let (sandbox, archive) = page();
    let server = Server::start(&archive, &[Habit::BreaksOff(500), Habit::Hangs(Some(100)), Habit::Good]);
    sandbox.write("mine.toml", manifest(&server.url));
    let fetch = "datasets fetch mine.toml --timeout 1 --retries 0";
    for (kept, says) in [(500, "500 bytes are kept"), (600, "600 bytes are kept")] {
        let broken = sandbox.run(fetch);
        assert_eq!(broken.code, Some(1), "{kept}: {}", broken.stderr);
        assert!(broken.stderr.contains(says) && !sandbox.path("data/mine").exists(), "{}", broken.stderr);
    }
    let done = sandbox.succeed(fetch);
    assert!(done.stdout.starts_with("mine: 60 traces"), "{}", done.stdout);
    assert!(done.stderr.contains("pins no checksum") && done.stderr.contains("sha256 = \""), "{}", done.stderr);
    assert_eq!(
        (names(&sandbox.path("data")), names(&sandbox.path("data/mine"))),
        (vec!["mine".to_owned()], vec!["fetched.json".to_owned(), "run".to_owned()])
    );
    assert!(sandbox.succeed(fetch).stderr.contains("is at hand"));
    assert_eq!(server.requests().len(), 3);

    assert_eq!(sandbox.succeed("datasets path mine.toml").stdout, "data/mine/run/x.csv\n");
    let verified = sandbox.succeed("datasets verify mine.toml").stdout;
    assert!(verified.contains("2 files unchanged") && verified.contains("is not pinned"), "{verified}");
    let info = sandbox.succeed("datasets info mine.toml").stdout;
    assert!(info.contains("traces of mine") && info.contains("checksum not pinned") && info.contains("data/mine"), "{info}");

    sandbox.write("data/mine/run/own.txt", "mine");
    assert!(sandbox.run("datasets rm mine.toml --yes").stderr.contains("own.txt"));
    fs::remove_file(sandbox.path("data/mine/run/own.txt")).unwrap();
    sandbox.write("data/mine/run/x.csv", sandbox.read("data/mine/run/x.csv").repeat(2));
    let changed = sandbox.run("datasets verify mine.toml");
    assert!(changed.code == Some(1) && changed.stderr.contains("run/x.csv has another content"), "{}", changed.stderr);
    assert!(sandbox.run("datasets rm mine.toml").stderr.contains("--yes"));
    sandbox.succeed("datasets rm mine.toml --yes");
    assert!(!sandbox.path("data/mine").exists());
}

#[test]
fn what_cannot_be_fetched_says_why_and_leaves_nothing() {
    let (sandbox, archive) = page();
    let server = Server::start(&archive, &[Habit::Good]);
    sandbox.write("mine.toml", manifest(&server.url));
    sandbox.write("pinned.toml", manifest(&server.url).replace("strip = 1", "strip = 1\nmd5 = \"00\""));
    sandbox.write("wrong.toml", manifest(&server.url).replace("strip", "stirp"));
    let before = sandbox.content();
    let cases: [(&str, Habit, &[&str]); 8] = [
        ("fetch mine.toml", Habit::Answers("404 Not Found", ""), &["404", "--url"]),
        ("fetch mine.toml --retries 1", Habit::Answers("503 Service Unavailable", "Retry-After: 0\r\n"), &["503", "2 attempts"]),
        ("fetch mine.toml --timeout 1 --retries 0", Habit::Hangs(None), &["1 attempts"]),
        ("fetch mine.toml", Habit::Announces(1 << 60), &["bytes free"]),
        ("fetch pinned.toml", Habit::Good, &["md5 00", "deleted"]),
        ("fetch wrong.toml", Habit::Good, &["wrong.toml", "stirp"]),
        ("fetch trainticket-sim", Habit::Good, &["simulated"]),
        ("fetch nezha", Habit::Good, &["nezha", "nezha-"]),
    ];
    for (line, habit, says) in cases {
        server.behave(&[habit]);
        let failed = sandbox.run(&format!("datasets {line}"));
        assert!(matches!(failed.code, Some(1 | 2)), "{line}: {:?} {}", failed.code, failed.stderr);
        assert!(says.iter().all(|text| failed.stderr.contains(text)), "{line}: {says:?} is not said\n{}", failed.stderr);
        assert_eq!(sandbox.content(), before, "{line} leaves something behind");
    }
}

#[test]
fn published_traces_say_where_they_come_from_and_stay_what_they_are() {
    let (sandbox, archive) = page();
    let server = Server::start(&archive, &[Habit::Good]);
    sandbox.write("mine.toml", manifest(&server.url));
    sandbox.succeed("datasets fetch mine.toml");
    sandbox.succeed("datasets simulate trainticket-sim -n 60 --seed 2 --out held-out.csv");
    sandbox.succeed("fit --input data/mine/run/x.csv --generator random-sampling --out model");
    sandbox.succeed("generate model -n 40 --seed 3 --out synthetic.csv");
    for (verb, file) in [
        ("evaluate --real held-out.csv --synthetic synthetic.csv --train data/mine/run/x.csv --json", "metrics.json"),
        ("validate synthetic.csv --against held-out.csv --train data/mine/run/x.csv --json", "gate.json"),
    ] {
        sandbox.write(file, sandbox.run(verb).stdout);
    }
    let publish = "datasets publish shop --traces synthetic.csv --model model --train data/mine/run/x.csv --metrics metrics.json --gate gate.json \
                   --seed 3 --licence CC-BY-4.0";
    assert_eq!(sandbox.succeed(publish).stdout, "shop/v1\n");
    assert_eq!(
        names(&sandbox.path("data/catalogue/shop/v1")),
        ["card.md", "gate.json", "manifest.json", "manifest.json.sha256", "metrics.json", "prov.json", "synthetic.csv"]
    );
    let info = sandbox.json("datasets info shop --json")[0].clone();
    assert_eq!((&info["generator"]["kind"], &info["traces"], &info["seed"]), (&"random-sampling".into(), &40.into(), &3.into()));
    assert_eq!((&info["training_traces"], &info["training_spans"].is_u64()), (&60.into(), &true));
    assert!(info["gate"]["passed"] == false && info["metrics"]["ours.fidelity.overall"].is_f64(), "{info}");
    assert!(info["privacy"].as_str().unwrap().contains("equal a training trace"), "{info}");
    let prov: serde_json::Value = serde_json::from_slice(&sandbox.read("data/catalogue/shop/v1/prov.json")).unwrap();
    assert_eq!(prov["entity"]["tracesmith:raw-1"]["prov:atLocation"], server.url);
    assert_eq!(prov["entity"]["tracesmith:corpus"]["tracesmith:sha256"], info["training_data_sha256"]);
    assert_eq!(prov["activity"].as_object().unwrap().len(), 4, "{prov}");
    let card = sandbox.succeed("datasets card shop/v1").stdout;
    assert!(card.contains("# shop/v1") && card.contains("CC-BY-4.0") && card.contains("**failed**"), "{card}");

    sandbox.succeed("datasets publish shop --traces synthetic.csv");
    let list = sandbox.succeed("datasets list --verify").stdout;
    assert!(list.contains("shop/v1") && list.contains("shop/v2") && list.contains("unchanged"), "{list}");
    assert_eq!(sandbox.json("datasets list --json").as_array().unwrap().len(), list.lines().count() - 1);
    assert_eq!(sandbox.succeed("datasets verify shop").stdout.lines().count(), 2);

    let traces = sandbox.path("data/catalogue/shop/v2/synthetic.csv");
    fs::remove_file(&traces).unwrap();
    fs::write(traces, "other").unwrap();
    let changed = sandbox.run("datasets verify shop");
    assert!(changed.code == Some(1) && changed.stderr.contains("shop/v2 is not what it was: synthetic.csv"), "{}", changed.stderr);
    assert!(sandbox.succeed("datasets list --verify").stdout.contains("CHANGED"));
    assert!(sandbox.run("datasets rm shop/v2").stderr.contains("--yes"));
    sandbox.succeed("datasets rm shop/v2 --yes");
    assert_eq!(sandbox.succeed("datasets publish shop --traces synthetic.csv --catalogue data/catalogue").stdout, "shop/v3\n");
}

#[test]
fn what_cannot_be_published_leaves_no_version() {
    let sandbox = Sandbox::new();
    sandbox.succeed("datasets simulate trainticket-sim -n 20 --out s.csv");
    sandbox.write("metrics.json", "{\"cleaning\": {\"synthetic\": {\"traces_read\": 5}}}");
    sandbox.write("other.json", "{}");
    let before = sandbox.content();
    for (line, says) in [
        ("publish shop --traces none.csv", "none.csv"),
        ("publish ../shop --traces s.csv", "names no data set"),
        ("publish eadro-sn --traces s.csv", "known data set"),
        ("publish shop --traces s.csv --model none", "model folder"),
        ("publish shop --traces s.csv --metrics metrics.json", "5 synthetic traces, but 20"),
        ("publish shop --traces s.csv --gate other.json", "validate --json"),
        ("publish shop --traces s.csv --train none.csv", "none.csv"),
        ("card shop", "did you mean"),
        ("card eadro-sn", "no generated data set"),
        ("info shop/v3", "has no shop/v3"),
        ("verify eadro-sn", "not on this machine"),
        ("rm shop --yes", "shop"),
    ] {
        let failed = sandbox.run(&format!("datasets {line}"));
        assert!(failed.code == Some(1) && failed.stderr.contains(says), "{line}: {says} is not said\n{}", failed.stderr);
        assert_eq!(sandbox.content(), before, "{line} leaves something behind");
    }
}

#[test]
fn the_catalogue_may_lie_elsewhere() {
    let sandbox = Sandbox::new();
    sandbox.succeed("datasets simulate trainticket-sim -n 20 --out s.csv");
    let variable = [("TRACESMITH_CATALOGUE", "shelf")];
    assert_eq!(sandbox.run_with("datasets publish shop --traces s.csv", &variable).stdout, "shop/v1\n");
    assert!(sandbox.path("shelf/shop/v1/s.csv").is_file());
    assert!(!sandbox.succeed("datasets list").stdout.contains("shop/v1"));
    assert!(sandbox.succeed("datasets list --catalogue shelf").stdout.contains("shop/v1"));
    assert!(sandbox.run_with("datasets list", &variable).stdout.contains("shop/v1"));
}

/// What `datasets info --json` says of a version.
fn version(sandbox: &Sandbox, id: &str) -> serde_json::Value {
    sandbox.json(&format!("datasets info {id} --json"))[0].clone()
}

fn lineage(sandbox: &Sandbox, version: &str) -> serde_json::Value {
    serde_json::from_slice(&sandbox.read(&format!("data/catalogue/{version}/prov.json"))).unwrap()
}

#[test]
fn a_model_says_itself_what_it_was_fitted_on_and_its_publisher_cannot_say_otherwise() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("inner")).unwrap();
    sandbox.succeed("datasets simulate trainticket-sim -n 30 --out inner/real.csv");
    sandbox.succeed("datasets simulate trainticket-sim -n 30 --seed 2 --out other.csv");
    sandbox.succeed("fit --input inner/real.csv --generator random-sampling --out model");
    sandbox.succeed("generate model -n 10 --out synthetic.csv");
    let sum = hex::encode(Sha256::digest(sandbox.read("inner/real.csv")));

    let done = sandbox.succeed("datasets publish shop --traces synthetic.csv --model model");
    assert!(!done.stderr.contains("does not say"), "{}", done.stderr);
    let info = version(&sandbox, "shop/v1");
    assert_eq!((&info["training_data_sha256"], &info["training_traces"]), (&sum.as_str().into(), &30.into()));
    let raw = &lineage(&sandbox, "shop/v1")["entity"]["tracesmith:raw-1"];
    assert_eq!((&raw["prov:label"], &raw["tracesmith:sha256"]), (&"real.csv".into(), &sum.as_str().into()));
    let card = sandbox.succeed("datasets card shop/v1").stdout;
    assert!(card.contains(&format!("training data: `{sum}`, 30 traces, ")) && card.contains("raw file: real.csv"), "{card}");

    let refused = sandbox.run("datasets publish shop --traces synthetic.csv --model model --train other.csv");
    assert_eq!(refused.code, Some(1));
    for says in ["--train gives other.csv (SHA-256 ", "fitted on real.csv (SHA-256 ", "leave --train out"] {
        assert!(refused.stderr.contains(says), "{says} is not said\n{}", refused.stderr);
    }
    sandbox.succeed("datasets publish shop --traces synthetic.csv --model model --train inner/real.csv");
    assert_eq!(version(&sandbox, "shop/v2")["training_data_sha256"], info["training_data_sha256"]);

    // As an earlier version wrote it.
    let mut model: serde_json::Value = serde_json::from_slice(&sandbox.read("model/model.json")).unwrap();
    model.as_object_mut().unwrap().remove("training_data").unwrap();
    sandbox.write("model/model.json", model.to_string());
    sandbox.succeed("generate model -n 10 --out again.csv");
    let done = sandbox.succeed("datasets publish shop --traces again.csv --model model");
    assert!(done.stderr.contains("model does not say what it was fitted on") && done.stderr.contains("--train"), "{}", done.stderr);
    assert_eq!(version(&sandbox, "shop/v3")["training_data_sha256"], serde_json::Value::Null);
}

#[test]
fn the_lineage_of_a_model_of_pseudonyms_or_of_simulated_traces_names_no_file() {
    let sandbox = Sandbox::new();
    sandbox.succeed("datasets simulate trainticket-sim -n 30 --out acme.csv --faults-out acme-faults.json");
    sandbox.write("salt", "0123456789abcdef0123456789abcdef\n");
    let names = "--pseudonyms salt --names-out names.json";
    sandbox.succeed(&format!("fit --input acme.csv --faults acme-faults.json --generator markov-tree {names} --out nameless"));
    sandbox.succeed("fit --dataset trainticket-sim --traces 30 --generator markov-tree --out simulated");
    sandbox.succeed("generate nameless -n 10 --out synthetic.csv");
    for model in ["nameless", "simulated"] {
        sandbox.succeed(&format!("datasets publish {model}-shop --traces synthetic.csv --model {model}"));
    }
    let sum = hex::encode(Sha256::digest(sandbox.read("acme.csv")));
    let said = ["nameless/model.json", "data/catalogue/nameless-shop/v1/prov.json", "data/catalogue/nameless-shop/v1/card.md"];
    for text in said.map(|file| String::from_utf8(sandbox.read(file)).unwrap()) {
        assert!(text.contains(&sum) && !text.contains("acme"), "{text}");
    }
    let info = version(&sandbox, "simulated-shop/v1");
    assert_eq!((&info["training_data_sha256"], &info["training_traces"]), (&serde_json::Value::Null, &30.into()));
    let refused = sandbox.run("datasets publish simulated-shop --traces synthetic.csv --model simulated --train acme.csv");
    assert!(refused.code == Some(1) && refused.stderr.contains("simulated traces"), "{}", refused.stderr);
}
