"""The corpora of the golden values and what is read off their traces."""

from collections import Counter

import networkx
import numpy
from scipy.spatial.distance import jensenshannon
from scipy.stats import ks_2samp

rng = numpy.random.default_rng(20240607)
SERVICES, OPERATIONS = ["cart", "front", "pay", "ship"], ["charge", "get", "list", "post", "quote"]


def corpus(name, traces, tilt):
    """Random trees whose labels, sizes and durations depend on `tilt`; a few get a second parent or lose an edge."""
    result = []
    for number in range(traces):
        n = int(rng.integers(1, 9 + 2 * tilt))
        weights = numpy.array([4, 3, 2, 1]) + tilt * numpy.array([0, 2, 0, 3])
        spans, edges = [], []
        for i in range(n):
            service = int(rng.choice(4, p=weights / weights.sum()))
            parent = int(rng.integers(0, i)) if i else None
            begin = spans[parent]["start_us"] if i else 0.0
            spans.append({
                "service": service,
                "operation": int((service + rng.integers(0, 2 + tilt)) % 5),
                "start_us": round(begin + float(rng.exponential(200 + 90 * tilt)) * bool(i), 3),
                "duration_us": round(float(rng.lognormal(6 + 0.3 * tilt, 1.2)), 3),
                "status": 0,
            })
            if i and rng.random() > 0.05 * tilt:
                edges.append((parent, i))
        if n > 3 and rng.random() < 0.3 and (0, n - 1) not in edges:
            edges.append((0, n - 1))
        result.append({"id": str(number), "start_ns": 0, "label": "unknown", "spans": spans,
                       "edges": [{"child": child, "parent": parent} for parent, child in edges]})
    return {"name": name, "services": SERVICES, "operations": OPERATIONS, "has_starts": True, "traces": result}


real, synthetic = corpus("real", 40, 0), corpus("synthetic", 30, 1)
SIDES = (real, synthetic)


def ks(x, y):
    return 1 - ks_2samp(x, y).statistic


def js(x, y):
    x, y = Counter(x), Counter(y)
    keys = sorted(set(x) | set(y))
    return 1 - jensenshannon([x[k] for k in keys], [y[k] for k in keys], base=2)


def graph(trace):
    g = networkx.DiGraph()
    g.add_nodes_from(range(len(trace["spans"])))
    g.add_edges_from((edge["parent"], edge["child"]) for edge in trace["edges"])
    return g


def over(of, side):
    return [value for trace in side["traces"] for value in of(trace)]


def durations(trace):
    return [span["duration_us"] for span in trace["spans"]]


def labels(trace):
    return [(span["service"], span["operation"]) for span in trace["spans"]]


def calls(trace):
    label = labels(trace)
    return [(label[edge["parent"]], label[edge["child"]]) for edge in trace["edges"]]


def degrees(trace):
    return [degree for _, degree in graph(trace).degree()]


def along(trace, key):
    spans = trace["spans"]
    return [(spans[edge["parent"]][key], spans[edge["child"]][key]) for edge in trace["edges"]]


def ratio(a, b):
    return 1.0 if a == b else min(a, b) / max(a, b)


def signature(trace):
    return tuple(sorted(labels(trace))), tuple(sorted(calls(trace)))


def is_near(trace, others):
    """Whether one of the others has nine of ten calls in common."""
    edge_set = lambda t: set(calls(t)) or {(None, label) for label in labels(t)}
    return any(len(edge_set(trace) & edge_set(t)) / len(edge_set(trace) | edge_set(t)) >= 0.9 for t in others)


def requests(name, traces, tilt, draw):
    """Few shapes with distinct siblings; services and operations are those of the other corpora."""
    shapes = [[(0, 1, None)], [(1, 1, None), (0, 2, 0)], [(1, 3, None), (0, 2, 0), (2, 0, 0)], [(1, 3, None), (0, 2, 0), (2, 0, 1)]]
    result = []
    for number in range(traces):
        shape = shapes[draw.choice(4, p=numpy.array([6, 6, 3, 1]) / 16)]
        root = draw.lognormal(8, 0.7)
        times = [root if parent is None else root * draw.beta(2 + tilt, 4) for _, _, parent in shape]
        spans = [{"service": s, "operation": o, "start_us": 0.0, "duration_us": round(float(d), 3),
                  "status": 503 if (number + place) % (9 if tilt else 20) == 0 else 200} for place, ((s, o, _), d) in enumerate(zip(shape, times))]
        result.append({"id": str(number), "start_ns": 0, "label": "unknown", "spans": spans,
                       "edges": [{"child": child, "parent": parent} for child, (_, _, parent) in enumerate(shape) if parent is not None]})
    return {"name": name, "services": SERVICES, "operations": OPERATIONS, "has_starts": False, "traces": result}
