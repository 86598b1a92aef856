"""Tests of significance, drift and the gate."""

import tomllib
from collections import Counter
from pathlib import Path

import networkx
import numpy
from scipy.spatial.distance import jensenshannon
from scipy.stats import (chi2_contingency, entropy, false_discovery_control, fisher_exact, ks_2samp, kstwobign, mannwhitneyu, norm,
                         permutation_test)

from private import memorisation, privacy
from similarity import fidelity, validity
from traces import OPERATIONS, SERVICES, calls, durations, graph, labels, over, ratio, real, signature, synthetic

GATE = tomllib.loads((Path(__file__).parents[3] / "experiments" / "gate.toml").read_text())


def divergence(*sides):
    """Kullback–Leibler divergence in bits of the smoothed shares of every feature of the gate."""
    of = {"service": lambda t: [span["service"] for span in t["spans"]], "operation": lambda t: [span["operation"] for span in t["spans"]],
          "label_pair": calls, "depth": lambda t: [networkx.dag_longest_path_length(graph(t))],
          "size": lambda t: [numpy.floor(4 * numpy.log2(len(t["spans"])))],
          "log_duration": lambda t: numpy.floor(numpy.log2(1 + numpy.array(durations(t)))).tolist()}
    values = {name: [Counter(over(feature, side)) for side in sides] for name, feature in of.items()}
    counts = {name: [[side[value] + 0.5 for value in set(of[0]) | set(of[1])] for side in of] for name, of in values.items()}
    return {"M2." + name: entropy(*of, base=2) for name, of in counts.items()}


def compare_rates(a, n, b, m):
    """Two-sided and upper probability of b of m after a of n."""
    if chi2_contingency([[a, n - a], [b, m - b]])[3].min() < 5:
        tails = [fisher_exact([[b, m - b], [a, n - a]], alternative=side).pvalue for side in ("greater", "less")]
        return [min(2 * min(tails), 1), tails[0]]
    z = (b / m - a / n) / numpy.sqrt((a + b) / (n + m) * (1 - (a + b) / (n + m)) * (1 / n + 1 / m))
    return [2 * norm.sf(abs(z)), norm.sf(z)]


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
        rates.append([a, n, b, m, *compare_rates(a, n, b, m)])
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


def mix(first, second, kinds):
    """Jensen-Shannon distance between how often the kinds occur, and its probability if traces are dealt anew."""
    found = [Counter(kinds(trace)) for trace in first + second]
    columns = sorted({kind for counter in found for kind in counter})
    table = numpy.array([[counter[kind] for kind in columns] for counter in found])
    distance = lambda x, y: jensenshannon(table[x].sum(0), table[y].sum(0), base=2)
    rows = numpy.arange(len(table))
    test = permutation_test((rows[:len(first)], rows[len(first):]), distance, n_resamples=4999, alternative="greater",
                            rng=numpy.random.default_rng(20240611))
    return float(test.statistic), float(test.pvalue)


def drift(first, second):
    """Every change with its effect, its probability and whether it is drift; `mixes` are those with a random probability."""
    limits, changes = GATE["drift"], {}
    means = []
    for traces in (first, second):
        of = {}
        for trace in traces:
            times = {}
            for label, duration in zip(labels(trace), durations(trace)):
                times.setdefault(label, []).append(duration)
            for label, values in times.items():
                of.setdefault(label, []).append(numpy.mean(values))
        means.append(of)
    gap = lambda x, y: (d := ks_2samp(x, y).statistic, kstwobign.sf(d * numpy.sqrt(len(x) * len(y) / (len(x) + len(y)))))
    both = sorted(label for label in set(means[0]) & set(means[1]) if min(len(of[label]) for of in means) >= limits["min_observations"])
    tests = [gap(*(of[label] for of in means)) for label in both]
    adjusted = false_discovery_control([p for _, p in tests]) if tests else []
    for (service, operation), (effect, _), p in zip(both, tests, adjusted):
        changes[f"duration.{SERVICES[service]}/{OPERATIONS[operation]}"] = (effect, p, limits["max_duration"])
    changes["size"] = (*gap(*([len(trace["spans"]) for trace in traces] for traces in (first, second))), limits["max_size"])
    for name, kinds in (("labels", labels), ("calls", calls), ("shapes", lambda trace: [signature(trace)])):
        changes[name] = (*mix(first, second, kinds), limits["max_" + name])
    failed = [[span["status"] >= 500 for trace in traces for span in trace["spans"]] for traces in (first, second)]
    if all(any(span["status"] for trace in traces for span in trace["spans"]) for traces in (first, second)):
        (a, n), (b, m) = ((sum(side), len(side)) for side in failed)
        changes["error_rate"] = (abs(b / m - a / n), compare_rates(a, n, b, m)[0], limits["max_error_rate"])
    drifted = {name: effect > limit and p <= limits["alpha"] for name, (effect, p, limit) in changes.items()}
    return {"effects": {"drifted_share": numpy.mean(list(drifted.values()))} | {name: change[0] for name, change in changes.items()},
            "probabilities": {name: change[1] for name, change in changes.items()}, "drifted": [name for name, is_so in drifted.items() if is_so]}


