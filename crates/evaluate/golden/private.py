"""Copies of training traces, and the attacks that look for them."""

from collections import Counter

import numpy
from scipy.stats import binomtest, norm
from sklearn import metrics

from similarity import discriminator
from traces import calls, durations, graph, is_near, labels, requests, signature, synthetic


def memorisation(training, held_out, generated):
    known = {signature(t) for t in training}
    exact = lambda side: numpy.mean([signature(t) in known for t in side])
    near = lambda side: numpy.mean([is_near(t, training) for t in side])
    unique = lambda side: len({signature(t) for t in side}) / len(side)
    cover = lambda of: len({x for t in held_out for x in of(t)} & {x for t in generated for x in of(t)}) / len({x for t in held_out for x in of(t)})
    return {"exact_duplicate_rate": exact(generated), "natural_rate": exact(held_out), "excess": exact(generated) - exact(held_out),
            "near_duplicate_rate": near(generated), "natural_near_rate": near(held_out), "unique_ratio": unique(generated),
            "real_unique_ratio": unique(held_out), "label_coverage": cover(labels), "edge_coverage": cover(calls)}


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


def privacy(training, held_out, generated):
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
    share = sum(n[0] for n in near) / sum(n[0] + n[1] for n in near)
    result = {"near_duplicates": numpy.mean([is_near(t, training) for t in generated]),
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
