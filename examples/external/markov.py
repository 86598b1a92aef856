#!/usr/bin/env python3
"""A generator of traces in Python alone, for `kind = "external"` of tracesmith.

    markov.py fit    TRAIN MODEL SEED        learns from a file of traces, writes into the folder MODEL
    markov.py sample MODEL COUNT SEED OUT    draws COUNT traces into the file OUT

Both files are Jaeger's JSON (`format = "jaeger-json"`). The children of a span are drawn one after the other, each given the operation of
its parent and of the child before it; durations and gaps are log-normal by operation. No training trace is kept.
"""

import json
import math
import random
import sys
from collections import Counter, defaultdict
from pathlib import Path

END = "end"


def traces_of(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)["data"]


def tree_of(trace):
    """The root of a trace and the children of every span, each a (label, start, duration) in µs."""
    services = {key: process["serviceName"] for key, process in trace["processes"].items()}
    spans, children, root = {}, defaultdict(list), None
    for span in trace["spans"]:
        label = (services[span["processID"]], span["operationName"])
        spans[span["spanID"]] = (label, span["startTime"], span["duration"])
    for span in sorted(trace["spans"], key=lambda span: span["startTime"]):
        parents = [reference["spanID"] for reference in span.get("references") or [] if reference["spanID"] in spans]
        if parents:
            children[parents[0]].append(span["spanID"])
        else:
            root = span["spanID"]
    return root, spans, children


def key(*parts):
    return json.dumps(parts)


def log_normal(values):
    logs = [math.log(max(value, 1.0)) for value in values]
    mean = sum(logs) / len(logs)
    return [mean, math.sqrt(sum((log - mean) ** 2 for log in logs) / len(logs))]


def fit(train, model, _seed):
    roots, following = Counter(), defaultdict(Counter)
    durations, gaps = defaultdict(list), defaultdict(list)
    starts, largest = [], 1
    traces = traces_of(train)
    for trace in traces:
        root, spans, children = tree_of(trace)
        roots[key(*spans[root][0])] += 1
        starts.append(spans[root][1])
        largest = max(largest, len(spans))
        for span, (label, start, duration) in spans.items():
            durations[key(*label)].append(duration)
            before = None
            for child in children[span]:
                following[key(label, before)][key(*spans[child][0])] += 1
                before = spans[child][0]
                gaps[key(*before)].append(spans[child][1] - start)
            following[key(label, before)][END] += 1
    learnt = {
        "roots": roots,
        "following": following,
        "durations": {label: log_normal(values) for label, values in durations.items()},
        "gaps": {label: log_normal(values) for label, values in gaps.items()},
        "starts": [min(starts), max(starts)],
        "largest": largest,
    }
    Path(model, "markov.json").write_text(json.dumps(learnt), encoding="utf-8")
    print(f"learnt from {len(traces)} traces: {len(durations)} operations, {len(following)} contexts")


def draw(rng, counts):
    return rng.choices(list(counts), weights=list(counts.values()))[0]


def draw_trace(rng, learnt):
    """Labels, parents, starts and durations of the spans of one trace."""
    start = rng.randint(*learnt["starts"])
    spans = [(json.loads(draw(rng, learnt["roots"])), None, start)]
    position = 0
    while position < len(spans):
        label, _, start = spans[position]
        before = None
        while len(spans) < 2 * learnt["largest"]:
            child = draw(rng, learnt["following"].get(key(label, before), {END: 1}))
            if child == END:
                break
            before = json.loads(child)
            spans.append((before, position, start + int(rng.lognormvariate(*learnt["gaps"][child]))))
        position += 1
    return [(label, parent, start, int(rng.lognormvariate(*learnt["durations"][key(*label)]))) for label, parent, start in spans]


def as_jaeger(rng, spans):
    trace_id = f"{rng.getrandbits(64):016x}"
    ids = [f"{number + 1:016x}" for number in range(len(spans))]
    services = sorted({label[0] for label, *_ in spans})
    written = []
    for number, ((service, operation), parent, start, duration) in enumerate(spans):
        references = [] if parent is None else [{"refType": "CHILD_OF", "traceID": trace_id, "spanID": ids[parent]}]
        written.append({
            "traceID": trace_id, "spanID": ids[number], "operationName": operation, "references": references,
            "startTime": start, "duration": duration, "tags": [], "processID": f"p{services.index(service)}",
        })
    processes = {f"p{number}": {"serviceName": service} for number, service in enumerate(services)}
    return {"traceID": trace_id, "spans": written, "processes": processes}


def sample(model, count, seed, out):
    learnt = json.loads(Path(model, "markov.json").read_text(encoding="utf-8"))
    rng = random.Random(int(seed))
    traces = [as_jaeger(rng, draw_trace(rng, learnt)) for _ in range(int(count))]
    with open(out, "w", encoding="utf-8") as file:
        json.dump({"data": traces}, file)


if __name__ == "__main__":
    verb, arguments = sys.argv[1], sys.argv[2:]
    {"fit": fit, "sample": sample}[verb](*arguments)
