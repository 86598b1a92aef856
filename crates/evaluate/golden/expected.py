"""Computes expected.json with SciPy, scikit-learn and NumPy: every number here comes from a library or from plain array code that
shares nothing with the Rust crate.  Needed only to regenerate the file:

    pip install numpy scipy scikit-learn networkx && python expected.py
"""

import json
from itertools import combinations
from pathlib import Path

import numpy
from scipy.spatial.distance import jensenshannon
from scipy.stats import pearsonr
from sklearn import metrics

from private import attacks, memorisation
from similarity import fidelity, forest, instance, similarity, validity
from traces import ks, real, rng, synthetic
from verdicts import divergence, faults, significance, verdicts


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


pairs = [(real["traces"][i], synthetic["traces"][i]) for i in range(20)]
# Small trees of few labels, so that duplicates and near duplicates occur.
generated = [dict(trace) for trace in real["traces"][5:15]] + synthetic["traces"][:20]
# Clocks that run behind: every third trace begins before its own start.
early = lambda trace: dict(trace, spans=[dict(span, start_us=round(span["start_us"] - 250, 3)) for span in trace["spans"]])
odd = dict(synthetic, traces=[trace if number % 3 else early(trace) for number, trace in enumerate(synthetic["traces"])])
expected = {
    "real": real, "synthetic": synthetic, "odd": odd, "fidelity": fidelity(real, synthetic), "validity": validity(real, synthetic),
    "odd_validity": validity(real, odd), "similarity": similarity(),
    "forest": forest(), "instance": [instance(a, b) for a, b in pairs],
    "memorisation": {"training": 20, "copied": [5, 15], "generated": 20,
                     "expected": memorisation(real["traces"][:20], real["traces"][20:], generated)},
    "utility": utility(), "reconstruction": reconstruction(), "statistics": statistics(), "attacks": attacks(),
    "significance": significance(), "divergence": divergence(real, synthetic), "faults": faults(),
}
expected["verdicts"] = verdicts(expected["attacks"])


def plain(value):
    return value.item() if isinstance(value, numpy.generic) else value


Path(__file__).with_name("expected.json").write_text(json.dumps(expected, default=plain, separators=(",", ":")) + "\n")
