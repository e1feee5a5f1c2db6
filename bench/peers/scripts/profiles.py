"""Deequ's column profile of one column of text at a time. Reads cases as JSON from standard input, prints answers as JSON."""
import json
import sys

from pyspark.sql.types import StringType, StructField, StructType
from spark_session import start

spark = start()
jvm = spark._jvm
schema = StructType([StructField("x", StringType(), True)])
# SageMaker's files know no Boolean: it is text there.
TYPES = {"Boolean": "String"}


def profile_of(values):
    # One partition: the sketch then sees the rows in order.
    frame = spark.createDataFrame([(v,) for v in values], schema).coalesce(1)
    options = jvm.com.amazon.deequ.analyzers.KLLParameters(2048, 0.64, 10)
    runner = jvm.com.amazon.deequ.profiles.ColumnProfilerRunner().onData(frame._jdf)
    profiles = runner.withKLLProfiling().setKLLParameters(jvm.scala.Option.apply(options)).run()
    found = jvm.com.amazon.deequ.profiles.ColumnProfiles.toJson(profiles.profiles().values().toSeq())
    return json.loads(found)["columns"][0]


def answers_of(profile):
    kind = TYPES.get(profile["dataType"], profile["dataType"])
    common = {"type": kind, "completeness": profile["completeness"]}
    if kind in ("Integral", "Fractional"):
        buckets = profile["kll"]["buckets"]
        return {
            **common,
            "mean": profile["mean"],
            "sum": profile["sum"],
            "deviation": profile["stdDev"],
            "min": profile["minimum"],
            "max": profile["maximum"],
            "bucketCounts": [b["count"] for b in buckets],
            "bucketBounds": [b["low_value"] for b in buckets],
        }
    histogram = profile.get("histogram")
    seen = None
    if histogram is not None:
        rows = sorted((h["value"], h["count"]) for h in histogram if h["value"] != "NullValue")
        seen = [f"{value}: {count}" for value, count in rows]
    return {**common, "histogram": seen, "distinct": profile["approximateNumDistinctValues"]}


answers = {}
for one in json.load(sys.stdin):
    answers[one["name"]] = answers_of(profile_of(one["input"]["values"]))
json.dump(answers, sys.stdout)
