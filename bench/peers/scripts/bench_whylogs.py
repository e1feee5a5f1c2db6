"""whylogs' profiles of both sets, and the drift between them, from captured JSON lines."""
import json
import sys

import whylogs as why
from captured_frame import read
from whylogs.viz.drift.column_drift_algorithms import calculate_drift_scores

before, live = (why.log(read(folder)).view() for folder in sys.argv[1:3])
scores = calculate_drift_scores(target_view=live, reference_view=before, with_thresholds=True)
drifted = [name for name, score in scores.items() if score and "DRIFT" == str(score.get("drift_category"))]
print(json.dumps({"drifted": drifted}, default=str))
