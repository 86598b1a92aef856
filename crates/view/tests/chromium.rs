//! The viewer in a real browser: what its script shows, and that a page can be drawn.
//!
//! Needs Chromium: `CHROMIUM`, or `chromium` in the usual places. Skips, and says so, where there is none. `VIEW_SCREENSHOTS=DIR` keeps the pictures.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

use tracesmith_trace::{Corpus, CorpusBuilder, Edge, Span, SpanKind, Status, Trace, Vocabulary};
use tracesmith_view::{SCRIPT, STYLE, Viewer};

/// The colours that the report gives the viewer.
const PAGE_STYLE: &str = ":root{color-scheme:light dark;--paper:#fff;--card:#f6f8fa;--ink:#1f2328;--soft:#59636e;--line:#d8dee4;--accent:#0a5c99}\
    @media(prefers-color-scheme:dark){:root{--paper:#12161c;--card:#1a2028;--ink:#e6e9ed;--soft:#9aa4af;--line:#313943;--accent:#6cb6f5}}\
    *{box-sizing:border-box}body{margin:1.5rem;background:var(--paper);color:var(--ink);font:1rem/1.6 system-ui,sans-serif}";

fn chromium() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let usual = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].map(PathBuf::from);
    let found = named.into_iter().chain(usual).find(|path| path.exists());
    if found.is_none() {
        eprintln!("SKIPPED: no Chromium is found; set CHROMIUM to its path to test the viewer in it");
    }
    found
}

const SERVICES: [&str; 5] = ["cart", "db", "frontend", "payment", "shipping"];
const OPERATIONS: [&str; 6] = ["GET /checkout", "GET /product", "POST /charge", "SELECT", "quote", "支払い"];

/// (parent, service, operation, start, duration, status) of every span.
type Spans<'a> = &'a [(Option<u32>, u32, u32, f64, f64, u16)];

const CHECKOUT: Spans = &[
    (None, 2, 0, 0.0, 84_000.0, 200),
    (Some(0), 0, 3, 1_500.0, 6_200.0, 0),
    (Some(1), 1, 3, 2_400.0, 4_100.0, 0),
    (Some(0), 4, 4, 9_000.0, 21_000.0, 200),
    (Some(0), 3, 2, 31_000.0, 48_000.0, 503),
    (Some(4), 3, 5, 34_000.0, 39_000.0, 2),
    (Some(5), 1, 3, 60_000.0, 9_500.0, 0),
];
const PRODUCT: Spans = &[(None, 2, 1, 0.0, 3_900.0, 200), (Some(0), 1, 3, 700.0, 2_600.0, 0)];

/// `checkouts` and `products` traces whose durations are `factor` of the above.
fn corpus(name: &str, checkouts: usize, products: usize, factor: f64) -> Corpus {
    let mut builder = CorpusBuilder::new(name, Vocabulary::new(SERVICES), Vocabulary::new(OPERATIONS), true);
    for i in 0..checkouts + products {
        let spans = if i < checkouts { CHECKOUT } else { PRODUCT };
        let factor = factor * (1.0 + 0.1 * (i % 7) as f64);
        let span = |&(_, service, operation, start, duration, status): &(_, _, _, f64, f64, _)| Span {
            service,
            operation,
            start_us: start * factor,
            duration_us: duration * factor,
            status: Status::from_number(status),
            kind: SpanKind::Server,
            ..Span::default()
        };
        let edge = |(child, span): (usize, &(Option<u32>, _, _, _, _, _))| span.0.map(|parent| Edge { child: child as u32, parent });
        builder
            .push(Trace {
                id: format!("{name}-{i}"),
                spans: spans.iter().map(span).collect(),
                edges: spans.iter().enumerate().filter_map(edge).collect(),
                ..Trace::default()
            })
            .unwrap();
    }
    builder.finish()
}

