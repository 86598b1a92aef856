//! A report in a real browser: nothing to scroll sideways at 1,280 pixels, links that lead somewhere, both colour schemes.
//!
//! Needs Chromium: `CHROMIUM`, or `chromium` in the usual places. Skips, and says so, where there is none. `REPORT_SCREENSHOTS=DIR` keeps the pictures.
#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tracesmith_experiment::{Progress, RunOptions, run};
use tracesmith_model::DeviceChoice;

/// Every question but the anomalies, as small as can be, with names as long as they get.
const EXPERIMENT: &str = r#"
title = "A report in a browser"
description = "Every table and figure at once."
data = { traces = 40 }
systems = { socialnetwork = { dataset = "socialnetwork-sim" }, trainticket = { dataset = "trainticket-sim" } }
utility = { sweep = [0, 100], sizes = ["copied", "empirical"], classifier = { hidden = 8, train = { epochs = 1, batch = 16 } } }

[generators.hvae]
kind = "hvae"
model = { latent = 4, hidden = 8 }
train = { epochs = 1, batch = 16 }

[generators.hvae-tree-projection]
kind = "hvae"
model = { latent = 4, hidden = 8 }
train = { epochs = 1, batch = 16 }
sampling = { structure = "tree" }

[generators.markov-tree]
kind = "markov-tree"

[generators.random-sampling]
kind = "random-sampling"

[generators.flat-vae]
kind = "flat-vae"
model = { latent = 4, hidden = 8 }
train = { epochs = 1, batch = 16 }
"#;

struct Silent;

impl Progress for Silent {
    fn begin(&self, _stage: &str) {}
    fn epoch(&self, _stage: &str, _epoch: usize, _epochs: usize, _message: &str) {}
    fn end(&self, _stage: &str, _cached: bool) {}
}

fn chromium() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let usual = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].map(PathBuf::from);
    let found = named.into_iter().chain(usual).find(|path| path.exists());
    if found.is_none() {
        eprintln!("SKIPPED: no Chromium is found; set CHROMIUM to its path to test reports in it");
    }
    found
}

fn report(folder: &Path) -> PathBuf {
    let file = folder.join("browser.toml");
    fs::write(&file, EXPERIMENT).unwrap();
    let options = RunOptions { device: DeviceChoice::Cpu, out: Some(folder.join("report")), threads: 2, ..RunOptions::default() };
    run(&file, &options, &Silent).unwrap().folder.join("report.html")
}

/// What the browser prints for a page at 1,280 × 1,600 pixels.
fn browse(chromium: &Path, arguments: &[&str], page: &Path) -> String {
    let output = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1280,1600", "--virtual-time-budget=5000"])
        .args(arguments)
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A copy of the page with all details open, which says its widths and the widths of its tables when it is loaded.
fn measuring(page: &Path) -> PathBuf {
    const SCRIPT: &str = "<script>addEventListener('load',()=>{document.querySelectorAll('details').forEach(d=>d.open=true);\
        const wide=[...document.querySelectorAll('main > section > figure .scroll')].filter(e=>e.scrollWidth>e.clientWidth+1).map(e=>e.getAttribute('aria-labelledby'));\
        document.body.dataset.scroll=document.documentElement.scrollWidth;document.body.dataset.client=document.documentElement.clientWidth;\
        document.body.dataset.wide=wide.join(' ');document.body.dataset.paper=getComputedStyle(document.body).backgroundColor})</script>";
    let html = fs::read_to_string(page).unwrap();
    let path = page.with_file_name("measured.html");
    fs::write(&path, html.replace("</body>", &format!("{SCRIPT}</body>"))).unwrap();
    path
}

fn data<'a>(dom: &'a str, name: &str) -> &'a str {
    let (_, rest) = dom.split_once(&format!("data-{name}=\"")).unwrap_or_else(|| panic!("no {name}: {}", &dom[..dom.len().min(500)]));
    rest.split('"').next().unwrap()
}

fn screenshot(chromium: &Path, page: &Path, folder: &Path, name: &str, arguments: &[&str]) -> Vec<u8> {
    let picture = folder.join(format!("{name}.png"));
    let argument = format!("--screenshot={}", picture.display());
    browse(chromium, &[&[argument.as_str()], arguments].concat(), page);
    if let Some(kept) = std::env::var_os("REPORT_SCREENSHOTS").map(PathBuf::from) {
        fs::create_dir_all(&kept).unwrap();
        fs::copy(&picture, kept.join(format!("{name}.png"))).unwrap();
    }
    fs::read(&picture).unwrap()
}

#[test]
fn a_report_fits_into_the_page_its_links_lead_somewhere_and_it_has_a_dark_side() {
    let Some(chromium) = chromium() else { return };
    let folder = tempfile::tempdir().unwrap();
    let page = report(folder.path());
    let html = fs::read_to_string(&page).unwrap();
    let values = |attribute: &str| -> Vec<String> {
        html.split(&format!(" {attribute}=\"")).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
    };
    let ids: HashSet<String> = values("id").into_iter().collect();
    assert_eq!(ids.len(), values("id").len(), "every id stands once");
    let links: Vec<String> = values("href").into_iter().filter_map(|link| link.strip_prefix('#').map(str::to_owned)).collect();
    assert!(links.len() >= 8, "{links:?}");
    for link in links {
        assert!(ids.contains(&link), "#{link} leads nowhere");
    }

    let measured = measuring(&page);
    let dom = browse(&chromium, &["--dump-dom"], &measured);
    assert_eq!((data(&dom, "client"), data(&dom, "scroll")), ("1280", "1280"), "nothing to scroll sideways");
    assert_eq!(data(&dom, "wide"), "", "no table outside of details is wider than its place");
    let light = screenshot(&chromium, &page, folder.path(), "light", &[]);
    let dark = screenshot(&chromium, &page, folder.path(), "dark", &["--blink-settings=preferredColorScheme=0"]);
    assert!(light.len() > 10_000 && dark.len() > 10_000 && light != dark, "the dark page looks another way");
    let dom = browse(&chromium, &["--dump-dom", "--blink-settings=preferredColorScheme=0"], &measured);
    assert_eq!(data(&dom, "paper"), "rgb(18, 22, 28)");
}
