//! SQL over files: the questions of the README, the ways to write an answer, and what a wrong question is told.

use crate::sandbox::Sandbox;

/// A sandbox with simulated traces inside and outside of fault windows.
fn with_traces() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.succeed("datasets simulate trainticket-sim -n 60 --seed 1 --format jaeger-json --out real.json --faults-out faults.json");
    sandbox
}

/// The words of a line as a shell takes them: what stands between double quotes is one.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('"').enumerate();
    parts
        .flat_map(|(i, part)| if i % 2 == 1 { vec![part.to_owned()] } else { part.split_whitespace().map(str::to_owned).collect() })
        .collect()
}

#[test]
fn the_questions_of_the_readme_have_answers() {
    let sandbox = with_traces();
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")).unwrap();
    let questions: Vec<&str> = readme.lines().filter_map(|line| line.strip_prefix("tracesmith query ")).collect();
    assert_eq!(questions.len(), 3);
    for question in questions {
        let mut line = vec!["query".to_owned()];
        line.extend(words(question));
        let done = sandbox.run_words(&line);
        assert_eq!(done.code, Some(0), "{question}\n{}", done.stderr);
    }
    let slower = String::from_utf8(sandbox.read("faults.csv")).unwrap();
    assert!(slower.starts_with("fault_kind,service,spans,p50_us\n") && slower.lines().count() > 2, "{slower}");
}

#[test]
fn every_format_of_files_and_of_answers_says_the_same() {
    let sandbox = with_traces();
    sandbox.succeed("convert real.json real.parquet");
    let ask = |files: &[&str], more: &[&str]| {
        let sql = "SELECT service, COUNT(*) AS spans, AVG(duration_us) AS mean_us FROM spans GROUP BY service ORDER BY spans DESC, service";
        let line: Vec<String> = ["query"].iter().chain(files).chain(&[sql]).chain(more).map(ToString::to_string).collect();
        let done = sandbox.run_words(&line);
        assert_eq!(done.code, Some(0), "{line:?}\n{}", done.stderr);
        done.stdout
    };
    let csv = ask(&["real.json"], &["--format", "csv"]);
    assert_eq!(ask(&["real.parquet"], &["--format", "csv"]), csv);
    let json: serde_json::Value = serde_json::from_str(&ask(&["real.json"], &["--format", "json"])).unwrap();
    let first = csv.lines().nth(1).unwrap().split(',').collect::<Vec<_>>();
    assert_eq!((json[0]["service"].as_str(), json[0]["spans"].to_string().as_str()), (Some(first[0]), first[1]));
    let table = ask(&["real.json"], &[]);
    assert!(table.starts_with("service ") && table.lines().count() == csv.lines().count(), "{table}");
    let markdown = ask(&["real.json"], &["--format", "markdown"]);
    assert!(markdown.starts_with("| service | spans | mean_us |\n| --- | ---: | ---: |\n"), "{markdown}");
    ask(&["real.json"], &["--out", "answer.md"]);
    assert_eq!(String::from_utf8(sandbox.read("answer.md")).unwrap(), markdown);
}

#[test]
fn ids_are_those_of_the_file() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "x.csv",
        "TraceID,SpanID,ParentID,PodName,OperationName,StartTimeUnixNano,EndTimeUnixNano,Duration\n\
         t,a,root,web-1-2,/,1700000000000000000,0,28160\nt,b,a,text-1-2,GET,1700000000000000500,0,5\n",
    );
    let sql = "SELECT span_id, parent_id, start, http_status FROM spans ORDER BY span_id";
    let done = sandbox.run_words(&["query", "x.csv", sql, "--format", "csv"].map(str::to_owned));
    assert_eq!(
        done.stdout, "span_id,parent_id,start,http_status\na,,2023-11-14T22:13:20Z,\nb,a,2023-11-14T22:13:20.000000500Z,\n",
        "{}",
        done.stderr
    );
}

#[test]
fn a_wrong_question_is_one_clear_message_before_the_files_are_read() {
    let sandbox = Sandbox::new();
    let cases = [
        ("SELECT durations FROM spans", "there is no column `durations`; did you mean `duration_us`"),
        ("SELECT * FROM logs", "there is no table `logs`"),
        ("SELECT (FROM spans", "the query is no valid SQL"),
        ("DELETE FROM spans", "only questions can be answered"),
        ("SELECT * FROM spans ORDER BY 0", "the query cannot be answered"),
    ];
    for (sql, message) in cases {
        let done = sandbox.run_words(&["query", "missing.csv", sql, "--out", "answer.csv"].map(str::to_owned));
        assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""), "{sql}");
        assert!(done.stderr.contains(message) && done.stderr.lines().count() == 1, "{sql}: {}", done.stderr);
    }
    let done = sandbox.run_words(&["query", "missing.csv", "SELECT 1", "--out", "answer.xlsx"].map(str::to_owned));
    assert!(done.code == Some(1) && done.stderr.contains("end it in .csv, .json or .md"), "{}", done.stderr);
    assert!(sandbox.content().is_empty());
}

#[test]
fn an_answer_that_nobody_reads_is_not_shown_but_written() {
    let sandbox = Sandbox::new();
    sandbox.succeed("datasets simulate trainticket-sim -n 600 --seed 1 --out real.csv");
    let ask = |more: &[&str]| {
        let line: Vec<String> = ["query", "real.csv", "SELECT * FROM spans"].iter().chain(more).map(ToString::to_string).collect();
        sandbox.run_words(&line)
    };
    let refused = ask(&[]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""));
    assert!(
        refused.stderr.contains("rows, and up to 1000 are shown: add LIMIT 1000 to the query, or write it with --out"),
        "{}",
        refused.stderr
    );
    assert_eq!(ask(&["--out", "spans.csv"]).code, Some(0));
    let piped = ask(&["--format", "csv"]);
    assert!(piped.code == Some(0) && piped.stdout.as_bytes() == sandbox.read("spans.csv"));
}
