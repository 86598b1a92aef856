//! A part of a page that shows real and synthetic traces side by side, by shape.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use maud::{Markup, html};
use tracesmith_trace::Corpus;

use crate::{Shape, ShapeKey, SpanRow, Starts, Waterfall, duration, shapes, status};

/// Style sheet of the viewers of a page; it takes the colours `--ink`, `--soft`, `--line`, `--card`, `--paper` and `--accent` from the page.
pub const STYLE: &str = include_str!("viewer.css");

/// Script of the viewers of a page. Without it a page shows the first shape and the first generator.
pub const SCRIPT: &str = include_str!("viewer.js");

/// Rows of a trace on a page.
const MOST_ROWS: usize = 80;

/// Traces of the most frequent shapes, real and synthetic.
#[derive(Debug, Clone, PartialEq)]
pub struct Viewer {
    /// Unique on the page: letters, digits, `-` and `_`.
    pub id: String,
    /// The shapes, the most frequent first.
    pub panels: Vec<ShapePanel>,
}

/// The traces of one shape.
#[derive(Debug, Clone, PartialEq)]
pub struct ShapePanel {
    /// What begins it, see [`Shape::title`].
    pub root: String,
    /// Number of spans.
    pub spans: usize,
    /// Number of levels.
    pub levels: usize,
    /// Real traces.
    pub real: PanelTraces,
    /// Synthetic traces, one entry a generator, the same generators in every panel.
    pub synthetic: Vec<GeneratedTraces>,
}

/// The traces of a shape by one generator.
#[derive(Debug, Clone, PartialEq)]
pub struct GeneratedTraces {
    /// Name of the generator.
    pub generator: String,
    /// Its traces.
    pub traces: PanelTraces,
}

/// The traces of a shape in one corpus.
#[derive(Debug, Clone, PartialEq)]
pub struct PanelTraces {
    /// How many there are.
    pub count: usize,
    /// Number of traces of any shape.
    pub all: usize,
    /// The first ones.
    pub shown: Vec<Waterfall>,
}

impl PanelTraces {
    fn of(corpus: &Corpus, positions: &[usize], shown: usize) -> Self {
        let shown = positions.iter().take(shown).map(|&position| Waterfall::of(corpus, position, MOST_ROWS)).collect();
        Self { count: positions.len(), all: corpus.len(), shown }
    }

    /// Part of all traces in 0–1; 0 where there is none.
    pub fn share(&self) -> f64 {
        if self.all == 0 { 0.0 } else { self.count as f64 / self.all as f64 }
    }

    fn frequency(&self) -> String {
        format!("{} of {} traces ({:.1} %)", self.count, self.all, 100.0 * self.share())
    }
}

impl Viewer {
    /// Takes `traces` traces of each of the `most` most frequent shapes. A shape is as frequent as its share of the real traces and its mean
    /// share of the named synthetic corpora together, so that what generators invent is shown, too.
    pub fn new(id: impl Into<String>, real: &Corpus, synthetic: &[(&str, &Corpus)], most: usize, traces: usize) -> Self {
        let sides: Vec<(&Corpus, Vec<Shape<'_>>)> =
            std::iter::once(real).chain(synthetic.iter().map(|(_, corpus)| *corpus)).map(|corpus| (corpus, shapes(corpus))).collect();
        let by_key: Vec<HashMap<&ShapeKey<'_>, &Shape<'_>>> =
            sides.iter().map(|(_, shapes)| shapes.iter().map(|shape| (&shape.key, shape)).collect()).collect();
        let panel = |key: &ShapeKey<'_>| {
            let of = |side: usize| {
                let positions = by_key[side].get(key).map_or(&[][..], |shape| &shape.traces);
                PanelTraces::of(sides[side].0, positions, traces)
            };
            let generated =
                |(i, (name, _)): (usize, &(&str, &Corpus))| GeneratedTraces { generator: (*name).to_owned(), traces: of(i + 1) };
            let shape = by_key.iter().find_map(|shapes| shapes.get(key))?;
            Some(ShapePanel {
                root: shape.title(),
                spans: shape.spans,
                levels: shape.levels,
                real: of(0),
                synthetic: synthetic.iter().enumerate().map(generated).collect(),
            })
        };
        Self { id: id.into(), panels: most_frequent(&sides, most).into_iter().filter_map(panel).collect() }
    }

