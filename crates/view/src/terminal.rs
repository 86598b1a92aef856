//! A trace as text: a tree with a time bar, in columns of a fixed width.

use console::{Alignment, Style, StyledObject, measure_text_width, pad_str, truncate_str};
use tracesmith_trace::{SpanKind, Status};

use crate::{SpanRow, Starts, Waterfall, duration, status};

/// Narrowest drawing in columns; a narrower terminal breaks the lines.
pub const LEAST_WIDTH: usize = 48;

/// How a trace is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drawing {
    /// Columns of the terminal; [`LEAST_WIDTH`] at least is taken.
    pub width: usize,
    /// Whether to use colours.
    pub colours: bool,
}

/// Columns of the parts of a row. Two spaces lie between parts.
struct Columns {
    tree: usize,
    bar: usize,
    duration: usize,
    status: usize,
    kind: usize,
}

/// Draws a trace: a title, an axis, one line a span, and what is left out or made up.
pub fn draw(trace: &Waterfall, drawing: Drawing) -> String {
    let width = drawing.width.max(LEAST_WIDTH);
    let lines = tree_lines(&trace.rows, width / COLUMNS_A_LEVEL);
    let columns = Columns::of(trace, &lines, width);
    let dim = |text: String| paint(drawing, Style::new().dim(), text);
    let id = truncate_str(&trace.id, width.saturating_sub(6), "…").into_owned();
    let mut text = format!("trace {}\n{}\n\n", paint(drawing, Style::new().bold(), id), dim(trace.title()));
    text.push_str(&format!("{}\n", dim(axis(trace, &columns))));
    for (row, line) in trace.rows.iter().zip(&lines) {
        let drawn = row_line(trace, row, line, &columns, drawing);
        text.push_str(drawn.trim_end());
        text.push('\n');
    }
    if trace.left_out > 0 {
        text.push_str(&format!("… {} more spans\n", trace.left_out));
    }
    if trace.starts == Starts::ByRule {
        text.push_str(&format!("\n{}\n", dim("▒ starts are not in the source: children are drawn one after the other".to_owned())));
    }
    text
}

fn paint(drawing: Drawing, style: Style, text: String) -> StyledObject<String> {
    style.force_styling(drawing.colours).apply_to(text)
}

/// A name with the branches before it.
struct TreeLine {
    branches: String,
    /// The service, where it is not that of the span above, and the operation.
    name: String,
    /// Bytes of the service at the begin of the name.
    service: usize,
}

impl TreeLine {
    fn new(branches: String, row: &SpanRow, service_above: Option<&str>) -> Self {
        if service_above == Some(row.service.as_str()) {
            return Self { branches, name: row.operation.clone(), service: 0 };
        }
        Self { branches, name: format!("{} {}", row.service, row.operation), service: row.service.len() }
    }
}

/// Columns of a terminal for which one level of branches is drawn: names keep more than half of the tree.
const COLUMNS_A_LEVEL: usize = 8;

/// The names of the rows, with branches. Rows deeper than `levels` all stand as far in as the last one, after their depth.
fn tree_lines(rows: &[SpanRow], levels: usize) -> Vec<TreeLine> {
    // Whether the span above at each level is the last of its siblings, and its service.
    let mut above: Vec<(bool, &str)> = Vec::new();
    let several_roots = rows.iter().any(|row| row.depth == 0 && !row.last);
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        above.truncate(row.depth);
        // Branches begin below the root, unless there are several.
        let first = usize::from(!several_roots);
        let too_deep = row.depth + 1 > first + levels;
        // The depth takes the place of two levels, the branch of the row itself that of one.
        let drawn = if too_deep { first + levels.saturating_sub(3) } else { row.depth };
        let mut branches: String = above.iter().take(drawn).skip(first).map(|&(last, _)| if last { "  " } else { "│ " }).collect();
        if too_deep {
            branches.push_str(&format!("⋯{:<2} ", row.depth));
        }
        if row.depth >= first {
            branches.push_str(if row.last { "└─" } else { "├─" });
        }
        lines.push(TreeLine::new(branches, row, above.last().map(|&(_, service)| service)));
        above.push((row.last, &row.service));
    }
    lines
}

