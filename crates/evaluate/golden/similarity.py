"""Fidelity, validity and what tells two corpora apart."""

from collections import Counter

import networkx
import numpy
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import pdist
from scipy.stats import pearsonr
from sklearn import metrics
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.preprocessing import StandardScaler

from traces import OPERATIONS, SERVICES, SIDES, along, calls, degrees, durations, graph, js, ks, labels, over, ratio, real, rng, synthetic


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


def fidelity(real, synthetic):
    both = lambda measure, of: float(measure(over(of, real), over(of, synthetic)))
    per_label = {label: (len(of), ks(of, by_label(synthetic)[label]) if label in by_label(synthetic) else 0.0) for label, of in by_label(real).items()}
    frequent = [similarity for spans, similarity in per_label.values() if spans >= 20]
    real_labels, synthetic_labels = (set(over(labels, side)) for side in (real, synthetic))
    result = {
        "structure.node_count": both(ks, lambda t: [len(t["spans"])]),
        "structure.edge_count": both(ks, lambda t: [len(t["edges"])]),
        "structure.density": both(ks, lambda t: [networkx.density(graph(t))]),
        "structure.average_degree": both(ks, lambda t: [numpy.mean(degrees(t))]),
        "structure.maximum_degree": both(ks, lambda t: [max(degrees(t))]),
        "structure.degrees": both(ks, degrees),
        "structure.mmd": mmd(*([features(trace) for trace in side["traces"]] for side in (real, synthetic))),
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
        "apart.durations_by_label_mean": numpy.average([s for _, s in per_label.values()], weights=[n for n, _ in per_label.values()]),
        "apart.durations_by_label_worst": min(frequent, default=numpy.nan),
        "apart.parent_child_label_pairs": both(js, calls),
        "apart.edge_duration_correlation_difference": abs(correlation(real) - correlation(synthetic)),
    }
    for group in ("structure", "duration", "semantic"):
        result[group] = numpy.mean([value for key, value in result.items() if key.startswith(group + ".")])
    result["overall"] = numpy.mean([result[group] for group in ("structure", "duration", "semantic")])
    if real["has_starts"] and synthetic["has_starts"]:
        result["apart.start_offset"] = both(ks, lambda t: [c - p for p, c in along(t, "start_us")])
    return result


def validity(real, synthetic):
    graphs = [graph(trace) for trace in synthetic["traces"]]
    one_root = [g for g in graphs if networkx.is_weakly_connected(g) and sum(d == 0 for _, d in g.in_degree()) == 1]
    inside = lambda t: [t["spans"][e["child"]]["start_us"] >= t["spans"][e["parent"]]["start_us"] and
                        t["spans"][e["child"]]["start_us"] + t["spans"][e["child"]]["duration_us"] <=
                        t["spans"][e["parent"]]["start_us"] + t["spans"][e["parent"]]["duration_us"] for e in t["edges"]]
    shorter = lambda t: [c <= p for p, c in along(t, "duration_us")]
    sane = lambda t: [numpy.isfinite(s["start_us"]) and min(s["start_us"], s["duration_us"]) >= 0 for s in t["spans"]]
    known = set(over(calls, real))
    return {
        "valid_share": len(one_root) / len(graphs),
        "tree_share": sum(networkx.is_arborescence(g) for g in graphs) / len(graphs),
        "child_inside_parent": numpy.mean(over(inside, synthetic)),
        "real_child_inside_parent": numpy.mean(over(inside, real)),
        "child_not_longer_than_parent": numpy.mean(over(shorter, synthetic)),
        "real_child_not_longer_than_parent": numpy.mean(over(shorter, real)),
        "known_label_pairs": numpy.mean([call in known for call in over(calls, synthetic)]),
        "sane_times": numpy.mean(over(sane, synthetic)),
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


def similarity():
    matrix = span_matrix()
    origin = [0] * len(over(durations, real)) + [1] * len(over(durations, synthetic))
    clusters = KMeans(2, n_init=200, random_state=0).fit_predict(matrix)
    pca = PCA(2, svd_solver="full").fit(matrix)
    points = pca.transform(matrix)
    sides = [points[numpy.array(origin) == side] for side in (0, 1)]
    pooled = numpy.sqrt(sum(((side - side.mean(0)) ** 2).sum() for side in sides) / (2 * (len(points) - 2)))
    return {
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
