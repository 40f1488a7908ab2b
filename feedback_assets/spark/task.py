"""What runs on Databricks: the cleaning of silver's rows, told what to do and reporting through Dagster Pipes.

Started as the wheel's entry point `feedback-row-task`. Reads bronze by Spark, maps the row functions, leaves their
results in a staging table beside bronze; which day they make is decided by whoever ordered them.
"""

from __future__ import annotations

import sys
import traceback
from typing import Any

from dagster_pipes import (
    PipesCliArgsParamsLoader,
    PipesContext,
    PipesEnvVarParamsLoader,
    PipesUnityCatalogVolumesContextLoader,
    PipesUnityCatalogVolumesMessageWriter,
    open_dagster_pipes,
)

from feedback_assets import tables
from feedback_assets.config.settings import Settings, load
from feedback_assets.errors import CallError
from feedback_assets.lake.store import Lake
from feedback_assets.spark import session as spark_session
from feedback_assets.spark.engine import clean_with_spark
from feedback_assets.spark.job_request import JobRequest, fingerprint, row_code_version, staging_table

# Messages are files on the volume; one every other second is soon enough to be read along.
_SECONDS = 2


def main() -> None:
    """Do what Dagster ordered; a failure is reported with its traceback and ends the process with 1."""
    # An existing cluster has the environment it was started with: then Pipes tells by arguments.
    arguments = PipesCliArgsParamsLoader()
    parameters = arguments if arguments.is_dagster_pipes_process() else PipesEnvVarParamsLoader()
    with open_dagster_pipes(
        context_loader=PipesUnityCatalogVolumesContextLoader(),
        message_writer=PipesUnityCatalogVolumesMessageWriter(interval=_SECONDS),
        params_loader=parameters,
    ) as pipes:
        try:
            _run(pipes, load())
        except Exception:
            pipes.report_custom_message({"traceback": traceback.format_exc()})
            raise


def _run(pipes: PipesContext, settings: Settings) -> None:
    request = JobRequest.from_extras(dict(pipes.extras))
    key = _key(settings, request)
    if request.code != row_code_version():
        raise CallError(
            f"the wheel on the cluster holds other row functions ({row_code_version()}) than the caller "
            f"({request.code}); "
            "build the wheel of the version that runs Dagster and put it where FEEDBACK_DATABRICKS_WHEEL says"
        )
    pipes.log.info(f"reading {tables.BRONZE_FEEDBACK.name} of {request.first} to {request.last} from {request.lake}")
    spark = _session()
    lake = Lake(request.lake)  # only for its URLs: reading and writing is Spark's
    rows = clean_with_spark(
        spark, lake.url(tables.BRONZE_FEEDBACK), request.first, request.last, request.rows, request.task(key)
    )
    staging = lake.url(staging_table(request.token))
    spark_session.append(rows, staging)
    count = spark.read.format("delta").load(staging).count()
    pipes.log.info(f"{count} rows read and cleaned")
    pipes.report_asset_materialization(
        asset_key=tables.SILVER_FEEDBACK.name,
        metadata={"rows_on_databricks": count, "spark": spark.version, "python": sys.version.split()[0]},
    )


def _key(settings: Settings, request: JobRequest) -> bytes:
    if settings.hash_key is None:
        raise CallError("FEEDBACK_HASH_KEY is not set on the cluster; put it into the secret scope: docs/databricks.md")
    key = bytes.fromhex(settings.hash_key.get_secret_value())
    if fingerprint(key) != request.key_fingerprint:
        raise CallError(
            "the hashing key in the secret scope is not the one of this installation: customers would get other "
            "hashes than on the days already computed; put the right one there: docs/databricks.md"
        )
    return key


def _session() -> Any:
    """The session Databricks prepared, or the one SPARK_REMOTE names."""
    spark_session.quiet()
    from pyspark.sql import SparkSession

    return SparkSession.builder.getOrCreate()


if __name__ == "__main__":
    main()
