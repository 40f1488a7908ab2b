"""The names of run tags that say who asked for a run and with what in mind. Only names."""

from __future__ import annotations

# Dagster's own: a backfill that a person started over history; what automation asks for carries the second as well.
BACKFILL = "dagster/backfill"
BY_AUTOMATION = "dagster/from_automation_condition"
# Ours, on the runs of a prompt backfill: the prompt version to label with, and the categories it is narrowed to.
PROMPT = "feedback/prompt"
SCOPE = "feedback/scope"
# Dagster's own: which days a run is for, one or a range.
PARTITION = "dagster/partition"
RANGE_START, RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