fn kind_name(kind: SpanKind) -> &'static str {
    if kind == SpanKind::Unspecified { "" } else { kind.name() }
}

/// The status with a mark that does without colour.
fn status_mark(code: Status) -> String {
    let name = status(code);
    if code.is_error() { format!("✗ {name}") } else { name }
}

impl Columns {
    fn of(trace: &Waterfall, lines: &[TreeLine], width: usize) -> Self {
        let widest = |texts: &mut dyn Iterator<Item = String>| texts.map(|text| measure_text_width(&text)).max().unwrap_or(0);
        let duration = widest(&mut trace.rows.iter().map(|row| duration(row.duration_us)));
        let status = widest(&mut trace.rows.iter().map(|row| status_mark(row.status)));
        let kind = widest(&mut trace.rows.iter().map(|row| kind_name(row.kind).to_owned()));
        let gaps = 4 + [status, kind].iter().filter(|&&column| column > 0).count() * 2;
        let room = width.saturating_sub(duration + status + kind + gaps).max(20);
        let wanted = widest(&mut lines.iter().map(|line| format!("{}{}", line.branches, line.name)));
        let tree = wanted.min(room * 3 / 5);
        Self { tree, bar: room - tree, duration, status, kind }
    }
}

fn axis(trace: &Waterfall, columns: &Columns) -> String {
    let end = duration(trace.extent_us);
    format!("{}  0{end:>width$}", " ".repeat(columns.tree), width = columns.bar.saturating_sub(1))
}

fn row_line(trace: &Waterfall, row: &SpanRow, line: &TreeLine, columns: &Columns, drawing: Drawing) -> String {
    let room = columns.tree.saturating_sub(measure_text_width(&line.branches));
    let branches = truncate_str(&line.branches, columns.tree, "…").into_owned();
    let name = fitted(&line.name, room, Alignment::Left);
    // The name may be cut within the service.
    let (service, operation) = name.split_at_checked(line.service).unwrap_or((&name, ""));
    let style = if row.status.is_error() { Style::new().red() } else { Style::new().cyan() };
    let mut text = format!(
        "{}{}{operation}  {}  {}",
        paint(drawing, Style::new().dim(), branches),
        paint(drawing, Style::new().bold(), service.to_owned()),
        paint(drawing, style.clone(), bar(trace, row, columns.bar)),
        fitted(&duration(row.duration_us), columns.duration, Alignment::Right),
    );
    if columns.status > 0 {
        let mark = fitted(&status_mark(row.status), columns.status, Alignment::Left);
        let style = if row.status.is_error() { style } else { Style::new() };
        text.push_str(&format!("  {}", paint(drawing, style, mark)));
    }
    if columns.kind > 0 {
        let kind = fitted(kind_name(row.kind), columns.kind, Alignment::Left);
        text.push_str(&format!("  {}", paint(drawing, Style::new().dim(), kind)));
    }
    text
}

/// `text` in exactly `width` columns.
fn fitted(text: &str, width: usize, side: Alignment) -> String {
    // A wide character may not fit into the last column.
    pad_str(&truncate_str(text, width, "…"), width, side, None).into_owned()
}

