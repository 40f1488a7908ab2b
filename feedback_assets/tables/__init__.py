"""Every table once: key, layer, columns, contract, owner, description; one module a layer, the enums in `values`.

The Arrow schema, the contract, the blocking checks, the column metadata in the UI and the data dictionary all come
from here. Other modules write `from feedback_assets import tables` and `tables.SILVER_FEEDBACK`, `tables.Channel`.
Nothing in this package reads or writes a table.
"""

from __future__ import annotations

from feedback_assets.tables.bronze import (
    BRONZE,
    BRONZE_CATALOG,
    BRONZE_COMMERCE,
    BRONZE_FEEDBACK,
    BRONZE_RELEASES,
    BRONZE_TICKET_EVENTS,
)
from feedback_assets.tables.evaluation import (
    GOLDEN_SCORES,
    LABEL_CHANGES,
    PROMPT_PLAN,
)
from feedback_assets.tables.gold import (
    GOLD_CLUSTER_MEMBERS,
    GOLD_CLUSTERS,
    GOLD_DAILY_COUNTS,
    GOLD_ISSUES,
    GOLD_ITEMS,
    GOLD_PRIORITY,
    GOLD_RATES,
    GOLD_RELEASE_IMPACT,
    GOLD_TRENDS,
)
from feedback_assets.tables.ledger import (
    ACTIVE_VERSIONS,
    LEDGER,
    LEDGER_PROMPTS,
)
from feedback_assets.tables.silver import (
    SILVER_CATALOG,
    SILVER_COMMERCE,
    SILVER_CORRECTIONS,
    SILVER_DUPLICATES,
    SILVER_FEEDBACK,
    SILVER_QUARANTINE,
    SILVER_RELEASES,
)
from feedback_assets.tables.table import (
    Column,
    Kind,
    Layer,
    Table,
)
from feedback_assets.tables.tickets import (
    OPEN_TICKETS,
    TICKET_BATCH,
    TICKET_DELIVERIES,
)
from feedback_assets.tables.values import (
    ANSWERED_BY,
    CHANNELS,
    DECISIONS,
    LEVELS,
    RELEASE_KINDS,
    SENTIMENTS,
    STREAMS,
    TRIAGE,
    AnsweredBy,
    AnswerOutcome,
    Channel,
    ClusterEvent,
    ClusterStatus,
    CommerceEvent,
    DeliveryOutcome,
    DuplicateKind,
    GoldenSlice,
    Harm,
    ImpactScope,
    Level,
    ModerationKind,
    PriorityDecision,
    ProductMatch,
    QuarantineReason,
    RateDimension,
    ReleaseKind,
    ReleaseMatch,
    ReleaseVerdict,
    ReviewDecision,
    Sentiment,
    Stream,
    TicketAction,
    TicketState,
    Triage,
)

__all__ = [
    "ACTIVE_VERSIONS",
    "ALL",
    "ANSWERED_BY",
    "BRONZE",
    "BRONZE_CATALOG",
    "BRONZE_COMMERCE",
    "BRONZE_FEEDBACK",
    "BRONZE_RELEASES",
    "BRONZE_TICKET_EVENTS",
    "CHANNELS",
    "DECISIONS",
    "GOLDEN_SCORES",
    "GOLD_CLUSTERS",
    "GOLD_CLUSTER_MEMBERS",
    "GOLD_DAILY_COUNTS",
    "GOLD_ISSUES",
    "GOLD_ITEMS",
    "GOLD_PRIORITY",
    "GOLD_RATES",
    "GOLD_RELEASE_IMPACT",
    "GOLD_TRENDS",
    "LABEL_CHANGES",
    "LEDGER",
    "LEDGER_PROMPTS",
    "LEVELS",
    "OPEN_TICKETS",
    "PROMPT_PLAN",
    "RELEASE_KINDS",
    "SENTIMENTS",
    "SILVER_CATALOG",
    "SILVER_COMMERCE",
    "SILVER_CORRECTIONS",
    "SILVER_DUPLICATES",
    "SILVER_FEEDBACK",
    "SILVER_QUARANTINE",
    "SILVER_RELEASES",
    "STREAMS",
    "TICKET_BATCH",
    "TICKET_DELIVERIES",
    "TRIAGE",
    "AnswerOutcome",
    "AnsweredBy",
    "Channel",
    "ClusterEvent",
    "ClusterStatus",
    "Column",
    "CommerceEvent",
    "DeliveryOutcome",
    "DuplicateKind",
    "GoldenSlice",
    "Harm",
    "ImpactScope",
    "Kind",
    "Layer",
    "Level",
    "ModerationKind",
    "PriorityDecision",
    "ProductMatch",
    "QuarantineReason",
    "RateDimension",
    "ReleaseKind",
    "ReleaseMatch",
    "ReleaseVerdict",
    "ReviewDecision",
    "Sentiment",
    "Stream",
    "Table",
    "TicketAction",
    "TicketState",
    "Triage",
    "by_name",
]

ALL: tuple[Table, ...] = (
    *BRONZE.values(),
    SILVER_CATALOG,
    SILVER_COMMERCE,
    SILVER_RELEASES,
    SILVER_FEEDBACK,
    SILVER_DUPLICATES,
    SILVER_QUARANTINE,
    SILVER_CORRECTIONS,
    GOLD_ITEMS,
    GOLD_ISSUES,
    GOLD_CLUSTERS,
    GOLD_CLUSTER_MEMBERS,
    GOLD_PRIORITY,
    GOLD_DAILY_COUNTS,
    GOLD_TRENDS,
    GOLD_RATES,
    GOLD_RELEASE_IMPACT,
    TICKET_BATCH,
    OPEN_TICKETS,
    TICKET_DELIVERIES,
    GOLDEN_SCORES,
    PROMPT_PLAN,
    LABEL_CHANGES,
    LEDGER,
    LEDGER_PROMPTS,
    ACTIVE_VERSIONS,
)


def by_name(name: str) -> Table:
    """The table called `layer/table`.

    Raises:
        KeyError: No table has that name.
    """
    for table in ALL:
        if table.name == name:
            return table
    raise KeyError(f"no table {name!r}; there are {', '.join(t.name for t in ALL)}")
