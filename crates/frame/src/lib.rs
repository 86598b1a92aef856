//! The span table: traces as a polars data frame and back, and SQL over it.
