"""The independent check: SDMetrics on the tables behind traces, to stand beside the figures of `tracesmith evaluate`.

A development tool; nothing in the crates needs Python.  It reads what tracesmith exports as `eadro-csv` or `jaeger-json` (plain or .gz):

    pip install sdmetrics==0.32.0
    python reports/sdmetrics.py --train train.csv --held-out held-out.csv --synthetic synthetic.csv --out sdmetrics.json
    python reports/sdmetrics.py --run reports/leaderboard

The second form checks all generators of an experiment with `data.export = true`, and the training traces themselves as "ceiling"; it writes
sdmetrics.json into the folder, and the next `tracesmith run` of the experiment shows it in the report.

Columns that are read from Eadro's CSV: trace_id, span_id, parent_id (empty for a root), service_name, operation_name, duration (µs) and
status_code.  Two tables are made of every file:

    spans   service, operation, parent_service, parent_operation ("none" for a root), log_duration = ln(1 + µs), status
    traces  root_service, root_operation, spans, services, operations, depth, log_duration (of the root), mean_log_duration

What is written, for each table, all from 0 to 1, 1 best unless it says otherwise:

    column_shapes         mean over columns of 1 - KS distance (numbers) or 1 - total variation distance (names), held-out vs synthetic
    column_pair_trends    the same for pairs of columns: correlation or contingency similarity
    columns               score of every column
    dcr_overfitting       DCROverfittingProtection; closer_to_training is the share of synthetic rows nearer to training than to held-out
                          rows (0.5 = private); rows with equal distances count as held-out
    dcr_baseline          DCRBaselineProtection: median distance to training rows against that of random rows

SDMetrics compares rows one by one, so that rows are drawn for the DCR: as many of each side, since the nearest of more rows is nearer.
"""

import argparse
import csv
import gzip
import json
import math
import random
import sys
from collections import defaultdict
from pathlib import Path

# The script has the name of the package; without this Python would import the script itself.
sys.path = [path for path in sys.path if Path(path or ".").resolve() != Path(__file__).resolve().parent]

import numpy
import pandas
import sdmetrics
from sdmetrics.reports import QualityReport
from sdmetrics.single_table import DCRBaselineProtection, DCROverfittingProtection

SPAN_COLUMNS = {"service": "categorical", "operation": "categorical", "parent_service": "categorical", "parent_operation": "categorical",
                "log_duration": "numerical", "status": "categorical"}
TRACE_COLUMNS = {"root_service": "categorical", "root_operation": "categorical", "spans": "numerical", "services": "numerical",
                 "operations": "numerical", "depth": "numerical", "log_duration": "numerical", "mean_log_duration": "numerical"}
TABLES = {"spans": SPAN_COLUMNS, "traces": TRACE_COLUMNS}


def text_of(path):
    return gzip.open(path, "rt", encoding="utf-8", newline="") if path.endswith(".gz") else open(path, encoding="utf-8", newline="")


def eadro_spans(file):
    for row in csv.DictReader(file):
        yield (row["trace_id"], row["span_id"], row["parent_id"] or None, row["service_name"], row["operation_name"], float(row["duration"]),
               row["status_code"] or "0")


def jaeger_spans(file):
    for trace in json.load(file)["data"]:
        for span in trace["spans"]:
            parents = [r["spanID"] for r in span.get("references") or [] if r["refType"] == "CHILD_OF"]
            tags = {tag["key"]: tag["value"] for tag in span.get("tags") or []}
            status = tags.get("http.response.status_code", tags.get("http.status_code", 0))
            yield (span["traceID"], span["spanID"], parents[0] if parents else None, trace["processes"][span["processID"]]["serviceName"],
                   span["operationName"], float(span["duration"]), str(status))


def traces_of(path):
    """Spans by trace and span id; a trace whose parents do not resolve is left out, as tracesmith leaves it out."""
    traces = defaultdict(dict)
    with text_of(path) as file:
        read = jaeger_spans if ".json" in Path(path).suffixes else eadro_spans
        for trace, span, *rest in read(file):
            traces[trace][span] = rest
    whole = [spans for spans in traces.values() if all(span[0] is None or span[0] in spans for span in spans.values())]
    whole = [spans for spans in whole if sum(span[0] is None for span in spans.values()) == 1]
    if not whole:
        raise SystemExit(f"{path}: no trace with one root whose parents are all in the file")
    if len(whole) < len(traces):
        print(f"{path}: {len(traces) - len(whole)} of {len(traces)} traces left out (not one rooted tree)", file=sys.stderr)
    return whole


def depth_of(spans):
    """Spans on the longest way down, less one.  Walks up from every span once, without recursion: chains can be very deep."""
    depths = {}
    for span in spans:
        way = []
        while span is not None and span not in depths:
            way.append(span)
            span = spans[span][0]
        depth = depths[span] if span is not None else -1
        for known in reversed(way):
            depth += 1
            depths[known] = depth
    return max(depths.values())


