"""Computes expected.json with SciPy, scikit-learn and NumPy: every number here comes from a library or from plain array code that
shares nothing with the Rust crate.  Needed only to regenerate the file:

    pip install numpy scipy scikit-learn networkx && python expected.py
"""

import json
from collections import Counter
from itertools import combinations
from pathlib import Path

import networkx
import numpy
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import jensenshannon, pdist, squareform
from scipy.stats import (binomtest, chi2_contingency, entropy, false_discovery_control, fisher_exact, ks_2samp, kstwobign, mannwhitneyu, norm,
                         pearsonr)
from sklearn import metrics
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.preprocessing import StandardScaler

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


def features(trace):
    g, d = graph(trace), durations(trace)
    n, e = g.number_of_nodes(), g.number_of_edges()
    return [numpy.log1p(n), numpy.log1p(e), networkx.density(g), 2 * e / n, max(degrees(trace)),
            sum(degree == 0 for _, degree in g.in_degree()) / n, sum(degree == 0 for _, degree in g.out_degree()) / n,
            numpy.log1p(numpy.mean(d)), numpy.log1p(numpy.std(d)),
            len({span["service"] for span in trace["spans"]}), len({span["operation"] for span in trace["spans"]})]


def mmd(x, y):
    pooled = StandardScaler().fit_transform(numpy.vstack([x, y]))
    distances = pdist(pooled)
    kernel = metrics.pairwise.rbf_kernel(pooled, gamma=1 / (2 * numpy.median(distances[distances > 0]) ** 2))
    k = len(x)
    return float(numpy.exp(-(kernel[:k, :k].mean() + kernel[k:, k:].mean() - 2 * kernel[:k, k:].mean())))


def critical_path(trace):
    g, d = graph(trace), durations(trace)
    h = networkx.DiGraph()
    h.add_node("source")
    h.add_weighted_edges_from(("source", node, d[node]) for node in g)
    h.add_weighted_edges_from((parent, child, d[child]) for parent, child in g.edges)
    return networkx.dag_longest_path_length(h)


def by_label(side):
    groups = {}
    for trace in side["traces"]:
        for label, duration in zip(labels(trace), durations(trace)):
            groups.setdefault(label, []).append(duration)
    return groups


def correlation(side):
    pairs = numpy.log1p(over(lambda trace: along(trace, "duration_us"), side))
    return pearsonr(pairs[:, 0], pairs[:, 1]).statistic


def both(measure, of):
    return float(measure(over(of, real), over(of, synthetic)))


per_label = {label: (len(of), ks(of, by_label(synthetic)[label]) if label in by_label(synthetic) else 0.0) for label, of in by_label(real).items()}
frequent = [similarity for spans, similarity in per_label.values() if spans >= 20]
real_labels, synthetic_labels = (set(over(labels, side)) for side in SIDES)
fidelity = {
    "structure.node_count": both(ks, lambda t: [len(t["spans"])]),
    "structure.edge_count": both(ks, lambda t: [len(t["edges"])]),
    "structure.density": both(ks, lambda t: [networkx.density(graph(t))]),
    "structure.average_degree": both(ks, lambda t: [numpy.mean(degrees(t))]),
    "structure.maximum_degree": both(ks, lambda t: [max(degrees(t))]),
    "structure.degrees": both(ks, degrees),
    "structure.mmd": mmd(*([features(trace) for trace in side["traces"]] for side in SIDES)),
    "duration.mean_per_trace": both(ks, lambda t: [numpy.mean(durations(t))]),
    "duration.all_spans": both(ks, durations),
    "semantic.services": both(js, lambda t: [span["service"] for span in t["spans"]]),
    "semantic.operations": both(js, lambda t: [span["operation"] for span in t["spans"]]),
    "semantic.service_operation_pairs": both(js, labels),
    "semantic.known_pairs": len(real_labels & synthetic_labels) / len(synthetic_labels),
    "apart.depth": both(ks, lambda t: [networkx.dag_longest_path_length(graph(t))]),
    "apart.branching": both(ks, lambda t: [degree for _, degree in graph(t).out_degree() if degree]),
    "apart.child_parent_duration_ratio": both(ks, lambda t: [(1 + c) / (1 + p) for p, c in along(t, "duration_us")]),
    "apart.critical_path_length": both(ks, lambda t: [critical_path(t)]),
    "apart.start_offset": both(ks, lambda t: [c - p for p, c in along(t, "start_us")]),
    "apart.durations_by_label_mean": numpy.average([s for _, s in per_label.values()], weights=[n for n, _ in per_label.values()]),
    "apart.durations_by_label_worst": min(frequent),
    "apart.parent_child_label_pairs": both(js, calls),
    "apart.edge_duration_correlation_difference": abs(correlation(real) - correlation(synthetic)),
}
for group in ("structure", "duration", "semantic"):
    fidelity[group] = numpy.mean([value for key, value in fidelity.items() if key.startswith(group + ".")])