/// The time of a span in `width` columns, to an eighth of a column at its end where starts are measured.
fn bar(trace: &Waterfall, row: &SpanRow, width: usize) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let (begin, length) = trace.share(row);
    let first = ((begin * width as f64) as usize).min(width - 1);
    let eighths = ((length * width as f64 * 8.0).round() as usize).clamp(1, (width - first) * 8);
    let drawn = match trace.starts {
        Starts::Measured => format!("{}{}", "█".repeat(eighths / 8), PARTS[eighths % 8]),
        Starts::ByRule => "▒".repeat(eighths.div_ceil(8)),
    };
    pad_str(&format!("{}{drawn}", " ".repeat(first)), width, Alignment::Left, None).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fixture::{Node, corpus, tree};

    fn drawn(nodes: &[Node], width: usize, has_starts: bool, colours: bool) -> String {
        let corpus = corpus(&[tree(nodes)], has_starts);
        draw(&Waterfall::of(&corpus, 0, 50), Drawing { width, colours })
    }

    #[test]
    fn a_trace_is_a_tree_with_bars_durations_and_marks() {
        let nodes = [
            Node::root(1000.0).status(200),
            Node::below(0, 500.0).at(0.0).status(503),
            Node::below(1, 250.0).at(125.0).named(2),
            Node::below(0, 250.0).at(750.0),
        ];
        let expected = "\
trace t0
4 spans · 1.00 ms

                  0              1.00 ms
web GET /<a>&\"b\"  ██████████████████████  1.00 ms  200
├─cart GET /cart  ███████████              500 µs  ✗ 503
│ └─支払い/注文     █████▌                 250 µs
└─cart GET /cart                  █████▌   250 µs
";
        assert_eq!(drawn(&nodes, 56, true, false), expected);
    }

    #[test]
    fn rows_that_are_too_deep_stand_below_each_other_and_leave_the_branches_above_as_they_are() {
        let chain = (1..=9).map(|depth: usize| Node::below(depth - 1, 10.0 - depth as f64));
        let nodes: Vec<Node> = std::iter::once(Node::root(10.0)).chain(chain).chain([Node::below(1, 1.0)]).collect();
        let text = drawn(&nodes, 56, true, false);
        let names: Vec<&str> = text.lines().skip(4).map(|line| line.split("  █").next().unwrap().trim_end()).collect();
        let deepest = ["  │         └─GET /cart", "  │     ⋯8  └─GET /cart", "  │     ⋯9  └─GET /cart", "  └─GET /cart"];
        assert_eq!(names[7..], deepest, "{text}");
    }

    #[test]
    fn made_up_starts_have_bars_of_another_kind_and_are_explained() {
        let text = drawn(&[Node::root(10.0), Node::below(0, 5.0)], 60, false, false);
        assert!(text.contains('▒') && !text.contains('█') && text.contains("starts are not in the source"), "{text}");
    }

    #[test]
    fn a_deep_chain_stays_within_the_width_and_says_how_deep_it_is() {
        let nodes: Vec<Node> = (0..2000).map(|i: usize| i.checked_sub(1).map_or(Node::root(1.0), |p| Node::below(p, 1.0))).collect();
        let text = drawn(&nodes, 80, false, false);
        assert!(text.contains("⋯49 ") && text.contains("… 1950 more spans"), "{text}");
        assert!(text.lines().all(|line| measure_text_width(line) <= 80), "{text}");
        assert!(text.contains("cart GET /cart"), "{text}");
    }

    #[test]
    fn colours_are_used_only_where_they_are_wanted_and_names_bring_none_of_their_own() {
        let nodes = [Node::root(10.0), Node::below(0, 5.0).named(3).status(500)];
        assert!(!drawn(&nodes, 80, true, false).contains('\u{1b}'));
        let coloured = drawn(&nodes, 80, true, true);
        assert!(coloured.contains("\u{1b}[31m█"), "{coloured:?}");
        assert_eq!(console::strip_ansi_codes(&coloured), drawn(&nodes, 80, true, false));
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_the_terminal(
            nodes in proptest::collection::vec((0usize..1000, 0u32..4, -1e3f64..1e9, 0.0f64..1e12, 0u16..600), 1..40),
            width in LEAST_WIDTH..200,
            has_starts: bool,
        ) {
            let mut all = vec![Node::root(5.0)];
            for (i, &(parent, name, start, duration, status)) in nodes.iter().enumerate() {
                all.push(Node::below(parent % (i + 1), duration).at(start).named(name).status(status));
            }
            let text = drawn(&all, width, has_starts, false);
            for line in text.lines().filter(|line| !line.starts_with('▒')) {
                prop_assert!(measure_text_width(line) <= width, "{} > {width}: {line}", measure_text_width(line));
            }
        }
    }
}
