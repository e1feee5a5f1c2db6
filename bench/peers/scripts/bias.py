"""What smclarify says of tables of rows. Reads cases as JSON from standard input, prints answers as JSON.

A case has columns `d` (disadvantaged), `label`, `predicted`, `group` and `features` (a list of columns). Infinities are words, as in
`analysis.json`; what smclarify refuses is left out.
"""
import json
import logging
import math
import sys

import pandas as pd
import smclarify.bias.metrics as metrics

logging.disable(logging.CRITICAL)
RUN = list(metrics.PRETRAINING_METRICS) + list(metrics.POSTTRAINING_METRICS)


def of_case(case):
    features = pd.DataFrame({f"x{i}": column for i, column in enumerate(case["features"])})
    facet = pd.Series(case["d"], dtype=bool)
    label = pd.Series(case["label"], dtype=bool)
    predicted = pd.Series(case["predicted"], dtype=bool)
    group = pd.Series(case["group"], dtype=object)
    found = {}
    for metric in RUN:
        try:
            value = float(
                metrics.call_metric(
                    metric,
                    df=features,
                    feature=features["x0"],
                    sensitive_facet_index=facet,
                    label=label,
                    positive_label_index=label,
                    predicted_label=predicted,
                    positive_predicted_label_index=predicted,
                    group_variable=group,
                )
            )
        except ValueError:
            continue
        found[metric.__name__] = value if math.isfinite(value) else str(value).replace("inf", "Infinity")
    return found


answers = {one["name"]: of_case(one["input"]) for one in json.load(sys.stdin)}
json.dump(answers, sys.stdout)
