"""Metrics and curves as scikit-learn has them. Reads cases as JSON from standard input, prints answers as JSON."""
import json
import sys

import numpy as np
from sklearn import metrics as m
from sklearn.isotonic import IsotonicRegression


def binary(case):
    y, p, s = np.array(case["labels"]), np.array(case["predictions"]), np.array(case["scores"])
    (tn, fp), (fn, tp) = m.confusion_matrix(y, p, labels=[0, 1])
    fpr, tpr, _ = m.roc_curve(y, s, drop_intermediate=False)
    precisions, recalls, _ = m.precision_recall_curve(y, s)
    return {
        "confusion_matrix": [[int(tn), int(fp)], [int(fn), int(tp)]],
        "recall": m.recall_score(y, p),
        "precision": m.precision_score(y, p, zero_division=0),
        "accuracy": m.accuracy_score(y, p),
        "true_positive_rate": m.recall_score(y, p),
        "true_negative_rate": m.recall_score(y, p, pos_label=0),
        "false_positive_rate": 1 - m.recall_score(y, p, pos_label=0),
        "false_negative_rate": 1 - m.recall_score(y, p),
        "auc": m.roc_auc_score(y, s),
        **{f"f{name}": m.fbeta_score(y, p, beta=beta) for name, beta in (("0_5", 0.5), ("1", 1), ("2", 2))},
        "false_positive_rates": fpr.tolist(),
        "true_positive_rates": tpr.tolist(),
        "precisions": precisions[::-1].tolist(),
        "recalls": recalls[::-1].tolist(),
    }


def multiclass(case):
    y, p = case["labels"], case["predictions"]
    weighted = {"average": "weighted", "zero_division": 0}
    return {
        "confusion_matrix": m.confusion_matrix(y, p).tolist(),
        "accuracy": m.accuracy_score(y, p),
        "weighted_recall": m.recall_score(y, p, **weighted),
        "weighted_precision": m.precision_score(y, p, **weighted),
        **{f"weighted_f{n}": m.fbeta_score(y, p, beta=b, **weighted) for n, b in (("0_5", 0.5), ("1", 1), ("2", 2))},
    }


def regression(case):
    y, p = np.array(case["labels"], float), np.array(case["predictions"], float)
    return {
        "mae": m.mean_absolute_error(y, p),
        "mse": m.mean_squared_error(y, p),
        "rmse": m.root_mean_squared_error(y, p),
        "r2": m.r2_score(y, p),
    }


def isotonic(case):
    fitted = IsotonicRegression(out_of_bounds="clip").fit(case["scores"], case["hits"])
    return {"isotonic": fitted.predict(case["at"]).tolist()}


kinds = {
    "BinaryClassification": binary,
    "MulticlassClassification": multiclass,
    "Regression": regression,
    "isotonic": isotonic,
}
json.dump({one["name"]: kinds[one["input"]["kind"]](one["input"]) for one in json.load(sys.stdin)}, sys.stdout)
