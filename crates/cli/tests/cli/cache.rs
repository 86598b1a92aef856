//! Finished stages are listed and removed, and nothing else is.

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use crate::reports::run_small;
use crate::sandbox::{Sandbox, names};

#[test]
fn stages_are_listed_and_those_that_are_named_are_removed() {
    let sandbox = Sandbox::new();
    run_small(&sandbox, "a", "--cache cache");
    let entries = sandbox.json("cache list --cache cache --json");
    let entries = entries.as_array().unwrap();
    let fits = || entries.iter().filter(|entry| entry["about"]["stage"] == "fit");
    assert_eq!(fits().count(), 4, "{entries:?}");
    assert!(fits().any(|fit| fit["about"]["title"] == "fit markov · tt · seed 2" && fit["state"] == "current"), "{entries:?}");
    let listed = sandbox.succeed("cache list --cache cache");
    assert!(listed.stdout.contains("fit markov · tt · seed 2") && listed.stderr.contains(&format!("{} stages, ", entries.len())));

    let left = || sandbox.json("cache list --cache cache --json").as_array().unwrap().len();
    sandbox.succeed("cache clean --cache cache --unused");
    sandbox.succeed("cache clean --cache cache --older 30d");
    assert_eq!(left(), entries.len());
    // One is made old, and one of an earlier program is put beside it.
    let old = entries.iter().find(|entry| entry["about"]["stage"] == "ceiling").unwrap()["path"].as_str().unwrap();
    File::options()
        .append(true)
        .open(sandbox.path(old))
        .unwrap()
        .set_modified(SystemTime::now() - Duration::from_secs(40 * 86_400))
        .unwrap();
    sandbox.write("cache/compare-0123456789abcdef01234567.json", "{}");
    let dry = sandbox.succeed("cache clean --cache cache --older 30d --unused --dry-run");
    assert!(dry.stderr.contains("2 stages, ") && dry.stdout.contains("ceiling"), "{}{}", dry.stdout, dry.stderr);
    assert_eq!(left(), entries.len() + 1);
    sandbox.succeed("cache clean --cache cache --older 30d --unused");
    assert_eq!(left(), entries.len() - 1);
    sandbox.succeed("cache clean --cache cache --all");
    assert_eq!(names(&sandbox.path("cache")), ["CACHEDIR.TAG"]);
    run_small(&sandbox, "b", "--cache cache");
    assert_eq!(left(), entries.len());
    assert_eq!(sandbox.read("a/metrics.csv"), sandbox.read("b/metrics.csv"));
}

#[test]
fn no_other_folder_is_touched() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("home")).unwrap();
    sandbox.write("home/thesis.txt", "years of work");
    for (line, says) in [
        ("cache list", ".tracesmith/cache"),
        ("cache list --cache none", "none is no cache of tracesmith: there is no such folder"),
        ("cache clean --all --cache home", "home is no cache of tracesmith: it holds no CACHEDIR.TAG"),
        ("cache clean --cache home", "--all"),
        ("cache clean --older soon --cache home", "soon"),
        ("cache clean --all --unused --cache home", "--unused"),
    ] {
        let done = sandbox.run(line);
        assert!(matches!(done.code, Some(1 | 2)) && done.stderr.contains(says), "{line}: {}", done.stderr);
    }
    sandbox.write("small.toml", crate::reports::SMALL);
    let done = sandbox.run("run small.toml --device cpu --out out --cache home");
    assert_eq!(done.code, Some(1));
    assert!(done.stderr.contains("home is no cache of tracesmith: it holds thesis.txt"), "{}", done.stderr);
    assert_eq!(names(&sandbox.path("home")), ["thesis.txt"]);
}
