//! Whole reports: what is written, and that it holds together.

use std::fs;
use std::path::Path;

use tracesmith_trace::{SpanKind, Status};
use tracesmith_view::{GeneratedTraces, PanelTraces, ShapePanel, SpanRow, Starts, Viewer, Waterfall};

use super::*;

/// Every kind of plot with `values`, on every scale.
fn plots(values: &[f64]) -> Vec<Plot> {
    let points = |name: &str| Points { name: name.to_owned(), points: values.iter().map(|value| (*value, *value)).collect() };
    let series = vec![points("a"), points("b & c")];
    let samples = vec![Sample { name: "real".to_owned(), values: values.to_vec() }, Sample { name: "none".to_owned(), values: Vec::new() }];
    let bars = BarSeries { name: "s".to_owned(), values: values.iter().map(|value| Summary::of(&[*value, *value])).collect() };
    let mut plots = vec![
        Plot::Confusion { labels: vec!["l".to_owned(); values.len()], counts: vec![vec![0; values.len()]; values.len()] },
        Plot::Bars {
            categories: vec!["c".to_owned(); values.len()],
            series: vec![bars],
            label: "share".to_owned(),
            format: NumberFormat::Percent,
        },
    ];
    let profiles = vec![Profile { name: "p".to_owned(), values: values.iter().copied().map(Some).collect(), reference: false }];
    plots.push(Plot::Parallel { axes: vec!["two words".to_owned(); values.len()], profiles });
    plots.push(Plot::Waterfalls { columns: vec![TraceColumn { name: "real".to_owned(), traces: vec![waterfall(values)] }] });
    for axis in [Axis::linear("x"), Axis::log("x")] {
        plots.push(Plot::Scatter { series: series.clone(), x: axis.clone(), y: axis.clone() });
        plots.push(Plot::Lines { series: series.clone(), x: Axis::linear("x"), y: axis.clone() });
        plots.push(Plot::Histogram { samples: samples.clone(), x: axis });
    }
    plots
}

/// A chain of spans that take as long as `values`, but for those that no span can take.
fn waterfall(values: &[f64]) -> Waterfall {
    let durations = values.iter().copied().filter(|value| value.is_finite() && *value >= 0.0);
    let row = |(depth, duration_us)| SpanRow {
        depth,
        last: true,
        offset_us: 0.0,
        duration_us,
        service: "<s>".to_owned(),
        operation: "o & p".to_owned(),
        status: Status::of_http(500),
        kind: SpanKind::Unspecified,
    };
    let rows: Vec<SpanRow> = durations.enumerate().map(row).collect();
    let extent_us = rows.iter().map(|row| row.duration_us).fold(0.0, f64::max);
    Waterfall { id: "t".to_owned(), label: String::new(), rows, left_out: 0, extent_us, starts: Starts::ByRule }
}

fn report(blocks: Vec<Block>) -> Report {
    Report {
        name: "rq1 <quick>".to_owned(),
        title: "Structure & <durations>".to_owned(),
        description: "First.\n\nSecond \"<script>alert('x')</script>\".".to_owned(),
        sections: vec![Section { id: "rq1".to_owned(), title: "RQ1 <b>".to_owned(), blocks }],
    }
}

fn figures(plots: Vec<Plot>) -> Vec<Block> {
    let figure = |(i, plot)| Figure { id: format!("f{i}"), caption: format!("Figure <{i}> & more"), plot };
    plots.into_iter().enumerate().map(figure).map(Block::Figure).collect()
}

fn table(rows: Vec<Row>) -> Block {
    Block::Table(Table { caption: "Scores <1 & >0".to_owned(), columns: vec!["Generator".to_owned(), "F1".to_owned()], rows })
}

fn every_block() -> Report {
    let mut blocks = figures(plots(&[1.0, 20.0, 300.0, f64::NAN]));
    blocks.extend([
        Block::Text("Text with <tags> & \"quotes\".".to_owned()),
        Block::List(vec!["<li>".to_owned()]),
        Block::Code("[run] # <x> && y".to_owned()),
        table(vec![
            Row::Group("<group>".to_owned()),
            Row::Plain(vec![Cell::text("a<b"), Cell::measured(&[0.971, 0.977], NumberFormat::Ratio)]),
            Row::Emphasis(vec![Cell::text("c"), Cell::Missing]),
            Row::Plain(vec![Cell::text("d"), Cell::number(0.9, NumberFormat::Ratio).within(Some([0.88, 0.92]))]),
        ]),
    ]);
    report(blocks)
}