def gate(train, real, synthetic):
    """M1 to M10 without M7 by the thresholds of the project; two of three consumers read what was made in eight seconds."""
    limits, traces = GATE["gate"], [side["traces"] for side in (train, real, synthetic)]
    distinct = [len({signature(t) for t in side}) / len(side) for side in traces[1:]]
    copies, attack = memorisation(*traces), privacy(*traces)
    known = Counter(signature(t) for t in traces[0])
    rare = [numpy.mean([0 < known[signature(t)] < limits["min_shape_count"] for t in side]) for side in traces[1:]]
    natural = divergence(real, train)
    figures = {
        "M1": (fidelity(real, synthetic)["overall"] / fidelity(real, train)["overall"], "min", limits["min_fidelity_ratio"]),
        **{name: (value, "max", limits["max_divergence"] + natural[name]) for name, value in divergence(real, synthetic).items()},
        "M3": (validity(real, synthetic)["valid_share"], "min", limits["min_valid_share"]),
        "M4": (ratio(*distinct), "min", limits["min_uniqueness"]),
        "M5.membership": (attack["membership_auc"], "max", limits["max_membership_auc"]),
        "M5.found_members": (attack["membership_tpr_at_1pct_fpr"], "max", limits["max_found_members"]),
        "M5.closest_record": (attack["dcr_closer_to_training"], "max", limits["max_closer_to_training"]),
        "M5.duplicates": (copies["excess"], "max", limits["max_duplicate_excess"]),
        "M5.near_duplicates": (copies["near_duplicate_rate"] - copies["natural_near_rate"], "max", limits["max_near_duplicate_excess"]),
        "M5.rare_shapes": (rare[1] - rare[0], "max", limits["max_rare_shape_excess"]),
        "M6": (len(traces[2]) / 8, "min", limits["min_traces_per_second"]),
        "M8": (drift(*traces[:2])["effects"]["drifted_share"], "max", limits["max_drifted_share"]),
        "M10": (2 / 3, "min", limits["min_readable_share"]),
    }
    failed = [name for name, (value, kind, limit) in figures.items() if (value < limit if kind == "min" else value > limit)]
    passed = 1 - len(failed) / len(figures)
    if passed < limits["min_passed_share"]:
        failed.append("M9")
    return {"figures": {name: figure[0] for name, figure in figures.items()} | {"M9": passed}, "failed": sorted(failed)}


def verdicts(attacks):
    """Windows of one system and of two, and a gate on copied, fresh and foreign traces: all of them are parts of the other corpora."""
    first, second, made = (attacks[key] for key in ("first", "second", "made"))
    part = lambda corpus, begin, end: dict(corpus, traces=corpus["traces"][begin:end])
    released = dict(made, traces=made["traces"][:30] + made["traces"][55:60] + second["traces"][30:95])
    slower = [dict(trace, spans=[dict(span, duration_us=2 * span["duration_us"]) for span in trace["spans"]]) for trace in first["traces"][70:170]]
    windows = {"systems": (first["traces"][:100], second["traces"][:100]), "halves": (real["traces"][:20], real["traces"][20:]),
               "slower": (first["traces"][:100], slower), "foreign": (real["traces"], synthetic["traces"])}
    return {"windows": {name: drift(*sides) for name, sides in windows.items()},
            "gate": gate(part(first, 0, 50), part(first, 70, 170), released)}
