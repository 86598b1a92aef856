"""Reads a Parquet file of tracesmith with polars, and checks that its columns are those of the schema.

A development tool; nothing in the crates needs Python.  It ends with 0 if every column of crates/trace/src/span_table.rs is there with the
type of the schema, no other column is, and the version in the file's metadata is that of the schema; otherwise it says what differs:

    pip install polars==2.1.0
    tracesmith convert traces.csv traces.parquet
    python reports/span_table.py traces.parquet

pandas and DuckDB read the same columns.  Spark reads times in ns as 64-bit integers, with spark.sql.legacy.parquet.nanosAsLong = true.
"""

import pathlib
import re
import sys

import polars as pl

SCHEMA = pathlib.Path(__file__).resolve().parent.parent / "crates" / "trace" / "src" / "span_table.rs"

# What a column of each kind of content is in polars.
TYPES = {
    "Text": [pl.String],
    "Category": [pl.String, pl.Categorical],
    "Number16": [pl.UInt16],
    "Double": [pl.Float64],
    "Time": [pl.Datetime("ns", "UTC")],
}


def schema():
    """Name, content and nullability of every column, in order; version and its key."""
    source = SCHEMA.read_text()
    texts = dict(re.findall(r'pub const (\w+): &str = "([^"]+)";', source))
    columns = re.findall(r"column\((\w+), Content::(\w+), (true|false)\)", source)
    version = re.search(r"pub const VERSION: u32 = (\d+);", source).group(1)
    return [(texts[name], content, nullable == "true") for name, content, nullable in columns], version, texts["VERSION_KEY"]


def differences(path):
    columns, version, key = schema()
    frame = pl.read_parquet(path)
    names = [name for name, _, _ in columns]
    if frame.columns != names:
        yield f"the columns are {', '.join(frame.columns)}, expected {', '.join(names)}"
    for name, content, nullable in columns:
        if name not in frame.columns:
            continue
        if frame.schema[name] not in TYPES[content]:
            yield f"{name} is {frame.schema[name]}, expected {content}"
        if not nullable and frame[name].null_count() > 0:
            yield f"{name} is null in {frame[name].null_count()} rows, and never may be"
    found = pl.read_parquet_metadata(path).get(key)
    if found != version:
        yield f"{key} in the metadata is {found}, expected {version}"
    print(frame.group_by("service", "operation").agg(pl.len(), pl.col("duration_us").median()).sort("len", descending=True).head(5))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    found = list(differences(sys.argv[1]))
    for difference in found:
        print(f"error: {difference}", file=sys.stderr)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
