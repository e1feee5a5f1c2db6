"""Sketches and distances by Deequ's own classes. Reads cases as JSON from standard input, prints answers as JSON."""
import json
import math
import sys

from spark_session import start

spark = start()
jvm = spark._jvm
ordering = getattr(getattr(jvm.scala.math, "Ordering$Double$"), "MODULE$")
tag = getattr(getattr(jvm.scala.reflect, "ClassTag$"), "MODULE$").Double()
none = getattr(getattr(jvm.scala, "None$"), "MODULE$")
distance = getattr(jvm.com.amazon.deequ.analyzers, "Distance$").__getattr__("MODULE$")


def plain(x):
    return "NaN" if math.isnan(x) else x


def sketch_of(values):
    sketch = jvm.com.amazon.deequ.analyzers.QuantileNonSample(2048, 0.64, ordering, tag)
    for value in values:
        sketch.update(float(value))
    return sketch


def checksum(items):
    total = 0.0
    for i, x in enumerate(items):
        total += x * (i % 97 + 1)
    return total


def of_sketches(case):
    first, *rest = [sketch_of(part) for part in case["parts"]]
    for part in rest:
        first.merge(part)
    levels = [list(level) for level in first.getCompactorItems()]
    other = sketch_of(case["other"])
    return {
        "itemsByLevel": [len(items) for items in levels],
        "checksumByLevel": [checksum(items) for items in levels],
        "simpleDistance": distance.numericalDistance(first, other, True, none),
        "robustDistance": distance.numericalDistance(first, other, False, none),
    }


# Deequ takes longs, and py4j hands small numbers over as integers: the map is made on the other side.
mapper = jvm.com.fasterxml.jackson.databind.ObjectMapper().enable(
    jvm.com.fasterxml.jackson.databind.DeserializationFeature.USE_LONG_FOR_INTS
)


def scala_map(counts):
    made = mapper.readValue(json.dumps(counts), jvm.java.lang.Class.forName("java.util.HashMap"))
    return jvm.scala.collection.JavaConverters.mapAsScalaMapConverter(made).asScala()


def of_categories(case):
    def side(i):
        return scala_map({k: v[i] for k, v in case["counts"].items() if v[i] > 0})

    analyzers = jvm.com.amazon.deequ.analyzers
    l_infinity = getattr(analyzers, "Distance$LInfinityMethod")(none)
    chi_square = getattr(analyzers, "Distance$ChisquareMethod")(5, 0.2, 10)

    def ask(correct, method):
        return plain(distance.categoricalDistance(side(1), side(0), correct, method))

    return {
        "simpleDistance": ask(True, l_infinity),
        "robustDistance": ask(False, l_infinity),
        "chiSquare": ask(True, chi_square),
        "chiSquarePValue": ask(False, chi_square),
    }


answers = {}
for one in json.load(sys.stdin):
    case = one["input"]
    answers[one["name"]] = of_sketches(case) if case["kind"] == "sketches" else of_categories(case)
json.dump(answers, sys.stdout)