def tables_of(path):
    span_rows, trace_rows = [], []
    for spans in traces_of(path):
        logs = []
        for parent, service, operation, duration, status in spans.values():
            above = spans[parent] if parent is not None else (None, "none", "none")
            logs.append(math.log1p(duration))
            span_rows.append((service, operation, above[1], above[2], logs[-1], status))
        root = next(span for span in spans.values() if span[0] is None)
        trace_rows.append((root[1], root[2], len(spans), len({s[1] for s in spans.values()}), len({s[2] for s in spans.values()}),
                           depth_of(spans), math.log1p(root[3]), sum(logs) / len(logs)))
    return {"spans": pandas.DataFrame(span_rows, columns=list(SPAN_COLUMNS)), "traces": pandas.DataFrame(trace_rows, columns=list(TRACE_COLUMNS))}


def quality(name, columns, real, synthetic):
    metadata = {"tables": {name: {"columns": {column: {"sdtype": kind} for column, kind in columns.items()}}}, "relationships": []}
    report = QualityReport()
    report.generate({name: real}, {name: synthetic}, metadata, verbose=False)
    scores = dict(report.get_properties().values)
    shapes = report.get_details("Column Shapes", table_name=name)
    return {"column_shapes": scores["Column Shapes"], "column_pair_trends": scores["Column Pair Trends"],
            "columns": dict(zip(shapes["Column"], shapes["Score"]))}


def protection(columns, train, held_out, synthetic, most, seed):
    rows = min(len(train), len(held_out), most)
    train, held_out = (table.sample(rows, random_state=seed) for table in (train, held_out))
    synthetic = synthetic.sample(min(len(synthetic), most), random_state=seed)
    metadata = {"columns": {column: {"sdtype": kind} for column, kind in columns.items()}}
    overfitting = DCROverfittingProtection.compute_breakdown(train, synthetic, held_out, metadata, None)
    baseline = DCRBaselineProtection.compute_breakdown(train, synthetic, metadata, None)
    return {"dcr_rows": {"training": rows, "held_out": rows, "synthetic": len(synthetic)},
            "dcr_overfitting": {"score": overfitting["score"], **overfitting["synthetic_data_percentages"]},
            "dcr_baseline": {"score": baseline["score"], **baseline["median_DCR_to_real_data"]}}


def plain(value):
    """JSON knows no NaN: SDMetrics' figure for what it cannot compute."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (float, numpy.floating)):
        return round(float(value), 6) if math.isfinite(value) else None
    return value.item() if isinstance(value, numpy.generic) else value


def figures_of(train, held_out, synthetic, most, seed):
    figures = {}
    for name, columns in TABLES.items():
        figures[name] = {"rows": {"held_out": len(held_out[name]), "synthetic": len(synthetic[name])}}
        figures[name] |= quality(name, columns, held_out[name], synthetic[name])
        if train:
            figures[name] |= protection(columns, train[name], held_out[name], synthetic[name], most, seed)
    return figures


def check_run(folder, most, seed):
    systems = {}
    for held_out_path in sorted(folder.glob("splits/*.held-out.*.gz")):
        # A file with start times ends in .json.gz, another in .csv.gz; not all generators draw starts.
        system, ending = held_out_path.name.split(".held-out")
        train, held_out = tables_of(str(held_out_path.with_name(f"{system}.training{ending}"))), tables_of(str(held_out_path))
        systems[system] = {"ceiling": figures_of(None, held_out, train, most, seed)}
        for path in sorted(folder.glob(f"synthetic/{system}.*.empirical.*.gz")):
            generator = path.name.removeprefix(f"{system}.").split(".empirical")[0]
            systems[system][generator] = figures_of(train, held_out, tables_of(str(path)), most, seed)
            print(f"{system}, {generator}", file=sys.stderr)
    if not systems:
        sys.exit(f"{folder} has no splits: set data.export = true in the experiment and run it again")
    return systems


def main():
    arguments = argparse.ArgumentParser(description="SDMetrics on exported traces")
    arguments.add_argument("--train", help="real traces that the generator was fitted on; without them no DCR")
    arguments.add_argument("--run", type=Path, help="folder of an experiment with data.export = true, in place of the three files")
    arguments.add_argument("--held-out", help="real traces that it was not fitted on")
    arguments.add_argument("--synthetic", help="traces that it generated")
    arguments.add_argument("--max-rows", type=int, default=1000, help="rows of a table that are compared one by one (default 1000)")
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--out", help="file for the figures (default: standard output)")
    given = arguments.parse_args()
    random.seed(given.seed)
    numpy.random.seed(given.seed)
    figures = {"sdmetrics": sdmetrics.__version__}
    if given.run:
        figures["systems"] = check_run(given.run, given.max_rows, given.seed)
        given.out = given.out or given.run / "sdmetrics.json"
    elif given.held_out and given.synthetic:
        held_out, synthetic = tables_of(given.held_out), tables_of(given.synthetic)
        train = tables_of(given.train) if given.train else None
        figures["files"] = {"train": given.train, "held_out": given.held_out, "synthetic": given.synthetic}
        figures |= figures_of(train, held_out, synthetic, given.max_rows, given.seed)
    else:
        arguments.error("give --run, or --held-out and --synthetic")
    text = json.dumps(plain(figures), indent=2) + "\n"
    if given.out:
        Path(given.out).write_text(text, encoding="utf-8")
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