    /// The viewer as an element of a page that has [`STYLE`] and [`SCRIPT`].
    pub fn markup(&self) -> Markup {
        let colours = self.colours();
        html! {
            div class="viewer" id=(self.id) {
                (self.choice())
                @for (i, panel) in self.panels.iter().enumerate() {
                    div class="pair" data-shape=(i) hidden[i > 0] {
                        p class="shape" { strong { (panel.root) } " · " (size(panel)) }
                        ul class="services" aria-label="Services" {
                            @for service in panel.services() { li style=(colour_of(service, &colours)) { i {} (service) } }
                        }
                        div class="sides" {
                            div class="side" { (side("real", &panel.real, &colours)) }
                            @for (g, generated) in panel.synthetic.iter().enumerate() {
                                div class="side" data-generator=(generated.generator) hidden[g > 0] {
                                    (side(&generated.generator, &generated.traces, &colours))
                                }
                            }
                        }
                    }
                }
                @if self.has_made_up_starts() {
                    p class="note" { "Striped bars: the source has no start times, so children are drawn one after the other." }
                }
            }
        }
    }

    /// The choices, which the script makes visible.
    fn choice(&self) -> Markup {
        let generators = self.panels.first().map_or(&[][..], |panel| &panel.synthetic);
        html! {
            div class="choice" hidden {
                label { "Shape "
                    select name="shape" { @for (i, panel) in self.panels.iter().enumerate() {
                        option value=(i) { (option_text(panel)) }
                    } }
                }
                label { "Generator "
                    select name="generator" { @for generated in generators { option { (generated.generator) } } }
                }
            }
        }
    }

    /// Every service with its rank among their names, the same for all shapes.
    fn colours(&self) -> BTreeMap<&str, u32> {
        let mut ranks: BTreeMap<&str, u32> = self.panels.iter().flat_map(ShapePanel::services).map(|service| (service, 0)).collect();
        (0..).zip(ranks.values_mut()).for_each(|(rank, own)| *own = rank);
        ranks
    }

    fn has_made_up_starts(&self) -> bool {
        self.panels.iter().flat_map(ShapePanel::shown).any(|trace| trace.starts == Starts::ByRule)
    }
}

impl ShapePanel {
    /// Every trace, real and synthetic.
    fn shown(&self) -> impl Iterator<Item = &Waterfall> {
        self.real.shown.iter().chain(self.synthetic.iter().flat_map(|generated| &generated.traces.shown))
    }

    /// Names of the services of its traces, sorted.
    fn services(&self) -> BTreeSet<&str> {
        self.shown().flat_map(|trace| &trace.rows).map(|row| row.service.as_str()).collect()
    }
}

