//! SQL over a span table.

use std::panic::{AssertUnwindSafe, catch_unwind};

use polars::{
    error::{PolarsError, PolarsResult},
    prelude::{DataFrame, DataType, IntoLazy, col},
    sql::{SQLContext, extract_table_identifiers},
};

use tracesmith_trace::nearest_name;

use crate::{QueryError, TRACE_COLUMNS, trace_table};

/// Name of the table of spans.
pub const SPANS: &str = "spans";

/// Name of the table of traces.
pub const TRACES: &str = "traces";

/// With what a question begins.
const QUESTIONS: [&str; 6] = ["select", "with", "from", "values", "table", "explain"];

/// Answers an SQL query over the tables [`SPANS`], which is `spans`, and [`TRACES`], which is the [`trace_table`] of it.
///
/// polars' dialect: `COUNT(*)`, `AVG`, `STDDEV`, `MEDIAN`, `QUANTILE_CONT(duration_us, 0.99)`, `CASE`, window functions, joins, `WITH`.
///
/// # Errors
/// [`QueryError`]: no SQL, no question, an unknown table or column, or what cannot be computed.
pub fn query(spans: &DataFrame, sql: &str) -> Result<DataFrame, QueryError> {
    require_question(sql)?;
    let names = caught(|| extract_table_identifiers(sql, false, true))?.map_err(|error| QueryError::Syntax(first_line(&error)))?;
    let mut known: Vec<String> = spans.get_column_names().into_iter().map(ToString::to_string).collect();
    let mut tables = vec![(SPANS, spans.clone())];
    if names.iter().any(|name| name == TRACES) {
        tables.push((TRACES, trace_table(spans)?));
        let more = TRACE_COLUMNS.map(str::to_owned).into_iter().filter(|name| !known.contains(name));
        known.extend(more.collect::<Vec<_>>());
    }
    let answer = match caught(|| execute(&tables, sql))? {
        // Names are categories, which is fast; a function of texts (LIKE, UPPER, …) wants them as texts.
        Err(error) if error.to_string().contains("got: cat") => caught(|| {
            let texts = tables.iter().map(|(name, table)| Ok((*name, with_texts(table)?))).collect::<PolarsResult<Vec<_>>>()?;
            execute(&texts, sql)
        })?,
        answer => answer,
    };
    answer.map_err(|error| explained(error, known))
}

/// Answers a query over tables by name; a clone of a table shares its columns.
fn execute(tables: &[(&str, DataFrame)], sql: &str) -> PolarsResult<DataFrame> {
    let mut context = SQLContext::new();
    tables.iter().for_each(|(name, table)| context.register(name, table.clone().lazy()));
    context.execute(sql)?.collect()
}

/// The table with texts in the place of categories.
fn with_texts(table: &DataFrame) -> PolarsResult<DataFrame> {
    let categories = table.columns().iter().filter(|column| column.dtype().is_categorical());
    let texts: Vec<_> = categories.map(|column| col(column.name().clone()).cast(DataType::String)).collect();
    table.clone().lazy().with_columns(texts).collect()
}

/// Refuses statements that would change tables, which nobody would notice.
fn require_question(sql: &str) -> Result<(), QueryError> {
    let word: String = without_comments(sql).chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    match word.to_ascii_lowercase() {
        word if word.is_empty() => Err(QueryError::Syntax("it has no word".to_owned())),
        word if QUESTIONS.contains(&word.as_str()) => Ok(()),
        _ => Err(QueryError::NoQuestion(word)),
    }
}

/// The text from its first word on.
fn without_comments(sql: &str) -> &str {
    let mut rest = sql.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
    loop {
        let after = if let Some(comment) = rest.strip_prefix("--") {
            comment.split_once('\n').map_or("", |(_, after)| after)
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/").map_or("", |(_, after)| after)
        } else {
            return rest;
        };
        rest = after.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
    }
}

/// polars panics at some queries (`ORDER BY 0`) and at functions that were not compiled in.
fn caught<T>(work: impl FnOnce() -> PolarsResult<T>) -> Result<PolarsResult<T>, QueryError> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let message = panic.downcast_ref::<String>().cloned().or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
        QueryError::Unanswerable(message.unwrap_or_else(|| "polars gave up".to_owned()))
    })
}

