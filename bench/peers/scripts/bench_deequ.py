"""Deequ's column profiles, with KLL sketches, of both sets of captured JSON lines. Distances, which Model Monitor takes from them, are left out:
they would take Deequ further time."""
import json
import sys

from pyspark.sql import functions as F
from spark_session import start

spark = start()
jvm = spark._jvm


def read(folder):
    raw = spark.read.option("recursiveFileLookup", "true").json(folder)
    both = F.concat_ws(",", F.regexp_replace("captureData.endpointOutput.data", "\n$", ""), F.col("captureData.endpointInput.data"))
    cells = F.split(both, ",")
    # Kept, as whoever profiles would: the profiler passes over its data several times, and would read and split the JSON each time.
    return raw.select(cells.alias("cells")).select([F.col("cells")[n].alias(f"c{n}") for n in range(21)]).persist()


def profiled(frame):
    deequ = jvm.com.amazon.deequ
    runner = deequ.profiles.ColumnProfilerRunner().onData(frame._jdf).withKLLProfiling()
    return runner.run()


before, live = read(sys.argv[1]), read(sys.argv[2])
first = profiled(before)
second = profiled(live)
print(json.dumps({"rows": [first.numRecords(), second.numRecords()]}, default=str))
spark.stop()
