"""The row engine as a resource of the graph: which one is chosen by settings, the graph is the same with each."""

from __future__ import annotations

from feedback_assets.config.settings import Settings
from feedback_assets.errors import CallError
from feedback_assets.silver.engine import InProcessEngine, RowEngine


def row_engine(settings: Settings) -> RowEngine:
    """The engine the settings name; pyspark and Databricks' SDK are imported only for theirs."""
    if settings.engine == "spark" and settings.spark_remote is not None:
        from feedback_assets.spark.engine import SparkEngine

        return SparkEngine(settings.spark_remote.get_secret_value())
    if settings.engine == "databricks":
        try:
            from feedback_assets.spark.launcher import DatabricksEngine
        except ImportError as error:
            raise CallError(f"{error.name} is not installed; run `pip install feedback-assets[databricks]`") from error
        return DatabricksEngine(settings)
    return InProcessEngine()
