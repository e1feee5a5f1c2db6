"""Kernel SHAP of shap, and NDCG of scikit-learn. Reads cases as JSON from standard input, prints answers as JSON.

A case of `shap` has `rows`, `background` and a small model that both sides compute alike; one of `ndcg` has two lists of scores.
"""
import json
import sys
import warnings

import numpy as np
import shap
from sklearn.metrics import ndcg_score

warnings.filterwarnings("ignore")


def model_of(case):
    weights = np.array(case["weights"])
    pairs = case["pairs"]

    def predict(rows):
        rows = np.asarray(rows, dtype=float)
        score = rows @ weights + sum(weight * rows[:, i] * rows[:, j] for i, j, weight in pairs)
        return 1 / (1 + np.exp(-score)) if case["sigmoid"] else score

    return predict


answers = {}
for one in json.load(sys.stdin):
    case = one["input"]
    if "ndcg" in case:
        answers[one["name"]] = {"ndcg": float(ndcg_score([case["baseline"]], [case["ndcg"]]))}
        continue
    explainer = shap.KernelExplainer(model_of(case), np.array(case["background"]))
    values = explainer.shap_values(np.array(case["rows"]), nsamples=case["samples"], l1_reg=0, silent=True)
    answers[one["name"]] = {
        "expected": float(explainer.expected_value),
        "values": [[float(value) for value in row] for row in values],
    }
json.dump(answers, sys.stdout)