fidelity["overall"] = numpy.mean([fidelity[group] for group in ("structure", "duration", "semantic")])


def validity():
    graphs = [graph(trace) for trace in synthetic["traces"]]
    one_root = [g for g in graphs if networkx.is_weakly_connected(g) and sum(d == 0 for _, d in g.in_degree()) == 1]
    inside = lambda t: [t["spans"][e["child"]]["start_us"] >= t["spans"][e["parent"]]["start_us"] and
                        t["spans"][e["child"]]["start_us"] + t["spans"][e["child"]]["duration_us"] <=
                        t["spans"][e["parent"]]["start_us"] + t["spans"][e["parent"]]["duration_us"] for e in t["edges"]]
    shorter = lambda t: [c <= p for p, c in along(t, "duration_us")]
    known = set(over(calls, real))
    return {
        "valid_share": len(one_root) / len(graphs),
        "tree_share": sum(networkx.is_arborescence(g) for g in graphs) / len(graphs),
        "child_inside_parent": numpy.mean(over(inside, synthetic)),
        "real_child_inside_parent": numpy.mean(over(inside, real)),
        "child_not_longer_than_parent": numpy.mean(over(shorter, synthetic)),
        "real_child_not_longer_than_parent": numpy.mean(over(shorter, real)),
        "known_label_pairs": numpy.mean([call in known for call in over(calls, synthetic)]),
        "sane_times": 1.0,
    }


def span_matrix():
    rows = []
    for side in SIDES:
        for trace in side["traces"]:
            for span in trace["spans"]:
                row = [0.0] * (len(SERVICES) + len(OPERATIONS)) + [span["duration_us"]]
                row[span["service"]] = row[len(SERVICES) + span["operation"]] = 1.0
                rows.append(row)
    return StandardScaler().fit_transform(rows)


matrix = span_matrix()
origin = [0] * len(over(durations, real)) + [1] * len(over(durations, synthetic))
clusters = KMeans(2, n_init=200, random_state=0).fit_predict(matrix)
pca = PCA(2, svd_solver="full").fit(matrix)
points = pca.transform(matrix)
sides = [points[numpy.array(origin) == side] for side in (0, 1)]
pooled = numpy.sqrt(sum(((side - side.mean(0)) ** 2).sum() for side in sides) / (2 * (len(points) - 2)))
similarity = {
    "nmi": metrics.normalized_mutual_info_score(origin, clusters),
    "pca.explained_variance_1": pca.explained_variance_ratio_[0],
    "pca.explained_variance_2": pca.explained_variance_ratio_[1],
    "pca.centroid_distance": numpy.linalg.norm(sides[0].mean(0) - sides[1].mean(0)) / pooled,
}


