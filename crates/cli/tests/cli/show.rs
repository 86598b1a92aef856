//! A trace in the terminal.

use crate::sandbox::Sandbox;

/// A sandbox with simulated traces, which have no start times.
fn with_traces() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.succeed("datasets simulate trainticket-sim -n 30 --seed 1 --out traces.csv");
    sandbox
}

/// The drawing in what `show` prints, from its title on, and the id in the title.
fn drawing(stdout: &str) -> (String, String) {
    let begin = stdout.find("trace ").unwrap_or_else(|| panic!("no trace is drawn\n{stdout}"));
    let id = stdout[begin..].lines().next().unwrap().trim_start_matches("trace ").to_owned();
    (stdout[begin..].to_owned(), id)
}

#[test]
fn the_shapes_are_listed_before_the_first_trace_of_the_most_frequent_one() {
    let sandbox = with_traces();
    let shown = sandbox.succeed("show traces.csv").stdout;
    assert!(shown.starts_with("shape "), "{shown}");
    let (drawn, id) = drawing(&shown);
    let shapes: Vec<&str> = shown.lines().skip(1).take_while(|line| !line.is_empty()).collect();
    // The columns after the name: spans, levels, traces, share, %.
    let column = |line: &str, from_end: usize| line.split_whitespace().rev().nth(from_end).unwrap().parse::<usize>().unwrap();
    assert!(shapes.is_sorted_by_key(|line| std::cmp::Reverse(column(line, 2))), "{shown}");
    assert_eq!(shapes.iter().map(|line| column(line, 2)).sum::<usize>(), 30, "{shown}");
    let plural = if column(shapes[0], 4) == 1 { "" } else { "s" };
    assert!(drawn.lines().nth(1).unwrap().starts_with(&format!("{} span{plural} · ", column(shapes[0], 4))), "{shown}");
    assert!(drawn.contains('▒') && drawn.contains("starts are not in the source"), "{drawn}");
    assert_eq!(sandbox.succeed(&format!("show traces.csv --trace {id}")).stdout, drawn);
}

#[test]
fn a_trace_is_found_by_its_id_or_its_number() {
    let sandbox = with_traces();
    let (second, id) = drawing(&sandbox.succeed("show traces.csv --trace 2").stdout);
    let by_id = sandbox.succeed(&format!("show traces.csv --trace {id}")).stdout;
    assert_eq!(by_id, second);
    let (other, other_id) = drawing(&sandbox.succeed("show traces.csv --trace 3").stdout);
    assert!(other != second && other_id != id);
    // Every span of the trace has a line, as the file has a record for it.
    let records = String::from_utf8(sandbox.read("traces.csv")).unwrap();
    let spans = records.lines().filter(|line| line.split(',').any(|field| field == id)).count();
    assert_eq!(second.lines().filter(|line| line.contains('▒') && !line.starts_with('▒')).count(), spans, "{second}");
}

#[test]
fn an_unknown_trace_is_answered_with_what_there_is() {
    let sandbox = with_traces();
    let (_, id) = drawing(&sandbox.succeed("show traces.csv --trace 1").stdout);
    for wanted in [format!("{id}x"), "0".to_owned(), "31".to_owned()] {
        let failed = sandbox.run(&format!("show traces.csv --trace {wanted}"));
        assert_eq!((failed.code, failed.stdout.as_str()), (Some(1), ""), "{wanted}");
        for says in [&format!("no trace has the id {wanted:?}"), "the nearest are ", "by number, from 1", "The 30 traces"] {
            assert!(failed.stderr.contains(says), "{wanted}: {says} is not said\n{}", failed.stderr);
        }
    }
    assert!(sandbox.run(&format!("show traces.csv --trace {id}x")).stderr.contains(&format!("nearest are {id}")));
}

#[test]
fn a_file_or_a_pipe_gets_no_escape_codes_and_lines_of_the_width_that_is_asked_for() {
    let sandbox = with_traces();
    let plain = sandbox.succeed("show traces.csv --trace 1 --width 70").stdout;
    assert!(!plain.contains('\u{1b}'), "{plain:?}");
    let spans = plain.lines().filter(|line| !line.starts_with('▒'));
    assert!(spans.clone().all(|line| line.chars().count() <= 70) && spans.clone().any(|line| line.chars().count() > 48), "{plain}");
    for variables in [[("CLICOLOR_FORCE", "1")], [("TERM", "xterm-256color")]] {
        assert_eq!(sandbox.run_with("show traces.csv --trace 1 --width 70", &variables).stdout, plain, "{variables:?}");
    }
}

#[test]
fn spans_over_the_limit_are_counted() {
    let sandbox = with_traces();
    let all = sandbox.succeed("show traces.csv").stdout;
    let (drawn, id) = drawing(&all);
    let spans: usize = drawn.lines().nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    let limited = sandbox.succeed(&format!("show traces.csv --trace {id} --limit 1")).stdout;
    assert_eq!(limited.contains(&format!("… {} more spans", spans - 1)), spans > 1, "{limited}");
}
