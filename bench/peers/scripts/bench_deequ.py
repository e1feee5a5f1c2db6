"""What Model Monitor asks of Deequ, of both sets of captured JSON lines, and the distances between them.

As one who knows Deequ would: the columns' kinds are given, so that one `AnalysisRunner` over cached columns does, and not the three passes of its column
profiler, which also sorts each sketch anew for each of a hundred percentiles. States are kept, as distances need the sketches.
"""
import json
import sys

from pyspark.sql import functions as F
from spark_session import start

CATEGORIES = 5
spark = start()
jvm = spark._jvm
analyzers = jvm.com.amazon.deequ.analyzers
none = getattr(getattr(jvm.scala, "None$"), "MODULE$")
scala = jvm.scala.collection.JavaConverters
columns = [f"c{n}" for n in range(21)]
texts = columns[1 : 1 + CATEGORIES]
numbers = [column for column in columns if column not in texts]
parameters = jvm.scala.Some(jvm.com.amazon.deequ.analyzers.KLLParameters(2048, 0.64, 10))


def defaults(name, *first):
    """An analyzer with Scala's default arguments for all but the first."""
    made = getattr(getattr(analyzers, f"{name}$"), "MODULE$")
    return made.apply(*first, *[getattr(made, f"apply$default${at}")() for at in range(len(first) + 1, LENGTHS.get(name, 2) + 1)])


LENGTHS = {"Size": 1, "Completeness": 3, "Minimum": 3, "Maximum": 3, "Histogram": 6}


def read(folder):
    # A schema, as one reads JSON whose shape is known: Spark would pass over the text twice to guess it.
    side = "struct<data:string>"
    raw = spark.read.schema(f"captureData struct<endpointInput:{side},endpointOutput:{side}>").option("recursiveFileLookup", "true").json(folder)
    both = F.concat_ws(",", F.regexp_replace("captureData.endpointOutput.data", "\n$", ""), F.col("captureData.endpointInput.data"))
    cells = raw.select(F.split(both, ",").alias("cells")).select([F.col("cells")[n].alias(f"c{n}") for n in range(21)])
    typed = [F.col(c).cast("double").alias(c) if c in numbers else F.col(c) for c in columns]
    return cells.select(typed).persist()


def analysed(frame):
    kept = analyzers.InMemoryStateProvider()
    sketches = {c: analyzers.KLLSketch(c, parameters) for c in numbers}
    histograms = {c: defaults("Histogram", c) for c in texts}
    asked = [defaults("Size"), *sketches.values(), *histograms.values()]
    asked += [defaults("Completeness", c) for c in columns]
    asked += [defaults(name, c) for c in numbers for name in ["Mean", "Sum", "StandardDeviation", "Minimum", "Maximum"]]
    asked += [defaults("ApproxCountDistinct", c) for c in texts]
    runner = getattr(jvm.com.amazon.deequ.analyzers.runners, "AnalysisRunner$").__getattr__("MODULE$")
    rest = [getattr(runner, f"doAnalysisRun$default${at}")() for at in (5, 6, 7)]
    found = runner.doAnalysisRun(frame._jdf, scala.asScalaBufferConverter(asked).asScala().toSeq(), none, jvm.scala.Some(kept), *rest)
    frame.unpersist()
    metrics = found.metricMap()
    failed = [str(m) for m in scala.seqAsJavaListConverter(found.allMetrics()).asJava() if m.value().isFailure()]
    if failed:
        raise RuntimeError(failed[0])
    return (
        {c: kept.load(a).get().qSketch() for c, a in sketches.items()},
        {c: metrics.apply(a).value().get().values() for c, a in histograms.items()},
    )


def counts(distribution):
    """Deequ's distance takes longs by value."""
    as_java = scala.mapAsJavaMapConverter(distribution).asJava()
    mapper = jvm.com.fasterxml.jackson.databind.ObjectMapper().enable(
        jvm.com.fasterxml.jackson.databind.DeserializationFeature.USE_LONG_FOR_INTS
    )
    text = json.dumps({key: as_java[key].absolute() for key in as_java})
    made = mapper.readValue(text, jvm.java.lang.Class.forName("java.util.HashMap"))
    return scala.mapAsScalaMapConverter(made).asScala()


distance = getattr(jvm.com.amazon.deequ.analyzers, "Distance$").__getattr__("MODULE$")
(before, before_texts), (live, live_texts) = [analysed(read(folder)) for folder in sys.argv[1:3]]
l_infinity = getattr(analyzers, "Distance$LInfinityMethod")(none)
distances = {c: distance.numericalDistance(before[c], live[c], False, none) for c in numbers}
distances |= {c: distance.categoricalDistance(counts(before_texts[c]), counts(live_texts[c]), False, l_infinity) for c in texts}
print(json.dumps({"drifted": [c for c, gap in distances.items() if gap > 0.1], "distances": distances}))
spark.stop()