fn written(report: &Report) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write_report(report, dir.path()).unwrap();
    dir
}

fn read(dir: &Path, file: &str) -> String {
    fs::read_to_string(dir.join(file)).unwrap()
}

/// Fails unless every tag is closed in order, quotes are paired and no tag comes from the texts of these tests.
fn assert_well_formed(markup: &str) {
    const VOID: [&str; 2] = ["meta", "!DOCTYPE"];
    const RAW: &str = "style";
    let mut open: Vec<&str> = Vec::new();
    let mut rest = markup;
    while let Some(start) = rest.find('<') {
        assert!(open.last() == Some(&RAW) || !rest[..start].contains('>'), "stray '>' in {:?}", &rest[..start]);
        let end = start + rest[start..].find('>').unwrap();
        let tag = &rest[start + 1..end];
        assert_eq!(tag.matches('"').count() % 2, 0, "quotes in <{tag}>");
        assert!(!tag.contains('<'), "'<' in <{tag}>");
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
        assert!(!["script", "b", "group", "tags", "quick", "durations"].contains(&name), "unescaped <{tag}>");
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "</{name}> closes another element");
        } else if !tag.ends_with('/') && !VOID.contains(&name) {
            open.push(name);
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty(), "not closed: {open:?}");
}

#[test]
fn the_page_is_well_formed_and_escapes_all_text() {
    let dir = written(&every_block());
    let html = read(dir.path(), "report.html");
    assert_well_formed(&html);
    assert!(html.contains("Structure &amp; &lt;durations&gt;"));
    assert!(html.contains("&lt;script&gt;"));
    assert!(html.contains("[run] # &lt;x&gt; &amp;&amp; y"));
}

#[test]
fn an_interval_stands_in_the_page_and_in_markdown_with_a_note() {
    let dir = written(&every_block());
    let (markdown, html) = (read(dir.path(), "report.md"), read(dir.path(), "report.html"));
    assert!(markdown.contains("| d | 0.900 (0.880–0.920) |") && html.contains("(0.880–0.920)"), "{markdown}");
    assert!([markdown, html].iter().all(|text| text.matches("In brackets: 95 % interval").count() == 1));
}

#[test]
fn the_page_loads_nothing() {
    let dir = written(&every_block());
    let html = read(dir.path(), "report.html");
    for outside in ["http:", "https:", "//", "src=", "<link", "<script", "url(", "@import"] {
        assert!(!html.contains(outside), "{outside:?} in the page");
    }
}

/// A viewer of one shape, with its traces on both sides.
fn viewer(id: &str) -> Block {
    let traces = || PanelTraces { count: 1, all: 2, shown: vec![waterfall(&[3.0, 2.0])] };
    let synthetic = vec![GeneratedTraces { generator: "g".to_owned(), traces: traces() }];
    Block::Viewer(Viewer {
        id: id.to_owned(),
        panels: vec![ShapePanel { root: "<root>".to_owned(), spans: 2, levels: 2, real: traces(), synthetic }],
    })
}

#[test]
fn a_viewer_brings_its_script_once_and_loads_nothing() {
    let dir = written(&report(vec![viewer("one"), viewer("two")]));
    let html = read(dir.path(), "report.html");
    assert_eq!((html.matches("<script>").count(), html.matches("class=\"viewer\"").count()), (1, 2));
    assert!(html.contains(tracesmith_view::SCRIPT) && html.contains(tracesmith_view::STYLE));
    assert!(html.contains("&lt;root&gt;") && !html.contains("<root>"));
    for outside in ["http:", "https:", "src=", "<link", "url(", "@import"] {
        assert!(!html.contains(outside), "{outside:?} in the page");
    }
    assert_eq!(read(dir.path(), "report.md").matches("has a viewer").count(), 2);
}

