"""Scores on the golden set, and what a change of prompts would do."""

from __future__ import annotations

from feedback_assets.personal import LINK, NONE
from feedback_assets.tables.table import Column, Table, choice, required, text
from feedback_assets.tables.values import GoldenSlice

GOLDEN_SCORES = Table(
    key=("evaluation", "golden_scores"),
    group="evaluation",
    description="Scores on the golden set by slice, old ones kept.",
    primary_key=("evaluation_id", "slice", "value"),
    owner="product-operations",
    by_day=False,
    columns=(
        required("evaluation_id", "Hash of golden set, model, taxonomy and thresholds.", NONE),
        required("golden_version", "Hash of the golden set.", NONE),
        required("model_version", "Version of what was scored.", NONE),
        required("taxonomy_version", "Version of the taxonomy.", NONE),
        choice("slice", "What the slice is of.", GoldenSlice),
        required("value", "Which one.", NONE),
        Column("items", "int", "Golden items in the slice.", nullable=False, minimum=0),
        Column("precision", "float", "0 to 1.", minimum=0, maximum=1),
        Column("recall", "float", "0 to 1.", minimum=0, maximum=1),
        Column("f1", "float", "0 to 1 (macro where the slice has several categories).", minimum=0, maximum=1),
        Column("f1_low", "float", "Lower end of the 95 % bootstrap interval.", minimum=0, maximum=1),
        Column("f1_high", "float", "Upper end.", minimum=0, maximum=1),
        Column("calibration_error", "float", "Expected calibration error.", minimum=0, maximum=1),
        Column("evaluated_at", "timestamp", "When.", volatile=True),
    ),
)

_PROMPTS = (
    required("prompt_before", "Prompt version before.", NONE),
    required("prompt_after", "Prompt version after, of the prompts folder.", NONE),
)

PROMPT_PLAN = Table(
    key=("evaluation", "prompt_plan"),
    group="evaluation",
    description="What a change of prompts would send, cost and flip, by day; old plans kept.",
    primary_key=("plan_id", "for_day"),
    owner="product-operations",
    by_day=False,
    columns=(
        required("plan_id", "Hash of all rows of the plan.", NONE),
        Column("for_day", "date", "The day.", nullable=False),
        Column("affected", "bool", "The backfill holds it; else it keeps its version.", nullable=False),
        *_PROMPTS,
        text("scope", "Categories it is narrowed to, separated by commas; empty for every item.", NONE),
        Column("items", "int", "Items of the day.", nullable=False, minimum=0),
        Column("texts", "int", "Items the changed words are sent with, answered ones included.", minimum=0),
        Column("requests", "int", "Questions the ledger cannot answer, repairs and retries to come not counted."),
        Column("tokens_in", "int", "Prompt tokens, estimated.", minimum=0),
        Column("tokens_out", "int", "Completion tokens, estimated.", minimum=0),
        Column("cost", "float", "Price of the tokens; empty where the model's price is not known.", minimum=0),
        Column("flips", "int", "Items whose category is known to change.", minimum=0),
        Column("unknown", "int", "Items of which only the answer will tell.", minimum=0),
        Column("planned_at", "timestamp", "When.", volatile=True),
    ),
)

LABEL_CHANGES = Table(
    key=("evaluation", "label_changes"),
    group="evaluation",
    description="Old and new label of each item that two versions of the prompt answered, side by side.",
    primary_key=("event_id", "prompt_before", "prompt_after", "label_before", "label_after"),
    owner="product-operations",
    by_day=False,
    columns=(
        Column("day", "date", "The item's day.", nullable=False),
        required("event_id", "The item.", LINK),
        *_PROMPTS,
        required("label_before", "Category and sub-label before.", NONE),
        required("label_after", "Category and sub-label after.", NONE),
        required("answered_by_before", "Who gave the label before.", NONE),
        required("answered_by_after", "Who gives it after.", NONE),
        Column("flips", "bool", "The category changes.", nullable=False),
        Column("compared_at", "timestamp", "When.", volatile=True),
    ),
)