fn explained(error: PolarsError, known: Vec<String>) -> QueryError {
    let error = cause(error);
    let message = first_line(&error);
    match &error {
        PolarsError::ColumnNotFound(_) | PolarsError::SchemaFieldNotFound(_) => match quoted(&message, '"').first() {
            Some(column) => {
                let column = column.to_string();
                let there: Vec<String> =
                    message.split_once("valid columns").map_or(Vec::new(), |(_, columns)| owned(&quoted(columns, '"')));
                unknown_column(column, if there.is_empty() { known } else { there })
            }
            None => QueryError::Unanswerable(message),
        },
        PolarsError::SQLInterface(_) | PolarsError::SQLSyntax(_) => match *quoted(&message, '\'') {
            _ if message.starts_with("sql parser error") => QueryError::Syntax(message),
            [table] if message.starts_with("relation") || message.starts_with("no table") => QueryError::UnknownTable(table.to_owned()),
            [column, _] if message.starts_with("no column named") => unknown_column(column.to_owned(), known),
            _ => QueryError::Unanswerable(message),
        },
        _ => QueryError::Unanswerable(message),
    }
}

/// The error below what was being done when it came up.
fn cause(error: PolarsError) -> PolarsError {
    match error {
        PolarsError::Context { error, .. } | PolarsError::ExprContext { error, .. } => cause(*error),
        error => error,
    }
}

fn first_line(error: &PolarsError) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

