"""Distances between two samples as SciPy has them. Reads cases as JSON from standard input, prints answers as JSON."""
import json
import sys

import numpy as np
from scipy import stats
from scipy.spatial.distance import jensenshannon


def of_numbers(case):
    baseline, live = np.array(case["baseline"], float), np.array(case["live"], float)
    d = stats.ks_2samp(baseline, live, method="asymp").statistic
    effective = len(baseline) * len(live) / (len(baseline) + len(live))
    return {
        "kolmogorovSmirnov": d,
        "wasserstein": stats.wasserstein_distance(baseline, live),
        "kolmogorovTail": stats.kstwobign.sf(np.sqrt(effective) * d),
    }


def of_categories(case):
    table = np.array(case["pairs"], float).T
    shares = table / table.sum(axis=1, keepdims=True)
    chi = stats.chi2_contingency(table, correction=False)
    floored = np.where(shares > 0, shares, 1e-4)
    return {
        "jensenShannon": jensenshannon(shares[0], shares[1], base=2),
        "lInfinity": np.abs(shares[0] - shares[1]).max(),
        "populationStability": ((floored[1] - floored[0]) * np.log(floored[1] / floored[0])).sum(),
        "chiSquare": chi.statistic,
        "chiSquareFreedom": int(chi.dof),
        "chiSquareLogP": stats.chi2.logsf(chi.statistic, chi.dof),
    }


answers = {}
for one in json.load(sys.stdin):
    case = one["input"]
    found = of_numbers(case) if case["kind"] == "numbers" else of_categories(case)
    answers[one["name"]] = {k: float(v) for k, v in found.items()}
json.dump(answers, sys.stdout)
