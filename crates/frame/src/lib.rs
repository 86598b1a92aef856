//! The span table: traces as a polars data frame and back, and SQL over it.
//!
//! [`span_table`] makes a frame of a corpus and [`SpanTableBuilder`] of any spans; [`records`] gives the spans of a frame back, which the
//! crate `ingest` assembles and repairs as it does those of any reader. [`query`] answers SQL over the spans and over a row a trace
//! ([`trace_table`]). Columns and version of the schema are those of [`tracesmith_trace::span_table`], which the Parquet files have as well:
//!
//! | column | type in a frame | read, too | null means |
//! |---|---|---|---|
//! | `trace_id` | String | Categorical, Enum | an error |
//! | `span_id` | String | Categorical, Enum | an error |
//! | `parent_id` | String | Categorical, Enum | a root |
//! | `service` | Categorical | String, Enum | a service without a name |
//! | `operation` | Categorical | String, Enum | an operation without a name |
//! | `span_kind` | Categorical: `unspecified`, `internal`, `server`, `client`, `producer`, `consumer` | String, Enum | unspecified |
//! | `status_code` | Categorical: `unset`, `ok`, `error` | String, Enum | unset |
//! | `http_status` | UInt32 | any integer or float | none |
//! | `start` | Datetime(ns, UTC) | Datetime of any unit, integers (ns since the Unix epoch, UTC) | not measured |
//! | `duration_us` | Float64; NaN for an unfinished span | any integer or float, Duration | unfinished |
//! | `label` | Categorical: `normal`, `abnormal` | String, Enum | unknown |
//! | `fault_kind` | Categorical, with the label `abnormal` | String, Enum | none |
//! | `fault_service` | Categorical, with the label `abnormal` | String, Enum | none |
//! | `attributes` | String: a JSON object of texts | | none |
//!
//! The columns from `span_kind` to `start` and those from `label` on may be missing; columns of other names are not looked at.
//!
//! ```
//! use tracesmith_trace::{CorpusBuilder, Span, Trace, Vocabulary};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut builder = CorpusBuilder::new("shop", Vocabulary::new(["web"]), Vocabulary::new(["GET /"]), true);
//! let span = Span { duration_us: 1500.0, ..Span::default() };
//! builder.push(Trace { id: "1".into(), spans: vec![span], ..Trace::default() })?;
//!
//! let spans = tracesmith_frame::span_table(&builder.finish());
//! let slow = tracesmith_frame::query(&spans, "SELECT service, AVG(duration_us) AS mean FROM spans GROUP BY service")?;
//! assert_eq!(slow.height(), 1);
//! # Ok(())
//! # }
//! ```

mod category;
mod cell;
mod columns;
mod error;
mod label_columns;
mod query;
mod records;
mod span_table;
mod trace_table;

pub use cell::{Cell, cells, numeric_columns};
pub use error::{FrameError, QueryError};
pub use polars;
pub use query::{SPANS, TRACES, query};
pub use records::{Records, records};
pub use span_table::{SpanTableBuilder, span_table};
pub use trace_table::{TRACE_COLUMNS, trace_table};
