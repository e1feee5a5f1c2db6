"""Where river's detectors alarm. Reads cases as JSON from standard input, prints answers as JSON."""
import json
import sys

from river import drift


def changes(detector, values):
    found = []
    for position, value in enumerate(values):
        detector.update(value)
        if detector.drift_detected:
            found.append(position)
    return found


answers = {}
for one in json.load(sys.stdin):
    case = one["input"]
    values = case["values"]
    window = drift.ADWIN(delta=case["delta"])
    for value in values[:500]:
        window.update(value)
    answers[one["name"]] = {
        "adwinChanges": changes(drift.ADWIN(delta=case["delta"]), values),
        "adwinWidth": window.width,
        "adwinTotal": window.total,
        # river's `variance` is the sum of squares around the mean.
        "adwinSquares": window.variance,
        "pageHinkleyChanges": changes(drift.PageHinkley(threshold=case["threshold"]), values),
    }
json.dump(answers, sys.stdout)