#[test]
fn every_figure_is_a_file_that_markdown_names_and_the_page_contains() {
    let dir = written(&every_block());
    let (markdown, html) = (read(dir.path(), "report.md"), read(dir.path(), "report.html"));
    for i in 0..10 {
        let svg = read(dir.path(), &format!("figures/f{i}.svg"));
        assert_well_formed(&svg);
        assert!(svg.contains(&format!("<title>Figure &lt;{i}&gt; &amp; more</title>")));
        assert!(markdown.contains(&format!("](figures/f{i}.svg)")));
        assert!(html.contains(&format!("id=\"figure.f{i}\"")));
    }
    assert_eq!(html.matches("<svg ").count(), 10);
}

#[test]
fn every_kind_of_plot_draws_degenerate_data() {
    let samples: [&[f64]; 9] = [
        &[],
        &[0.0],
        &[7.0],
        &[7.0; 50],
        &[f64::NAN, f64::INFINITY],
        &[-1.0, f64::NEG_INFINITY, 2.0],
        &[f64::MAX, f64::MIN],
        &[1e300, -1e300, 5e-324],
        &[1.0, 1.0 + f64::EPSILON],
    ];
    for values in samples {
        let dir = written(&report(figures(plots(values))));
        assert_well_formed(&read(dir.path(), "report.html"));
        for i in 0..10 {
            let svg = read(dir.path(), &format!("figures/f{i}.svg"));
            assert!(!svg.contains("NaN") && !svg.contains("inf") && !svg.contains("-2147483648"), "{values:?}: {svg}");
        }
    }
}

#[test]
fn values_that_cannot_be_drawn_are_counted_below_the_caption() {
    let dir = written(&report(figures(plots(&[f64::NAN, 0.0, 3.0]))));
    let markdown = read(dir.path(), "report.md");
    for note in [
        "Bars left out: 1 not finite.",
        "Values left out: 1 not finite.",
        "Values left out: 1 not finite, 1 not above 0",
        "Points left out: 2 not finite.",
    ] {
        assert!(markdown.contains(note), "{note}: {markdown}");
    }
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    let (first, second) = (written(&every_block()), written(&every_block()));
    for file in ["report.html", "report.md", "figures/f0.svg", "figures/f9.svg"] {
        assert_eq!(read(first.path(), file), read(second.path(), file));
    }
}

#[test]
fn only_the_report_is_left_in_the_folder() {
    let dir = written(&every_block());
    let mut names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["figures", "report.html", "report.md"]);
}

#[test]
fn a_report_that_does_not_fit_together_is_refused_and_nothing_is_written() {
    let square = Plot::Confusion { labels: vec!["a".to_owned()], counts: vec![vec![1, 2]] };
    let bars = Plot::Bars {
        categories: vec!["a".to_owned()],
        series: vec![BarSeries { name: "s".to_owned(), values: vec![] }],
        label: String::new(),
        format: NumberFormat::Count,
    };
    let parallel = Plot::Parallel {
        axes: vec!["a".to_owned(), "b".to_owned()],
        profiles: vec![Profile { name: "p".to_owned(), values: vec![None], reference: true }],
    };
    let figure = |id: &str, plot| Block::Figure(Figure { id: id.to_owned(), caption: String::new(), plot });
    let wrong = [
        (vec![table(vec![Row::Plain(vec![Cell::Missing])])], "row 0: 1 cells for 2 columns"),
        (vec![figure("f", square)], "1 rows of 1 counts"),
        (vec![figure("f", bars.clone())], "0 values for 1 categories"),
        (vec![figure("../f", bars)], "\"../f\""),
        (vec![viewer("v"), viewer("v")], "two viewers have the id \"v\""),
        (vec![viewer("rq1")], "two viewers have the id \"rq1\""),
        (vec![figure("f", parallel)], "1 values for 2 categories"),
        (figures(plots(&[1.0])).into_iter().chain(figures(plots(&[1.0]))).collect(), "two figures have the id \"f0\""),
    ];
    for (blocks, message) in wrong {
        let dir = tempfile::tempdir().unwrap();
        let error = write_report(&report(blocks), dir.path()).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
