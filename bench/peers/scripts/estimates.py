"""NannyML's confidence-based performance estimates. Reads cases as JSON from standard input, prints answers as JSON."""
import json
import os
import sys
import warnings

os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"
warnings.filterwarnings("ignore")

import nannyml as nml
import numpy as np
import pandas as pd

METRICS = {
    "accuracy": "accuracy",
    "f1": "f1",
    "precision": "precision",
    "recall": "recall",
    "specificity": "specificity",
    "auc": "roc_auc",
}


def answers(case):
    scores = np.array(case["reference"]["scores"])
    reference = pd.DataFrame(
        {"score": scores, "prediction": (scores > 0.5).astype(int), "label": case["reference"]["labels"]}
    )
    live = pd.DataFrame({"score": case["live"]})
    live["prediction"] = (live["score"] > 0.5).astype(int)
    estimator = nml.CBPE(
        problem_type="classification_binary",
        y_pred="prediction",
        y_pred_proba="score",
        y_true="label",
        metrics=list(METRICS.values()),
        chunk_size=len(live),
    )
    estimator.fit(reference)
    found = estimator.estimate(live).filter(period="analysis").to_df()
    return {
        "needsCalibration": bool(estimator.needs_calibration),
        "calibrated": [float(v) for v in estimator.calibrator.calibrate(np.array([0.05, 0.2, 0.5, 0.8, 0.95]))],
        **{name: float(found[(peer, "value")].iloc[0]) for name, peer in METRICS.items()},
    }


out = sys.stdout
sys.stdout = sys.stderr
found = {one["name"]: answers(one["input"]) for one in json.load(sys.stdin)}
sys.stdout = out
json.dump(found, sys.stdout)
