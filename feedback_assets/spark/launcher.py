"""The cleaning of silver's rows as a Databricks job, launched and followed through Dagster Pipes.

The job leaves its results in a staging table; this side checks that they are of the rows it asked for, takes them
and removes the table. Everything after that is the same as without Databricks.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import dagster as dg
from dagster._core.errors import DagsterPipesExecutionError  # what the client raises; not exported
from dagster_databricks import PipesDatabricksClient
from dagster_databricks.pipes import PipesUnityCatalogVolumesContextInjector, PipesUnityCatalogVolumesMessageReader
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.errors.base import DatabricksError
from databricks.sdk.service import compute, jobs
from requests.exceptions import RequestException

from feedback_assets import tables
from feedback_assets.config.settings import Settings
from feedback_assets.errors import OutsideError
from feedback_assets.lake.store import Lake
from feedback_assets.silver.clean_rows import CleanRow, ReadingRules, Redactors
from feedback_assets.silver.feedback import RowCleaner
from feedback_assets.spark.batches import SCHEMA, line_ranges
from feedback_assets.spark.engine import match_rows, window
from feedback_assets.spark.job_request import JobRequest, fingerprint, row_code_version, staging_table

if TYPE_CHECKING:
    import pandas as pd

_KEY = dg.AssetKey(list(tables.SILVER_FEEDBACK.key))
PACKAGE, ENTRY_POINT = "feedback_assets", "feedback-row-task"
# The SDK tries again on its own (429, 503, lost connections); after this long it is an outage.
_RETRY_SECONDS = 300
_MENDS = {
    "Unauthenticated": "correct FEEDBACK_DATABRICKS_TOKEN or the client id and secret",
    "PermissionDenied": "let the principal submit job runs and read and write the volume",
    "NotFound": "correct FEEDBACK_DATABRICKS_VOLUME or the cluster id",
}


class DatabricksRefusedError(OutsideError):
    """The workspace could not be reached or said no; nothing was written."""


@dataclass(frozen=True)
class DatabricksEngine:
    """The rows are computed by a Databricks job, one for each step."""

    settings: Settings = field(repr=False)

    def cleaner(self, context: Any, lake: Lake) -> RowCleaner:
        """The row work of one step; the cluster must see the lake under the same URL."""

        def cleaner(bronze: pd.DataFrame, rules: ReadingRules, redactors: Redactors) -> list[CleanRow]:
            if bronze.empty:
                return []
            request = _request(lake, bronze, rules, redactors)
            staging = staging_table(request.token)
            try:
                with warnings.catch_warnings():
                    # Pipes uses, of Dagster itself, what is in preview and what is deprecated; both are pinned.
                    warnings.simplefilter("ignore", dg.PreviewWarning)
                    warnings.simplefilter("ignore", dg.BetaWarning)
                    warnings.filterwarnings("ignore", r"AssetExecutionContext\.\w+ is deprecated", DeprecationWarning)
                    self._launch(context, request)
                results = lake.dataset(staging)
                return match_rows([] if results is None else [results.to_table(columns=SCHEMA.names)], bronze)
            finally:
                lake.remove(staging)

        return cleaner

    def _launch(self, context: dg.AssetExecutionContext, request: JobRequest) -> None:
        settings, reader = self.settings, None
        try:
            client = _workspace(settings)
            volume = settings.databricks_volume.rstrip("/")
            reader = _Reader(interval=settings.databricks_poll_seconds, client=client, volume_path=volume)
            pipes = PipesDatabricksClient(
                client,
                context_injector=PipesUnityCatalogVolumesContextInjector(client=client, volume_path=volume),
                message_reader=reader,
                poll_interval_seconds=settings.databricks_poll_seconds,
            )
            done = pipes.run(
                context=context,
                extras=request.to_extras(),
                task=_task(settings),
                # Without the token a submission whose answer is lost would start a second job.
                submit_args={"run_name": f"{tables.SILVER_FEEDBACK.name} rows", "idempotency_token": request.token},
            )
            run_id: Any = done.metadata["Databricks Job Run ID"]
            state = client.jobs.get_run(int(run_id.value)).state
        except DagsterPipesExecutionError as error:
            raise _failure(context, error, reader) from error
        except (DatabricksError, RequestException) as error:
            raise _refused(settings, error) from error
        if state is None or state.result_state != jobs.RunResultState.SUCCESS:
            # Pipes returns without a word when the step was interrupted and the job therefore cancelled.
            raise dg.Failure("the Databricks job was cancelled; run the days again")
        _report(context, done)


class _Reader(PipesUnityCatalogVolumesMessageReader):
    """Remembers the messages, which the client gives away only of a job that succeeded."""

    handler: Any = None

    @contextmanager
    def read_messages(self, handler: Any) -> Iterator[Any]:
        self.handler = handler
        with super().read_messages(handler) as parameters:
            yield parameters

    def traceback(self) -> str | None:
        """What the job said about its failure, if it came so far."""
        messages = self.handler.get_custom_messages() if self.handler else ()
        return next(
            (message["traceback"] for message in messages if isinstance(message, Mapping) and "traceback" in message),
            None,
        )


def _request(lake: Lake, bronze: pd.DataFrame, rules: ReadingRules, redactors: Redactors) -> JobRequest:
    first, last = window(bronze)
    return JobRequest(
        token=uuid4().hex,
        lake=lake.root,
        first=first,
        last=last,
        rows=len(bronze),
        wanted=line_ranges(bronze["landing_object"], bronze["line"]),
        mappings=rules.mappings.known,
        broken=rules.mappings.broken,
        order_patterns=rules.order_patterns,
        keep=redactors.keep,
        key_fingerprint=fingerprint(rules.key),
        code=row_code_version(),
    )


def _workspace(settings: Settings) -> WorkspaceClient:
    token, secret = settings.databricks_token, settings.databricks_client_secret
    access: dict[str, Any] = (
        {"token": token.get_secret_value(), "auth_type": "pat"}
        if token
        else {
            "client_id": settings.databricks_client_id,
            "client_secret": secret and secret.get_secret_value(),
            "auth_type": "oauth-m2m",
        }
    )
    return WorkspaceClient(
        config=Config(host=settings.databricks_host, retry_timeout_seconds=_RETRY_SECONDS, **access),
    )


def _task(settings: Settings) -> jobs.SubmitTask:
    cluster: dict[str, Any] = {"existing_cluster_id": settings.databricks_cluster_id}
    if not settings.databricks_cluster_id:
        cluster = {
            "new_cluster": compute.ClusterSpec(
                spark_version=settings.databricks_spark_version,
                node_type_id=settings.databricks_node_type,
                num_workers=settings.databricks_workers,
                data_security_mode=compute.DataSecurityMode.SINGLE_USER,
                # Databricks puts the secret in its place on the cluster; this process does not know it.
                spark_env_vars={"FEEDBACK_HASH_KEY": f"{{{{secrets/{settings.databricks_secret_scope}/hash_key}}}}"},
            )
        }
    return jobs.SubmitTask(
        task_key="silver_rows",
        python_wheel_task=jobs.PythonWheelTask(package_name=PACKAGE, entry_point=ENTRY_POINT, parameters=[]),
        libraries=[compute.Library(whl=settings.databricks_wheel)],
        **cluster,
    )


def _report(context: dg.AssetExecutionContext, done: Any) -> None:
    """What the job reported, on the asset page beside what the commit says."""
    metadata = dict(done.metadata)
    for result in done.get_results(implicit_materializations=False):
        metadata |= dict(result.metadata or {})
    context.log.info("the Databricks job is done: %s", {name: value.value for name, value in metadata.items()})
    # Once, with the last day of the run: the event log keeps every copy.
    context.add_asset_metadata(metadata, asset_key=_KEY, partition_key=context.partition_keys[-1])


def _failure(
    context: dg.AssetExecutionContext, error: DagsterPipesExecutionError, reader: _Reader | None
) -> dg.Failure:
    """The failure of the step; the remote traceback stands on the asset page too, which knows of no failed steps."""
    trace = reader.traceback() if reader else None
    metadata = {"remote_traceback": dg.MetadataValue.md(f"```\n{trace}\n```")} if trace else {}
    last = trace.strip().splitlines()[-1] if trace else "the job did not come so far as to say why; see its own page"
    failure = dg.Failure(f"{str(error).rstrip('.')}: {last}", metadata=metadata, allow_retries=False)
    day = context.partition_keys[-1]
    context.log_event(dg.AssetObservation(_KEY, description=failure.description, partition=day, metadata=metadata))
    return failure


def _refused(settings: Settings, error: Exception) -> DatabricksRefusedError:
    fix = _MENDS.get(type(error).__name__, "try again, or see whether the workspace is up")
    message = " ".join(str(error).split())[:300]
    return DatabricksRefusedError(f"{settings.databricks_host}: {type(error).__name__}: {message}; {fix}")
