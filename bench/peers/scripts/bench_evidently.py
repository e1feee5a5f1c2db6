"""Evidently's summary of the baseline and drift of the live data, from captured JSON lines."""
import json
import sys

from captured_frame import read
from evidently import Report
from evidently.presets import DataDriftPreset, DataSummaryPreset

before, live = read(sys.argv[1]), read(sys.argv[2])
Report([DataSummaryPreset()]).run(before, None)
result = Report([DataDriftPreset(), DataSummaryPreset()]).run(live, before)
drifted = [m["value"] for m in result.dict()["metrics"] if "DriftedColumnsCount" in str(m.get("metric_name", m.get("metric_id", "")))]
print(json.dumps({"rows": len(live), "drifted": drifted}, default=str))
