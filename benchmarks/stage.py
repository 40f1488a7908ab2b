"""One stage of one day in a process of its own: what it cost and the most memory it held.

python -m benchmarks.stage ASSET DAY      with FEEDBACK_HOME set; prints one line of JSON
"""

from __future__ import annotations

import json
import resource
import sys
import time


def main(asset: str, day: str) -> None:
    import dagster as dg

    from feedback_assets.config.settings import load
    from feedback_assets.definitions import build_defs

    window = {"dagster/asset_partition_range_start": day, "dagster/asset_partition_range_end": day}
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    job = build_defs(load()).resolve_job_def("every_room")
    op = next(name for name in (asset, asset.replace("/", "__")) if name in {node.name for node in job.nodes})
    keys = sorted({key for key, name in _ops(job) if name == op})
    with dg.DagsterInstance.ephemeral() as instance:
        started, cpu = time.perf_counter(), time.process_time()
        result = job.execute_in_process(run_config=quiet, instance=instance, tags=window, asset_selection=keys)
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    told = {
        "seconds": seconds,
        "cpu": cpu,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "rows": 0,
    }
    for event in result.all_events:
        if event.event_type == dg.DagsterEventType.STEP_SUCCESS and event.step_key == op:
            told["seconds"] = event.step_success_data.duration_ms / 1000
        if event.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION:
            metadata = event.materialization.metadata
            told["rows"] += int(metadata["dagster/partition_row_count"].value)
            told |= {name: int(metadata[name].value) for name in ("rows_computed", "rows_cached") if name in metadata}
    print(json.dumps(told))


def _ops(job):
    layer = job.asset_layer
    for key in layer.asset_graph.materializable_asset_keys:
        yield key, layer.get_op_output_handle(key).node_handle.name


if __name__ == "__main__":
    main(*sys.argv[1:])