/// What stands between pairs of quotes.
fn quoted(text: &str, quote: char) -> Vec<&str> {
    text.split(quote).skip(1).step_by(2).collect()
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn unknown_column(column: String, columns: Vec<String>) -> QueryError {
    let nearest = nearest_name(&column, columns.iter().map(String::as_str)).map(str::to_owned);
    QueryError::UnknownColumn { column, nearest, columns }
}

#[cfg(test)]
mod tests {
    use polars::prelude::AnyValue;
    use tracesmith_trace::{Fault, Label, SpanRecord, Status};

    use super::*;
    use crate::{Cell, SpanTableBuilder, cells};

    /// Ten traces of a root of 1 to 10 ms and a child that fails in the last one.
    fn spans() -> DataFrame {
        let mut table = SpanTableBuilder::default();
        for i in 1..=10u32 {
            let root = SpanRecord {
                trace_id: format!("t{i}"),
                span_id: "a".into(),
                service: "web".into(),
                operation: "GET /cart".into(),
                start_ns: 1_700_000_000_000_000_000,
                duration_us: 1000.0 * f64::from(i),
                status: Status::of_http(200),
                label: if i == 10 { Label::Abnormal(Fault { service: "cart".into(), kind: "cpu_load".into() }) } else { Label::Normal },
                ..SpanRecord::default()
            };
            let child = SpanRecord {
                span_id: "b".into(),
                parent_id: Some("a".into()),
                service: "cart".into(),
                operation: "find".into(),
                duration_us: 10.0,
                status: if i == 10 { Status::ERROR } else { Status::UNSET },
                ..root.clone()
            };
            table.push(&root, true);
            table.push(&child, true);
        }
        table.finish()
    }

    fn answer(sql: &str) -> Vec<Vec<Cell>> {
        cells(&query(&spans(), sql).unwrap()).collect()
    }

    fn texts(row: &[Cell]) -> Vec<String> {
        row.iter().map(|cell| if let Cell::Text(text) = cell { text.clone() } else { format!("{cell:?}") }).collect()
    }

    #[test]
    fn means_and_quantiles_by_operation() {
        let sql = "SELECT service, COUNT(*) AS n, AVG(duration_us) AS mean, QUANTILE_CONT(duration_us, 0.25) AS p25, MEDIAN(duration_us) AS p50 \
                   FROM spans GROUP BY service, operation ORDER BY mean DESC";
        assert_eq!(
            answer(sql)[0],
            [Cell::Text("web".into()), Cell::Integer(10), Cell::Number(5500.0), Cell::Number(3250.0), Cell::Number(5500.0)]
        );
    }

    #[test]
    fn names_are_compared_ordered_matched_and_joined() {
        assert_eq!(answer("SELECT COUNT(*) FROM spans WHERE operation = 'find' AND service IN ('cart', 'web')"), [[Cell::Integer(10)]]);
        assert_eq!(answer("SELECT COUNT(*) FROM spans WHERE CAST(operation AS VARCHAR) LIKE '%cart%'"), [[Cell::Integer(10)]]);
        assert_eq!(answer("SELECT COUNT(*) FROM spans WHERE operation LIKE '%cart%'"), [[Cell::Integer(10)]]);
        assert_eq!(answer("SELECT COUNT(*) FROM traces WHERE UPPER(root) LIKE 'WEB/%'"), [[Cell::Integer(10)]]);
        assert_eq!(answer("SELECT DISTINCT operation FROM spans ORDER BY operation DESC").len(), 2);
        let sql = "SELECT s.service, COUNT(*) AS n FROM spans AS s JOIN traces AS t ON s.trace_id = t.trace_id \
                   WHERE t.errors > 0 GROUP BY s.service ORDER BY s.service";
        assert_eq!(answer(sql).len(), 2);
    }

    #[test]
    fn a_trace_is_a_row() {
        let row = answer("SELECT * FROM traces WHERE label = 'abnormal'").remove(0);
        let expected = [
            "t10",
            "web/GET /cart",
            "web",
            "GET /cart",
            "Integer(2)",
            "Integer(2)",
            "2023-11-14T22:13:20Z",
            "Number(10000.0)",
            "Integer(1)",
            "Integer(2)",
            "abnormal",
            "cpu_load",
            "cart",
        ];
        assert_eq!(texts(&row), expected);
        assert_eq!(trace_table(&spans()).unwrap().get_column_names(), TRACE_COLUMNS);
    }

    #[test]
    fn a_wrong_query_is_told_what_there_is() {
        let cases = [
            ("SELECT durations_us FROM spans", "there is no column `durations_us`; did you mean `duration_us`?; the columns are trace_id,"),
            ("SELECT s.servce FROM spans AS s", "there is no column `servce`; did you mean `service`?"),
            ("SELECT * FROM logs", "there is no table `logs`: the tables are `spans` (a row a span) and `traces` (a row a trace)"),
            ("SELECT * FORM spans", "the query is no valid SQL: "),
            ("", "the query is no valid SQL: it has no word"),
            ("-- a note\nDROP TABLE spans", "the query begins with `DROP`, and only questions can be answered"),
            ("SELECT * FROM spans; SELECT * FROM spans", "the query cannot be answered: "),
            ("SELECT * FROM spans ORDER BY 0", "the query cannot be answered: "),
            (
                "SELECT QUANTILE_CONT(duration_us, 2) FROM spans",
                "the query cannot be answered: QUANTILE_CONT value must be between 0 and 1",
            ),
            ("SELECT NOSUCH(duration_us) FROM spans", "the query cannot be answered: "),
        ];
        for (sql, message) in cases {
            let error = query(&spans(), sql).unwrap_err().to_string();
            assert!(error.starts_with(message) && !error.contains('\n'), "{sql}: {error}");
        }
    }

    #[test]
    fn a_query_of_no_spans_has_an_answer() {
        let none = SpanTableBuilder::default().finish();
        assert_eq!(query(&none, "SELECT root, MEDIAN(duration_us) FROM traces GROUP BY root").unwrap().height(), 0);
        assert_eq!(query(&none, "SELECT COUNT(*) FROM spans").unwrap().columns()[0].get(0).unwrap(), AnyValue::UInt32(0));
    }

    #[test]
    fn times_differences_and_lists_are_values() {
        let row = answer(
            "SELECT MAX(start) - MIN(start) AS age, ARRAY_AGG(span_id) AS ids, CAST(NULL AS DOUBLE) AS nothing FROM spans WHERE trace_id = 't1'",
        );
        assert_eq!(row[0][0], Cell::DurationUs(0.0));
        assert_eq!((&row[0][1], &row[0][2]), (&Cell::List(vec![Cell::Text("a".into()), Cell::Text("b".into())]), &Cell::Null));
    }
}
