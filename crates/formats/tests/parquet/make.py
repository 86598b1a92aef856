"""Makes the files beside it: the same three spans as pyarrow, polars and DuckDB write them.

python -m venv venv && venv/bin/pip install pyarrow polars duckdb && venv/bin/python make.py
"""

import duckdb
import polars as pl
import pyarrow.parquet as pq

spans = pl.DataFrame(
    {
        "trace_id": ["t", "t", "u"],
        "span_id": ["a", "b", "a"],
        "parent_id": [None, "a", None],
        "service": ["web", "db", "web"],
        "operation": ["GET /", "find", "GET /"],
        "start_ns": [1_700_000_000_000_000_001, 1_700_000_000_000_500_001, 1_700_000_001_000_000_000],
        "duration_us": [1500.25, 700.0, 3.0],
        "status": [200, None, 503],
        "kind": ["server", "client", None],
        "attributes": ['{"http.route":"/"}', None, None],
        "extra": [[1], [], None],
    }
)
pq.write_table(spans.to_arrow(), "pyarrow.parquet", compression="gzip", data_page_version="2.0", use_dictionary=["service"])
spans.with_columns(pl.col("service", "kind").cast(pl.Categorical)).write_parquet("polars.parquet", statistics=False)
duckdb.sql("copy (select * replace (make_timestamp_ns(start_ns) as start_ns) from spans) to 'duckdb.parquet' (format parquet)")