/// Keys of the most frequent shapes of all sides together, of which the first is the real one.
fn most_frequent<'a>(sides: &'a [(&Corpus, Vec<Shape<'a>>)], most: usize) -> Vec<&'a ShapeKey<'a>> {
    let generators = sides.len().saturating_sub(1).max(1) as f64;
    let mut weights: BTreeMap<&ShapeKey<'_>, f64> = BTreeMap::new();
    for (side, (corpus, shapes)) in sides.iter().enumerate() {
        let part = if side == 0 { 1.0 } else { 1.0 / generators };
        for shape in shapes {
            *weights.entry(&shape.key).or_default() += part * shape.traces.len() as f64 / corpus.len() as f64;
        }
    }
    let mut keys: Vec<(&ShapeKey<'_>, f64)> = weights.into_iter().collect();
    keys.sort_by(|a, b| b.1.total_cmp(&a.1));
    keys.into_iter().take(most).map(|(key, _)| key).collect()
}

/// Hues in degrees are a golden angle apart; those that come near each other again after eight ranks differ in lightness, in percent.
fn colour_of(service: &str, ranks: &BTreeMap<&str, u32>) -> String {
    const LIGHTNESS: [u32; 3] = [50, 36, 64];
    let rank = ranks.get(service).copied().unwrap_or_default();
    format!("--h:{};--l:{}%", (210 + rank * 1375 / 10) % 360, LIGHTNESS[(rank / 8 % 3) as usize])
}

fn size(panel: &ShapePanel) -> String {
    let plural = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    format!("{}, {}", plural(panel.spans, "span"), plural(panel.levels, "level"))
}

/// Root, size and how frequent the shape is on either side.
fn option_text(panel: &ShapePanel) -> String {
    let synthetic = panel.synthetic.iter().map(|generated| generated.traces.share());
    let mean = synthetic.sum::<f64>() / panel.synthetic.len().max(1) as f64;
    // The name comes last because it is what may be cut.
    format!("real {:.1} %, synthetic {:.1} % · {} · {}", 100.0 * panel.real.share(), 100.0 * mean, size(panel), panel.root)
}

fn side(name: &str, traces: &PanelTraces, colours: &BTreeMap<&str, u32>) -> Markup {
    html! {
        p class="origin" { strong { (name) } " " span { (traces.frequency()) } }
        @for trace in &traces.shown { (waterfall(trace, colours)) }
        @if traces.shown.is_empty() { p class="none" { "No trace of this shape." } }
    }
}

fn waterfall(trace: &Waterfall, colours: &BTreeMap<&str, u32>) -> Markup {
    let made_up = (trace.starts == Starts::ByRule).then_some("made-up");
    html! {
        div class={ "waterfall" @if let Some(class) = made_up { " " (class) } } {
            p class="id" { (trace.title()) " · " code { (trace.id) } }
            p class="axis" aria-hidden="true" { span { "0" } span { (duration(trace.extent_us / 2.0)) } span { (duration(trace.extent_us)) } }
            ol {
                @for row in &trace.rows {
                    @let (begin, length) = trace.share(row);
                    li class=[row.status.is_error().then_some("failed")] title=(hover(row))
                        style={ "--d:" (row.depth.min(MOST_INDENTS)) ";--x:" (percent(begin)) ";--w:" (percent(length)) ";" (colour_of(&row.service, colours)) } {
                        span class="operation" { @if row.depth > MOST_INDENTS { small { (row.depth) " " } } (row.operation) }
                        span class="lane" { i {} }
                        span class="took" { @if row.status.is_error() { span class="mark" { "✗ " } } (duration(row.duration_us)) }
                    }
                }
            }
            @if trace.left_out > 0 { p class="note" { "… " (trace.left_out) " more spans" } }
        }
    }
}

/// Levels by which names are indented; deeper ones begin with their depth.
const MOST_INDENTS: usize = 12;

/// Percent with what can be seen of it.
fn percent(share: f64) -> String {
    let text = format!("{:.2}", 100.0 * share);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn hover(row: &SpanRow) -> String {
    let SpanRow { service, operation, status: code, kind, .. } = row;
    let kind = if *kind == tracesmith_trace::SpanKind::Unspecified { "" } else { kind.name() };
    let known = [
        ("duration", duration(row.duration_us)),
        ("begins at", duration(row.offset_us)),
        ("status", status(*code)),
        ("kind", kind.to_owned()),
    ];
    let lines = known.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| format!("\n{name}: {value}"));
    format!("{service}\n{operation}{}", lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Node, corpus, tree};

    /// A viewer over two real shapes and one that only a generator has.
    fn viewer() -> Viewer {
        let one = || tree(&[Node::root(10.0)]);
        let two = || tree(&[Node::root(10.0), Node::below(0, 5.0).status(503)]);
        let invented = || tree(&[Node::root(10.0), Node::below(0, 5.0).named(2)]);
        let real = corpus(&[one(), two(), two(), two()], false);
        let (copy, other) = (corpus(&[two(), one()], false), corpus(&[invented(), invented()], false));
        Viewer::new("v", &real, &[("copy", &copy), ("other", &other)], 3, 2)
    }

    #[test]
    fn shapes_are_ordered_by_their_share_on_both_sides() {
        let counts: Vec<_> = viewer()
            .panels
            .iter()
            .map(|panel| (panel.real.count, panel.synthetic.iter().map(|generated| generated.traces.count).collect::<Vec<_>>()))
            .collect();
        // Weights: 3/4 + 1/4, 1/4 + 1/4, 0 + 1/2.
        assert_eq!(counts[0], (3, vec![1, 0]));
        assert!(counts.contains(&(1, vec![1, 0])) && counts.contains(&(0, vec![0, 2])), "{counts:?}");
        assert_eq!(viewer().panels[0].real.shown.len(), 2);
    }

    #[test]
    fn only_the_first_pair_is_visible_without_a_script_and_names_are_escaped() {
        let html = viewer().markup().into_string();
        assert_eq!(html.matches("<div class=\"pair\" data-shape=\"0\">").count(), 1);
        assert_eq!(html.matches("class=\"pair\"").count(), 3);
        for hidden in ["data-shape=\"1\" hidden", "data-shape=\"2\" hidden", "data-generator=\"other\" hidden", "class=\"choice\" hidden"] {
            assert!(html.contains(hidden), "{hidden}");
        }
        assert!(html.contains("GET /&lt;a&gt;&amp;&quot;b&quot;") && !html.contains("<a>"));
        assert!(html.contains("No trace of this shape."));
        assert!(html.contains("real 75.0 %, synthetic 25.0 %"));
        assert!(html.contains("title=\"cart\nGET /cart\nduration: 5 µs\nbegins at: 0 µs\nstatus: 503\""));
    }

    #[test]
    fn services_of_the_shape_alone_are_listed_and_keep_their_colour_in_every_shape() {
        let html = viewer().markup().into_string();
        let lists: Vec<&str> = html.split("aria-label=\"Services\">").skip(1).filter_map(|rest| rest.split("</ul>").next()).collect();
        // One shape has no span of `cart`.
        assert_eq!((lists.len(), lists.iter().filter(|list| list.contains("cart")).count()), (3, 2));
        let web = "<li style=\"--h:347;--l:50%\"><i></i>web</li>";
        assert!(lists.iter().all(|list| list.contains(web)), "{lists:?}");
    }

    #[test]
    fn no_two_of_two_dozen_services_have_nearly_the_same_colour() {
        let names: Vec<String> = (0..24).map(|i| format!("{i:02}")).collect();
        let ranks = (0..).zip(&names).map(|(rank, name)| (name.as_str(), rank)).collect();
        let colours: Vec<(i32, i32)> = names
            .iter()
            .map(|name| {
                let style = colour_of(name, &ranks);
                let (hue, lightness) = style.trim_start_matches("--h:").trim_end_matches('%').split_once(";--l:").unwrap();
                (hue.parse().unwrap(), lightness.parse().unwrap())
            })
            .collect();
        for (i, a) in colours.iter().enumerate() {
            for b in &colours[..i] {
                let turn = (a.0 - b.0).rem_euclid(360);
                assert!(turn.min(360 - turn) >= 20 || a.1 != b.1, "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere() {
        let page = format!("{}{STYLE}{SCRIPT}", viewer().markup().into_string());
        for outside in ["http:", "https:", "src=", "url(", "@import", "fetch(", "import "] {
            assert!(!page.contains(outside), "{outside}");
        }
    }

    #[test]
    fn empty_corpora_give_an_empty_viewer() {
        let none = corpus(&[], false);
        assert_eq!(Viewer::new("v", &none, &[("g", &none)], 3, 2).panels, []);
        assert!(Viewer::new("v", &none, &[], 3, 2).markup().into_string().contains("id=\"v\""));
    }
}
