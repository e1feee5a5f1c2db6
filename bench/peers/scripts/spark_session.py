"""One local Spark session with Deequ's jar, quiet."""
import os

from pyspark.sql import SparkSession


def start():
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.jars", os.environ["PEER_JARS"])
        .config("spark.driver.memory", "4g")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    return spark
