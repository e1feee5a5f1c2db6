"""Kernel SHAP of shap on what standard input says: the model is the same logistic regression as ours. Its own time is told beside the whole's."""
import json
import sys
import time
import warnings

import numpy as np
import shap

warnings.filterwarnings("ignore")
case = json.load(sys.stdin)
weights, background, rows = (np.array(case[name]) for name in ["weights", "background", "rows"])
spent = {"model": 0.0, "calls": 0}


def predict(asked):
    from_s = time.process_time()
    answer = 1 / (1 + np.exp(-(np.asarray(asked, dtype=float) @ weights)))
    spent["model"] += time.process_time() - from_s
    spent["calls"] += len(asked)
    return answer


rounds = []
values = []
for _ in range(case["rounds"]):
    spent.update(model=0.0, calls=0)
    np.random.seed(1)
    wall, cpu = time.perf_counter(), time.process_time()
    explainer = shap.KernelExplainer(predict, background)
    values = explainer.shap_values(rows, nsamples=case["samples"], l1_reg=0, silent=True)
    rounds.append({"seconds": time.perf_counter() - wall, "cpuSeconds": time.process_time() - cpu, "modelSeconds": spent["model"], "calls": spent["calls"]})
json.dump({"rounds": rounds, "values": [[float(value) for value in row] for row in values]}, sys.stdout)