/// A page with one viewer of two shapes and two generators.
fn page(folder: &Path) -> PathBuf {
    let real = corpus("real", 30, 12, 1.0);
    let (tree, vae) = (corpus("tree", 25, 15, 1.1), corpus("vae", 39, 1, 0.6));
    let viewer = Viewer::new("traces-shop", &real, &[("tree-hvae", &tree), ("flat-vae", &vae)], 12, 2).markup().into_string();
    let html = format!(
        "<!DOCTYPE html><html lang=en><meta charset=utf-8><title>Viewer</title><style>{PAGE_STYLE}{STYLE}</style>{viewer}<script>{SCRIPT}</script>"
    );
    let path = folder.join("page.html");
    std::fs::write(&path, html).unwrap();
    path
}

/// What the browser prints.
fn browse(chromium: &Path, arguments: &[&str], address: &str) -> String {
    let output = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--virtual-time-budget=2000"])
        .args(arguments)
        .arg(address)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The opening tags that carry one of the two attributes of choices, with whether they are hidden.
fn hidden(dom: &str, attribute: &str) -> Vec<(String, bool)> {
    let tags = dom.split('<').filter_map(|tag| tag.split_once('>').map(|(tag, _)| tag)).filter(|tag| tag.contains(attribute));
    let value = |tag: &str| tag.split_once(&format!("{attribute}=\"")).unwrap().1.split('"').next().unwrap().to_owned();
    tags.map(|tag| (value(tag), tag.ends_with("hidden=\"\""))).collect()
}

#[test]
fn the_script_shows_the_shape_and_the_generator_of_the_address() {
    let Some(chromium) = chromium() else { return };
    let folder = tempfile::tempdir().unwrap();
    let address = format!("file://{}", page(folder.path()).display());
    let visible = |hash: &str| {
        let dom = browse(&chromium, &["--dump-dom"], &format!("{address}{hash}"));
        assert!(!dom.contains("class=\"choice\" hidden"), "the script makes the choices visible");
        let shown = |attribute| hidden(&dom, attribute).into_iter().filter(|(_, hidden)| !hidden).map(|(value, _)| value).collect();
        let (mut generators, shapes): (Vec<String>, Vec<String>) = (shown("data-generator"), shown("data-shape"));
        generators.dedup();
        (shapes, generators)
    };
    let both = |shape: &str, generator: &str| (vec![shape.to_owned()], vec![generator.to_owned()]);
    assert_eq!(visible(""), both("0", "tree-hvae"));
    assert_eq!(visible("#shape=1"), both("1", "tree-hvae"));
    assert_eq!(visible("#viewer=traces-shop&shape=1&generator=flat-vae"), both("1", "flat-vae"));
    assert_eq!(visible("#viewer=another&shape=1"), both("0", "tree-hvae"));
    assert_eq!(visible("#shape=99&generator=nobody"), both("0", "tree-hvae"));
}

#[test]
fn a_page_is_drawn_in_wide_and_narrow_windows_and_on_dark_paper() {
    let Some(chromium) = chromium() else { return };
    let folder = tempfile::tempdir().unwrap();
    let address = format!("file://{}", page(folder.path()).display());
    let kept = std::env::var_os("VIEW_SCREENSHOTS").map_or_else(|| folder.path().to_owned(), PathBuf::from);
    let windows: [(&str, &str, &[&str]); 3] = [
        ("wide.png", "1200,760", &[]),
        ("narrow.png", "500,1100", &[]),
        ("dark.png", "1200,760", &["--blink-settings=preferredColorScheme=0"]),
    ];
    for (name, size, more) in windows {
        let picture = kept.join(name);
        let (file, size) = (format!("--screenshot={}", picture.display()), format!("--window-size={size}"));
        let arguments = [&[file.as_str(), size.as_str()], more].concat();
        browse(&chromium, &arguments, &address);
        let png = std::fs::read(&picture).unwrap();
        assert!(png.starts_with(b"\x89PNG") && png.len() > 10_000, "{name}: {} bytes", png.len());
    }
}
