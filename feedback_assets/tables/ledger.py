"""What language models answered, and which versions apply from which day on."""

from __future__ import annotations

from feedback_assets.personal import LINK, NONE, STAFF, WORDS
from feedback_assets.tables.table import Column, Table, choice, required, text
from feedback_assets.tables.values import AnswerOutcome

LEDGER = Table(
    key=("ledger", "answers"),
    group="classification",
    description="Every answer of a language model: cache, audit trail and cost account.",
    primary_key=("ledger_key",),
    owner="product-operations",
    by_day=False,
    columns=(
        required("ledger_key", "Hash of messages as sent, response schema, model and sampling.", LINK),
        required("prompt_hash", "The prompt and the schema it was sent with, in `ledger/prompts`.", NONE),
        required("request", "Messages as sent after the prompt, as JSON.", WORDS),
        Column("request_characters", "int", "Characters of all messages as JSON.", nullable=False, minimum=0),
        text("answer", "The answer as JSON text; empty when refused.", WORDS),
        choice("outcome", "answered, invalid, refused.", AnswerOutcome),
        text("detail", "Why it is invalid or refused.", WORDS),
        required("model", "Model asked.", NONE),
        text("model_version", "Model that says it answered.", NONE),
        required("sampling", "Sampling settings, as a JSON object.", NONE),
        required("prompt_version", "Version of the prompt.", NONE),
        required("taxonomy_version", "Version of the taxonomy.", NONE),
        required("schema_version", "Version of the schema.", NONE),
        Column("tokens_in", "int", "Prompt tokens.", nullable=False, minimum=0),
        Column("tokens_out", "int", "Completion tokens.", nullable=False, minimum=0),
        Column("cost", "float", "Cost in the account's currency.", nullable=False, minimum=0),
        Column("answered_at", "timestamp", "When.", nullable=False),
    ),
)

LEDGER_PROMPTS = Table(
    key=("ledger", "prompts"),
    group="classification",
    description="Each prompt that was sent to a language model, once, with the schema of its answers.",
    primary_key=("prompt_hash",),
    owner="product-operations",
    by_day=False,
    columns=(
        required("prompt_hash", "Hash of prompt and schema.", NONE),
        required("prompt", "The system message as sent; empty when there was none.", NONE),
        text("response_schema", "Schema of the answer, as JSON; empty for answers of before it was kept.", NONE),
    ),
)

ACTIVE_VERSIONS = Table(
    key=("ledger", "active_versions"),
    group="classification",
    description="Which prompt, taxonomy, thresholds, rules and local model apply from which day on.",
    primary_key=("effective_day", "promoted_at"),
    owner="product-operations",
    by_day=False,
    columns=(
        Column("effective_day", "date", "First day it holds for.", nullable=False),
        Column("last_day", "date", "Last day it holds for; empty for all days from the first on."),
        text("scope", "Categories it is narrowed to, separated by commas; empty for every item.", NONE),
        required("prompt_version", "Prompt.", NONE),
        required("taxonomy_version", "Taxonomy.", NONE),
        required("thresholds_version", "Thresholds.", NONE),
        required("rules_version", "Rules.", NONE),
        required("local_model_version", "Local model.", NONE),
        required("promoted_by", "Who.", STAFF),
        required("reason", "Why.", STAFF),
        Column("promoted_at", "timestamp", "When.", nullable=False, volatile=True),
    ),
)