def forest():
    """Many samples of a few labels; rows are (service, operation), columns the counts in real and synthetic, train and test."""
    p = rng.dirichlet(numpy.ones(24) * 2, size=2)
    table = {"labels": [[i // 6, 4 + i % 6] for i in range(24)], "features": 10,
             "train": numpy.array([rng.multinomial(3000, p[0]), rng.multinomial(2500, p[1])]).T.tolist(),
             "test": numpy.array([rng.multinomial(1500, p[0]), rng.multinomial(1200, p[1])]).T.tolist()}

    def samples(counts):
        x, y = [], []
        for label, of in zip(table["labels"], counts):
            row = [float(feature in label) for feature in range(10)]
            for side in (0, 1):
                x += [row] * of[side]
                y += [side] * of[side]
        return x, y

    (x, y), (test_x, test_y) = samples(table["train"]), samples(table["test"])
    fitted = [RandomForestClassifier(200, max_depth=6, min_samples_leaf=20, random_state=seed, n_jobs=2).fit(x, y) for seed in range(3)]
    scores = [model.predict_proba(test_x)[:, 1] for model in fitted]
    distinct = [[float(feature in label) for feature in range(10)] for label in table["labels"]]
    table["auc"] = numpy.mean([metrics.roc_auc_score(test_y, score) for score in scores])
    table["accuracy"] = numpy.mean([metrics.accuracy_score(test_y, score > 0.5) for score in scores])
    table["probabilities"] = numpy.mean([model.predict_proba(distinct)[:, 1] for model in fitted], axis=0).tolist()
    return table


def ratio(a, b):
    return 1.0 if a == b else min(a, b) / max(a, b)


def instance(a, b):
    """One pair of traces."""
    g, h = graph(a), graph(b)
    weights = [[0.4 * (x["service"] == y["service"]) + 0.4 * (x["operation"] == y["operation"]) + 0.2 * ratio(x["duration_us"], y["duration_us"])
                for y in b["spans"]] for x in a["spans"]]
    rows, columns = linear_sum_assignment(weights, maximize=True)
    members = {
        "node_count": ratio(len(g), len(h)),
        "edge_count": ratio(g.size(), h.size()),
        "average_degree": ratio(numpy.mean(degrees(a)), numpy.mean(degrees(b))),
        "density": 1 - abs(networkx.density(g) - networkx.density(h)),
        "clustering": 1 - abs(networkx.average_clustering(g.to_undirected()) - networkx.average_clustering(h.to_undirected())),
        "degrees": ks(degrees(a), degrees(b)),
    }
    members["structure"] = numpy.mean(list(members.values()))
    members["best_match"] = numpy.array(weights)[rows, columns].sum() / max(len(g), len(h))
    return members


def memorisation(training, held_out, generated):
    signature = lambda t: (tuple(sorted(labels(t))), tuple(sorted(calls(t))))
    edge_set = lambda t: set(calls(t)) or {(None, label) for label in labels(t)}
    jaccard = lambda a, b: len(a & b) / len(a | b)
    known, sets = {signature(t) for t in training}, [edge_set(t) for t in training]
    exact = lambda side: numpy.mean([signature(t) in known for t in side])
    near = lambda side: numpy.mean([any(jaccard(edge_set(t), other) >= 0.9 for other in sets) for t in side])
    unique = lambda side: len({signature(t) for t in side}) / len(side)
    cover = lambda of: len({x for t in held_out for x in of(t)} & {x for t in generated for x in of(t)}) / len({x for t in held_out for x in of(t)})
    return {"exact_duplicate_rate": exact(generated), "natural_rate": exact(held_out), "excess": exact(generated) - exact(held_out),
            "near_duplicate_rate": near(generated), "natural_near_rate": near(held_out), "unique_ratio": unique(generated),
            "real_unique_ratio": unique(held_out), "label_coverage": cover(labels), "edge_coverage": cover(calls)}


def utility():
    classes, n = ["normal", "delay", "loss"], 60
    probabilities = rng.dirichlet([1, 1, 1], n).round(2)
    probabilities[:, 2] = 1 - probabilities[:, 0] - probabilities[:, 1]
    probabilities = numpy.abs(probabilities.round(2))
    truth = [int(rng.choice(3, p=row)) for row in probabilities]
    predicted = probabilities.argmax(1)
    one_hot = numpy.eye(3)[truth]
    precision, recall, f1, support = metrics.precision_recall_fscore_support(truth, predicted, labels=[0, 1, 2], zero_division=0)
    average = [metrics.average_precision_score(one_hot[:, c], probabilities[:, c]) for c in range(3)]
    confusion = metrics.confusion_matrix(truth, predicted)
    expected = {
        "loss": metrics.log_loss(truth, probabilities, labels=[0, 1, 2]),
        "accuracy": metrics.accuracy_score(truth, predicted),
        "weighted_precision": metrics.precision_score(truth, predicted, average="weighted", zero_division=0),
        "weighted_recall": metrics.recall_score(truth, predicted, average="weighted", zero_division=0),
        "weighted_f1": metrics.f1_score(truth, predicted, average="weighted"),
        "pr_auc": average[1],
        "false_alarm_rate": 1 - metrics.recall_score(one_hot[:, 1] == 0, predicted != 1),
    }
    for c, name in enumerate(classes):
        expected |= {f"class.{name}.precision": precision[c], f"class.{name}.recall": recall[c], f"class.{name}.f1": f1[c],
                     f"class.{name}.average_precision": average[c], f"class.{name}.support": support[c]}
    return {"classes": classes, "probabilities": probabilities.tolist(), "truth": truth, "confusion": confusion.tolist(), "expected": expected,
            "roc_auc": metrics.roc_auc_score(one_hot[:, 1], probabilities[:, 1])}


def reconstruction():
    """Predicted traces: the true ones with some labels, durations and edges changed."""
    truth, predicted = real["traces"][:12], []
    true_edges, predicted_edges = [], []
    for trace in truth:
        n = len(trace["spans"])
        spans = [dict(span, service=int(rng.integers(4)) if rng.random() < 0.3 else span["service"],
                      operation=int(rng.integers(5)) if rng.random() < 0.3 else span["operation"],
                      duration_us=round(span["duration_us"] * float(rng.lognormal(0, 0.5)), 3)) for span in trace["spans"]]
        true = {(edge["parent"], edge["child"]) for edge in trace["edges"]}
        edges = {pair for pair in combinations(range(n), 2) if rng.random() < (0.8 if pair in true else 0.1)}
        predicted.append(dict(trace, spans=spans, edges=[{"child": c, "parent": p} for p, c in sorted(edges)]))
        pairs = list(combinations(range(n), 2))
        true_edges += [pair in true for pair in pairs]
        predicted_edges += [pair in edges for pair in pairs]
    values = lambda traces, key: numpy.array([span[key] for trace in traces for span in trace["spans"]])
    of = lambda key: (values(truth, key), values(predicted, key))
    expected = {
        "service_accuracy": metrics.accuracy_score(*of("service")),
        "operation_accuracy": metrics.accuracy_score(*of("operation")),
        "duration_mae_us": metrics.mean_absolute_error(*of("duration_us")),
        "duration_male": metrics.mean_absolute_error(*numpy.log1p(of("duration_us"))),
        "edge_precision": metrics.precision_score(true_edges, predicted_edges),
        "edge_recall": metrics.recall_score(true_edges, predicted_edges),
        "edge_f1": metrics.f1_score(true_edges, predicted_edges),
    }
    return {"truth": dict(real, traces=truth), "predicted": dict(real, traces=predicted), "expected": expected}


def statistics():
    x, y = rng.normal(0, 1, 70).round(1), rng.normal(0.4, 1.3, 50).round(1)
    p, q = rng.integers(0, 9, 12), rng.integers(0, 9, 12)
    return {"x": x.tolist(), "y": y.tolist(), "p": p.tolist(), "q": q.tolist(), "ks": ks(x, y), "js": 1 - jensenshannon(p, q, base=2),
            "quantiles": [[level, numpy.quantile(x, level)] for level in (0.0, 0.05, 0.31, 0.5, 0.99, 1.0)],
            "mean": x.mean(), "deviation": x.std(), "correlation": pearsonr(x[:50], y).statistic,
            "labels_a": p.tolist(), "labels_b": q.tolist(), "nmi": metrics.normalized_mutual_info_score(p, q)}


def ranking(positives, negatives, level):
    """AUC with the interval of DeLong et al. from all pairs, and the true-positive rate at a false-positive rate with Wilson's."""
    positives, negatives = numpy.array(positives), numpy.array(negatives)
    wins = (positives[:, None] > negatives).astype(float) + (positives[:, None] == negatives) / 2
    error = norm.ppf(0.975) * numpy.sqrt(wins.mean(1).var(ddof=1) / len(positives) + wins.mean(0).var(ddof=1) / len(negatives))
    truth, scores = [1] * len(positives) + [0] * len(negatives), numpy.concatenate([positives, negatives])
    auc = metrics.roc_auc_score(truth, scores)
    alarms, hits, _ = metrics.roc_curve(truth, scores, drop_intermediate=False)
    found = hits[alarms <= level + 1e-12].max()
    wilson = binomtest(round(found * len(positives)), len(positives)).proportion_ci(0.95, "wilson")
    return {"auc": [auc, max(auc - error, 0), min(auc + error, 1)], "tpr": [found, wilson.low, wilson.high]}


def requests(name, traces, tilt, draw):
    """Few shapes with distinct siblings; services and operations are those of the other corpora."""
    shapes = [[(0, 1, None)], [(1, 1, None), (0, 2, 0)], [(1, 3, None), (0, 2, 0), (2, 0, 0)], [(1, 3, None), (0, 2, 0), (2, 0, 1)]]
    result = []
    for number in range(traces):
        shape = shapes[draw.choice(4, p=numpy.array([6, 6, 3, 1]) / 16)]
        root = draw.lognormal(8, 0.7)
        times = [root if parent is None else root * draw.beta(2 + tilt, 4) for _, _, parent in shape]
        spans = [{"service": s, "operation": o, "start_us": 0.0, "duration_us": round(float(d), 3), "status": 0}
                 for (s, o, _), d in zip(shape, times)]
        result.append({"id": str(number), "start_ns": 0, "label": "unknown", "spans": spans,
                       "edges": [{"child": child, "parent": parent} for child, (_, _, parent) in enumerate(shape) if parent is not None]})
    return {"name": name, "services": SERVICES, "operations": OPERATIONS, "has_starts": False, "traces": result}


def discriminator(first, second):
    """Boosted trees of scikit-learn on a table of the same kind, ten times over."""
    def row(trace):
        g, spans = graph(trace), trace["spans"]
        counts, pairs, times = Counter(labels(trace)), Counter(calls(trace)), {}
        for label, duration in zip(labels(trace), durations(trace)):
            times.setdefault(label, []).append(numpy.log1p(duration))
        ratios = [(1 + c) / (1 + p) for p, c in along(trace, "duration_us")]
        longest = [max((1 + spans[c]["duration_us"]) / (1 + spans[p]["duration_us"]) for c in g.successors(p)) for p in g if g.out_degree(p)]
        mean = lambda of: numpy.mean(of) if of else numpy.nan
        return ([len(spans), networkx.dag_longest_path_length(g), max(d for _, d in g.out_degree()),
                 numpy.log1p(spans[0]["duration_us"]), mean(ratios), max(ratios, default=numpy.nan), mean(longest)]
                + [counts[label] for label in all_labels] + [pairs[pair] for pair in all_calls] + [mean(times.get(label)) for label in all_labels])

    both = first["traces"] + second["traces"]
    all_labels, all_calls = (sorted({x for t in both for x in of(t)}) for of in (labels, calls))
    x, y = [row(t) for t in both], [0] * len(first["traces"]) + [1] * len(second["traces"])
    model = HistGradientBoostingClassifier(max_iter=100, learning_rate=0.1, max_depth=4, min_samples_leaf=5, max_bins=64)
    score = lambda seed: cross_val_predict(model, x, y, cv=StratifiedKFold(5, shuffle=True, random_state=seed), method="decision_function")
    return numpy.mean([metrics.roc_auc_score(y, score(seed)) for seed in range(10)])


def privacy(training, held_out, generated):
    signature = lambda t: (tuple(sorted(labels(t))), tuple(sorted(calls(t))))
    edge_set = lambda t: set(calls(t)) or {(None, label) for label in labels(t)}

    def record(t):
        g, order, stack = graph(t), [], [node for node, degree in graph(t).in_degree() if degree == 0]
        while stack:
            order.append(stack.pop())
            stack += sorted(g.successors(order[-1]), key=lambda child: labels(t)[child], reverse=True)
        return numpy.log1p([durations(t)[node] for node in order])

    def distances(t, side):
        return numpy.array([numpy.linalg.norm(record(t) - record(other)) for other in side if signature(other) == signature(t)])

    near = []
    for t in generated:
        a, b = distances(t, training), distances(t, held_out)
        if len(a) and len(b):
            closest = min(a.min(), b.min())
            of_training = (a == closest).sum() / ((a == closest).sum() + (b == closest).sum())
            # Inverse-probability weights: a private trace has a training record nearest with the odds len(a) : len(b).
            factor = len(a) * len(b) / (len(a) + len(b))
            near.append((of_training / len(a) * factor, (1 - of_training) / len(b) * factor, a.min()))
    attack = lambda side: [-distances(t, generated).min() if len(distances(t, generated)) else -1e9 for t in side]
    inference = ranking(attack(training), attack(held_out), 0.01)
    known = Counter(signature(t) for t in training)
    seen = numpy.array([known[signature(t)] for t in generated])
    jaccard = lambda a, b: len(a & b) / len(a | b)
    share = sum(n[0] for n in near) / sum(n[0] + n[1] for n in near)
    result = {"near_duplicates": numpy.mean([any(jaccard(edge_set(t), edge_set(o)) >= 0.9 for o in training) for t in generated]),
              "dcr_closer_to_training": share, "dcr_p5": numpy.quantile([n[2] for n in near], 0.05), "dcr_traces": len(near),
              "rare_shapes.never_seen": numpy.mean(seen == 0)}
    result |= {f"rare_shapes.k{k}": numpy.mean((seen > 0) & (seen < k)) for k in (2, 5, 10)}
    for key, values in (("auc", inference["auc"]), ("tpr_at_1pct_fpr", inference["tpr"])):
        result |= {f"membership_{key}{end}": value for end, value in zip(("", "_low", "_high"), values)}
    return result


def attacks():
    """A generator that copies a part of its training traces with 1 % jitter, beside fresh requests and shapes of another system."""
    draw = numpy.random.default_rng(20240608)
    first, second = requests("first", 170, 0, draw), requests("second", 150, 2.5, draw)
    copied = [dict(t, spans=[dict(s, duration_us=round(s["duration_us"] * float(draw.uniform(0.99, 1.01)), 3)) for s in t["spans"]])
              for t in first["traces"][:30]]
    made = dict(second, traces=copied + second["traces"][:25] + synthetic["traces"][:5])
    scores = [draw.normal(0.5, 1, 60).round(1).tolist(), draw.normal(0, 1, 110).round(1).tolist()]
    return {"first": first, "second": second, "made": made, "training": 70, "held_out": 30, "auc": discriminator(first, second),
            "privacy": privacy(first["traces"][:70], first["traces"][70:100], made["traces"]),
            "scores": scores, "level": 0.1, "ranking": ranking(*scores, 0.1)}


def divergence():
    """Kullback–Leibler divergence in bits of the smoothed shares of every feature of the gate."""
    of = {"service": lambda t: [span["service"] for span in t["spans"]], "operation": lambda t: [span["operation"] for span in t["spans"]],
          "label_pair": calls, "depth": lambda t: [networkx.dag_longest_path_length(graph(t))],
          "size": lambda t: [numpy.floor(4 * numpy.log2(len(t["spans"])))],
          "log_duration": lambda t: numpy.floor(numpy.log2(1 + numpy.array(durations(t)))).tolist()}
    values = {name: [Counter(over(feature, side)) for side in SIDES] for name, feature in of.items()}
    counts = {name: [[side[value] + 0.5 for value in set(sides[0]) | set(sides[1])] for side in sides] for name, sides in values.items()}
    return {"M2." + name: entropy(*sides, base=2) for name, sides in counts.items()}


def significance():
    """Tests of two samples with ties, of two rates, and of many hypotheses."""
    draw = numpy.random.default_rng(20240609)
    samples = [(draw.lognormal(3, 1, n).round(0).tolist(), draw.lognormal(3 + tilt, 1, m).round(0).tolist())
               for n, m, tilt in ((60, 45, 0.6), (9, 14, -0.4), (200, 300, 0), (1, 5, 1))]
    tests = []
    for first, second in samples:
        u = mannwhitneyu(second, first, method="asymptotic").statistic
        delta = numpy.sign(numpy.subtract.outer(second, first)).mean()
        p = [mannwhitneyu(second, first, method="asymptotic", alternative=side).pvalue for side in ("two-sided", "greater")]
        tests.append({"first": first, "second": second, "expected": [u, delta, *p]})
    rates = []
    for a, n, b, m in ((3, 400, 9, 380), (0, 50, 4, 60), (40, 400, 66, 410), (66, 410, 40, 400), (2, 3, 1, 5)):
        if chi2_contingency([[a, n - a], [b, m - b]])[3].min() < 5:
            tails = [fisher_exact([[b, m - b], [a, n - a]], alternative=side).pvalue for side in ("greater", "less")]
            p = [min(2 * min(tails), 1), tails[0]]
        else:
            z = (b / m - a / n) / numpy.sqrt((a + b) / (n + m) * (1 - (a + b) / (n + m)) * (1 / n + 1 / m))
            p = [2 * norm.sf(abs(z)), norm.sf(z)]
        rates.append([a, n, b, m, *p])
    p = draw.uniform(0, 1, 20).tolist() + [1e-4, 1e-4, 3e-3, 0.02, 1.0]
    ks_tests = [[d, n, m, kstwobign.sf(d * numpy.sqrt(n * m / (n + m)))] for d, n, m in ((0.3, 40, 50), (0.1, 200, 90), (0.7, 80, 70), (0.12, 30, 30))]
    return {"mann_whitney": tests, "rates": rates, "p": p, "adjusted": false_discovery_control(p).tolist(), "ks": ks_tests}


def faults():
    """Effects of two kinds of fault on a callee: the ranks and the mean logarithms of its mean duration in each trace."""
    draw = numpy.random.default_rng(20240610)
    slower = {"delay": (1.4, 0.8), "loss": (0.2, 0.5)}

    def side(name, number):
        traces = []
        for kind, count in ((None, 40), ("delay", 25), ("loss", 18)):
            for _ in range(count):
                factor = slower[kind][number] if kind else 0
                root = {"service": 1, "operation": 3, "duration_us": round(float(draw.lognormal(9, 0.4)), 3)}
                callees = [{"service": 0, "operation": 2, "duration_us": round(float(draw.lognormal(6 + factor, 0.9)), 3)} for _ in range(draw.integers(1, 4))]
                spans = [dict(span, start_us=0.0, status=0) for span in [root] + callees]
                label = {"abnormal": {"service": "cart", "kind": kind}} if kind else "normal"
                traces.append({"id": str(len(traces)), "start_ns": 0, "label": label, "spans": spans,
                               "edges": [{"child": child, "parent": 0} for child in range(1, len(spans))]})
        return {"name": name, "services": SERVICES, "operations": OPERATIONS, "has_starts": False, "traces": traces}

    def effect(of, kind, label):
        def means(wanted):
            chosen = [t for t in of["traces"] if t["label"] == (wanted and {"abnormal": {"service": "cart", "kind": wanted}} or "normal")]
            times = [[s["duration_us"] for s in t["spans"] if (s["service"], s["operation"]) == label] for t in chosen]
            return numpy.array([numpy.mean(values) for values in times])

        inside, outside = means(kind), means(None)
        return [2 * mannwhitneyu(inside, outside).statistic / (len(inside) * len(outside)) - 1, numpy.log1p(inside).mean() - numpy.log1p(outside).mean()]

    first, second, expected = side("real", 0), side("synthetic", 1), {}
    for kind in slower:
        effects = numpy.array([[effect(of, kind, label) for of in (first, second)] for label in ((0, 2), (1, 3))])
        touched = effects[numpy.abs(effects[:, :, 0]).max(1) >= 0.147]
        differences = numpy.abs(touched[:, 0] - touched[:, 1]).mean(0)
        same = (touched[:, 0, 0] * touched[:, 1, 0] > 0).mean()
        expected |= {f"{kind}.real_traces": sum(kind in str(t["label"]) for t in first["traces"]),
                     f"{kind}.synthetic_traces": sum(kind in str(t["label"]) for t in second["traces"]), f"{kind}.compared": 2,
                     f"{kind}.touched": len(touched), f"{kind}.difference": differences[0], f"{kind}.log_shift_difference": differences[1],
                     f"{kind}.same_direction": same}
    return {"real": first, "synthetic": second, "expected": expected}


pairs = [(real["traces"][i], synthetic["traces"][i]) for i in range(20)]
# Small trees of few labels, so that duplicates and near duplicates occur.
generated = [dict(trace) for trace in real["traces"][5:15]] + synthetic["traces"][:20]
expected = {
    "real": real, "synthetic": synthetic, "fidelity": fidelity, "validity": validity(), "similarity": similarity,
    "forest": forest(), "instance": [instance(a, b) for a, b in pairs],
    "memorisation": {"training": 20, "copied": [5, 15], "generated": 20,
                     "expected": memorisation(real["traces"][:20], real["traces"][20:], generated)},
    "utility": utility(), "reconstruction": reconstruction(), "statistics": statistics(), "attacks": attacks(),
    "significance": significance(), "divergence": divergence(), "faults": faults(),
}


def plain(value):
    return value.item() if isinstance(value, numpy.generic) else value


Path(__file__).with_name("expected.json").write_text(json.dumps(expected, default=plain, separators=(",", ":")) + "\n")
