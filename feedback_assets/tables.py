"""Every table once: key, layer, columns, contract, owner, description.

The Arrow schema, the contract, the blocking checks, the column metadata in the UI and the data
dictionary all come from here. Nothing in this module reads or writes a table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal["string", "int", "float", "bool", "timestamp", "date", "vector"]
Layer = Literal["bronze", "silver", "gold", "tickets", "evaluation", "ledger"]


@dataclass(frozen=True)
class Column:
    """One column. `volatile` columns (clock, run, cost) do not count when two tables are compared."""

    name: str
    kind: Kind
    description: str
    nullable: bool = True
    volatile: bool = False
    allowed: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class Table:
    """One table: where it lives, what a row is, what must hold for every row."""

    key: tuple[str, str]
    group: str
    description: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    owner: str = "data-platform"
    by_day: bool = True
    shows_sample: bool = True

    @property
    def name(self) -> str:
        """The key as text, `layer/table`."""
        return "/".join(self.key)

    @property
    def layer(self) -> str:
        """The medallion layer, the first part of the key."""
        return self.key[0]

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names of the columns in order."""
        return tuple(column.name for column in self.columns)

    @property
    def stable_columns(self) -> tuple[str, ...]:
        """The columns that must be equal when a day is computed again."""
        return tuple(column.name for column in self.columns if not column.volatile)

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises:
            KeyError: The table has no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name!r}")

    def arrow_schema(self) -> pa.Schema:
        """The Arrow schema, with plain strings and microsecond UTC timestamps as Delta stores them."""
        import pyarrow as pa

        types: dict[Kind, pa.DataType] = {
            "string": pa.string(),
            "int": pa.int64(),
            "float": pa.float64(),
            "bool": pa.bool_(),
            "timestamp": pa.timestamp("us", tz="UTC"),
            "date": pa.date32(),
            "vector": pa.list_(pa.float32()),
        }
        return pa.schema(
            [
                pa.field(
                    column.name,
                    types[column.kind],
                    nullable=column.nullable,
                    metadata={"comment": column.description},
                )
                for column in self.columns
            ]
        )


STREAMS = ("feedback", "releases", "commerce", "catalog", "ticket_events")
CHANNELS = (
    "app_review",
    "product_review",
    "support_ticket",
    "return_reason",
    "survey",
    "chat",
    "social",
    "forum",
    "other",
)
SENTIMENTS = ("negative", "mixed", "neutral", "positive")
ANSWERED_BY = ("rules", "ledger", "local_model", "language_model", "people", "nobody")
TRIAGE = ("automatic", "review", "signal", "people")
LEVELS = ("P1", "P2", "P3", "P4")
DECISIONS = ("ticket", "approval", "digest", "watch")

_DAY = Column("day", "date", "The UTC day the event happened on; the partition.", nullable=False)


def _text(name: str, description: str, **more: object) -> Column:
    return Column(name, "string", description, **more)  # type: ignore[arg-type]


def _id(name: str, description: str) -> Column:
    return Column(name, "string", description, nullable=False)


def _bronze(stream: str, what: str) -> Table:
    return Table(
        key=("bronze", stream),
        group="landing",
        description=f"{what} exactly as received: one row for each line of a landing object.",
        primary_key=("landing_object", "line"),
        shows_sample=False,
        columns=(
            _DAY,
            _text("event_id", "Id of the event; empty when the line is not an envelope."),
            _text("source", "The system it came from."),
            _text("channel", "How the customer spoke, as the source says."),
            Column("occurred_at", "timestamp", "When it happened, as the envelope says."),
            Column("received_at", "timestamp", "When it arrived at the door."),
            _text("mapping", "Name of the saved column mapping that reads the payload."),
            _text("payload", "The untouched payload as JSON text."),
            _text("raw", "The line as it came.", nullable=False),
            _id("landing_object", "Path of the landing object below the landing root."),
            Column("line", "int", "Line number in it, from 1.", nullable=False, minimum=1),
            _id("checksum", "SHA-256 of the line's bytes."),
            _text("problem", "Why the line is no envelope; empty when it is."),
            _text("filed_because", "Why it is filed under its arrival day; empty when it is not."),
        ),
    )


BRONZE_FEEDBACK = _bronze("feedback", "What customers wrote,")
BRONZE_RELEASES = _bronze("releases", "Changes shipped,")
BRONZE_COMMERCE = _bronze("commerce", "Orders, returns and refunds,")
BRONZE_CATALOG = _bronze("catalog", "Products and their edits,")
BRONZE_TICKET_EVENTS = _bronze("ticket_events", "What happened to tickets in the tracker,")

SILVER_CATALOG = Table(
    key=("silver", "catalog"),
    group="silver",
    description="Products as the catalog told of them that day; the newest row of a product holds.",
    primary_key=("product_id", "event_id"),
    owner="catalogue-content",
    columns=(
        _DAY,
        _id("event_id", "The catalog event."),
        Column("occurred_at", "timestamp", "When the catalog said so."),
        _id("product_id", "The product's id."),
        _text("sku", "Stock keeping unit."),
        _text("product_name", "Name as sold."),
        _text("product_family", "Family or category in the shop."),
        _text("synonyms", "Other names, as a JSON list."),
        _text("variants", "Variants, as a JSON list."),
        _text("vendor", "Who makes or supplies it."),
        _text("fulfilment_centre", "Where it ships from."),
        _text("launch_cohort", "Month it was first sold, YYYY-MM."),
        Column("unit_price", "float", "Price of one, in the shop's currency.", minimum=0),
        Column("unit_margin", "float", "Contribution margin of one, in the shop's currency."),
        _text("attributes", "All further fields, as a JSON object."),
    ),
)

SILVER_COMMERCE = Table(
    key=("silver", "commerce"),
    group="silver",
    description="Order lines, returns and refunds, one row an event, customers and orders as keyed hashes.",
    primary_key=("event_id",),
    columns=(
        _DAY,
        _id("event_id", "The commerce event."),
        Column("occurred_at", "timestamp", "When it happened."),
        _text(
            "event_type",
            "What it is.",
            nullable=False,
            allowed=("order", "order_item", "return", "refund", "delivery", "other"),
        ),
        _text("order_ref", "Keyed hash of the order number."),
        _text("customer_ref", "Keyed hash of the customer."),
        _text("product_id", "The product, where the event names one."),
        _text("variant", "Variant of the product."),
        _text("region", "Where the customer is."),
        _text("vendor", "Who supplied it."),
        _text("fulfilment_centre", "Where it shipped from."),
        _text("carrier", "Who carried it."),
        Column("quantity", "float", "Pieces.", minimum=0),
        Column("revenue", "float", "Revenue, in the shop's currency."),
        Column("margin", "float", "Contribution margin, in the shop's currency."),
        Column("promised_at", "timestamp", "Promised delivery."),
        Column("delivered_at", "timestamp", "Actual delivery."),
        _text("status", "Status of the order as the source says."),
        _text("reason", "Reason code of a return or refund."),
    ),
)

RELEASE_KINDS = ("app", "site", "flag", "catalogue", "process", "incident", "other")

SILVER_RELEASES = Table(
    key=("silver", "releases"),
    group="silver",
    description="Changes shipped: versions, deployments, flags, catalogue edits, process changes, incidents.",
    primary_key=("event_id",),
    columns=(
        _DAY,
        _id("event_id", "The event that told of it."),
        _id("source", "The system that told of it."),
        _id("release_id", "Id of the release as its source gives it."),
        _text("kind", "What kind of change it is.", nullable=False, allowed=RELEASE_KINDS),
        _text("name", "What it is called.", nullable=False),
        _text("version", "Version shipped, where it has one."),
        _text("version_key", "The version as it is compared with those customers name."),
        Column("at", "timestamp", "Since when it is in force.", nullable=False),
        _text("regions", "Where it is in force, as a JSON list; everywhere when empty."),
        _text("product_id", "The product it changes, resolved against the catalog."),
        _text("product_match", "How the product was found.", allowed=("id", "sku", "name", "synonym", "text")),
        _text("notes", "What its source says of it."),
        _text("commits", "First and last commit, where its source names them."),
        Column("derived", "bool", "It was derived from the versions customers name.", nullable=False),
    ),
)

SILVER_FEEDBACK = Table(
    key=("silver", "feedback"),
    group="silver",
    description="One canonical row for each item: text without personal data, language, product, context.",
    primary_key=("event_id",),
    columns=(
        _DAY,
        _id("event_id", "The item."),
        _id("source", "The system it came from."),
        _text("channel", "How the customer spoke.", nullable=False, allowed=CHANNELS),
        Column("occurred_at", "timestamp", "When it was written.", nullable=False),
        Column("received_at", "timestamp", "When it arrived."),
        _text("text", "Normalised text (title first), personal data replaced by typed placeholders.", nullable=False),
        _id("text_key", "Hash of the folded text; equal for equal wording."),
        _text("language", "ISO 639-1 code, `und` when the text is too short to tell.", nullable=False),
        Column("language_confidence", "float", "0 to 1.", minimum=0, maximum=1),
        Column("rating", "float", "1 to 5, other scales brought to it.", minimum=1, maximum=5),
        _text("product_id", "Product resolved against the catalog."),
        _text("product_name", "Its name."),
        _text("product_family", "Its family."),
        _text("product_match", "How it was resolved.", allowed=("id", "sku", "name", "synonym", "order", "text")),
        _text("variant", "Variant bought."),
        _text("vendor", "Who supplied the product."),
        _text("fulfilment_centre", "Where it ships from."),
        Column("unit_price", "float", "Price of one.", minimum=0),
        Column("unit_margin", "float", "Contribution margin of one."),
        _text("region", "Where the customer is."),
        _text("store", "Shop, marketplace or app store."),
        _text("carrier", "Who carried the parcel, where known."),
        _text("order_ref", "Keyed hash of the order number."),
        _text("case_ref", "Keyed hash of the support case."),
        _text("customer_ref", "Keyed hash of the customer."),
        _text("mirror_ref", "Id of the item this one mirrors, where the source says so."),
        _text("device", "Device or platform."),
        _text("app_version", "Version of the app."),
        _text("customer_tier", "Tier, such as free or enterprise."),
        Column("customer_value", "float", "Yearly value of the customer, in the shop's currency."),
        _text("return_reason", "Reason code of a return."),
        Column("sla_hours", "float", "Answer promised to the customer, in hours.", minimum=0),
        _text("signals", "Behavioural signals, such as payment_abandoned, as a JSON object."),
        _text("release_id", "The release in force when it was written, of those of the last eight weeks."),
        _text("release_match", "How the release was decided.", allowed=("version", "product", "time")),
        _text("releases_in_force", "All that were in force, the newest of each kind, as a JSON object of ids by kind."),
        Column("redactions", "int", "How many personal values were replaced.", nullable=False, minimum=0),
        _text("redacted_kinds", "Their kinds, as a JSON list."),
        _id("landing_object", "Where it came in."),
        Column("line", "int", "Line in it.", nullable=False, minimum=1),
    ),
)

SILVER_DUPLICATES = Table(
    key=("silver", "duplicates"),
    group="silver",
    description="Items that repeat another, each pointing at the one it repeats.",
    primary_key=("landing_object", "line"),
    columns=(
        _DAY,
        _id("event_id", "The item that repeats."),
        _id("source", "The system it came from."),
        _text("channel", "How the customer spoke."),
        Column("occurred_at", "timestamp", "When it was written."),
        _id("original_event_id", "The item it repeats."),
        Column("original_day", "date", "Day of the item it repeats.", nullable=False),
        _text("kind", "Why it counts as a repeat.", nullable=False, allowed=("same_event", "mirror", "near_copy")),
        Column("similarity", "float", "0 to 1; 1 for the same event.", nullable=False, minimum=0, maximum=1),
        _text("evidence", "What ties the two, in words.", nullable=False),
        _id("landing_object", "Where it came in."),
        Column("line", "int", "Line in it.", nullable=False, minimum=1),
    ),
)

SILVER_QUARANTINE = Table(
    key=("silver", "quarantine"),
    group="silver",
    description="Rows that cannot be trusted or read, with the reason and the way back in.",
    primary_key=("landing_object", "line"),
    columns=(
        _DAY,
        _text("event_id", "Id, where the line has one."),
        _text("source", "The system it came from."),
        _text(
            "reason",
            "Why it is here.",
            nullable=False,
            allowed=(
                "not_an_envelope",
                "undated",
                "wrong_day",
                "empty_text",
                "bad_field",
                "unknown_mapping",
                "campaign",
            ),
        ),
        _text("detail", "The field and what is wrong with it, personal data replaced.", nullable=False),
        _text("mend", "What to do so that it comes back in.", nullable=False),
        _text("excerpt", "Start of the text, personal data replaced."),
        _text("evidence", "Evidence of a campaign, as a JSON object."),
        _id("landing_object", "Where it came in."),
        Column("line", "int", "Line in it.", nullable=False, minimum=1),
        _id("checksum", "SHA-256 of the line's bytes."),
    ),
)

SILVER_CORRECTIONS = Table(
    key=("silver", "corrections"),
    group="review",
    description="What people decided about an item's labels; an override holds at once.",
    primary_key=("event_id", "decided_at"),
    owner="analysts",
    columns=(
        _DAY,
        _id("event_id", "The item."),
        _text("issues", "The right issues, as a JSON list of {category, sub_label}.", nullable=False),
        _text("decision", "What was done.", nullable=False, allowed=("confirmed", "corrected")),
        _id("decided_by", "Who."),
        Column("decided_at", "timestamp", "When.", nullable=False),
        _text("comment", "Why, in their words."),
    ),
)

_PROVENANCE = (
    _text("answered_by", "Which step of the cascade answered.", nullable=False, allowed=ANSWERED_BY),
    _text("model", "Model or rule set that answered."),
    _text("model_version", "Its version."),
    _text("sampling", "Sampling settings, as a JSON object."),
    _text("prompt_version", "Hash of rendered template, taxonomy, examples and schema."),
    _text("taxonomy_version", "Version of the taxonomy.", nullable=False),
    _text("schema_version", "Version of the answer's schema.", nullable=False),
    _text("thresholds_version", "Version of the thresholds.", nullable=False),
    _text("feature_snapshot", "Version of the features and training data the local model used."),
    _text("ledger_key", "Key of the ledger's answer, where there is one."),
    Column("answered_at", "timestamp", "When the answer was made.", volatile=True),
    Column("tokens_in", "int", "Prompt tokens spent in this run.", volatile=True),
    Column("tokens_out", "int", "Completion tokens spent in this run.", volatile=True),
    Column("cost", "float", "Cost of this run's answer, in the account's currency.", volatile=True),
    _text("triage", "Where it goes by confidence.", nullable=False, allowed=TRIAGE),
    _text("triage_reason", "Why, in words.", nullable=False),
    Column("overridden", "bool", "A person decided.", nullable=False),
)

GOLD_ITEMS = Table(
    key=("gold", "items"),
    group="classification",
    description="One current row for each item: its primary label and who gave it.",
    primary_key=("event_id",),
    owner="product-operations",
    columns=(
        _DAY,
        _id("event_id", "The item."),
        _id("domain", "Domain of the primary issue."),
        _id("category", "Category of the primary issue."),
        _text("sub_label", "Its sub-label."),
        Column("issues", "int", "How many issues the item carries.", nullable=False, minimum=0),
        _text("sentiment", "Tone of the item.", allowed=SENTIMENTS),
        Column("sentiment_score", "float", "-1 to 1.", minimum=-1, maximum=1),
        Column(
            "confidence",
            "float",
            "Calibrated probability of the primary category.",
            nullable=False,
            minimum=0,
            maximum=1,
        ),
        _text(
            "moderation", "Why people must see it first: abuse, threat, self_harm, injection; empty when they need not."
        ),
        _text("empty_fields", "Fields nobody could honestly fill, as a JSON list.", nullable=False),
        *_PROVENANCE,
    ),
)

GOLD_ISSUES = Table(
    key=("gold", "issues"),
    group="classification",
    description="One row for each issue in an item, the primary blocker first. Praise has none.",
    primary_key=("issue_id",),
    owner="product-operations",
    columns=(
        _DAY,
        _id("issue_id", "Item and ordinal."),
        _id("event_id", "The item."),
        Column("ordinal", "int", "0 for the primary blocker.", nullable=False, minimum=0),
        _id("domain", "Domain."),
        _id("category", "Category."),
        _text("sub_label", "Sub-label."),
        _text("component", "Part of the product or system."),
        _text("symptom", "What goes wrong, in few words."),
        _text("sentiment", "Tone of the issue.", allowed=SENTIMENTS),
        Column("urgency", "float", "1 to 5.", minimum=1, maximum=5),
        Column("severity", "float", "1 to 5, not below the category's floor.", nullable=False, minimum=1, maximum=5),
        Column("churn_intent", "bool", "The customer says they leave."),
        Column("confidence", "float", "Calibrated probability of the category.", nullable=False, minimum=0, maximum=1),
        _text("quote", "Words of the text that carry the issue, verbatim.", nullable=False),
        _text("causes", "Probable causes, as a JSON list of {cause, probability, evidence}."),
        _text("entities", "SKU, variant, store, region, carrier, version, as a JSON object."),
        _text("owner", "Recommended owner.", nullable=False),
        _text("suggested_action", "What to do next."),
        _text("reproduction_hints", "How to see it happen."),
        *_PROVENANCE,
    ),
)

GOLD_CLUSTERS = Table(
    key=("gold", "clusters"),
    group="clusters",
    description="A cluster as of a day on which it had members or changed: identity, size, summary, state.",
    primary_key=("day", "cluster_id"),
    owner="product-operations",
    columns=(
        _DAY,
        _id("cluster_id", "Stable identity."),
        _text("status", "Whether it lives.", nullable=False, allowed=("active", "merged")),
        _text("merged_into", "The cluster it became part of."),
        _text(
            "event", "What happened that day.", nullable=False, allowed=("born", "grew", "merged", "absorbed", "split")
        ),
        _id("domain", "Domain."),
        _id("category", "Category."),
        _text("sub_label", "Sub-label most members share."),
        _text("product_id", "The product, where the problem is one product's."),
        _text("product_name", "Its name."),
        _text("product_family", "Its family."),
        _text("component", "Part most members name."),
        _id("title", "Title, computed from members."),
        _text("summary", "Summary grounded in quoted members.", nullable=False),
        _text("quotes", "Up to five quoted members, as a JSON list of {event_id, quote}.", nullable=False),
        Column("members_today", "int", "Issues that joined that day.", nullable=False, minimum=0),
        Column("members_total", "int", "Issues so far.", nullable=False, minimum=0),
        Column("first_seen", "date", "Day of the first member.", nullable=False),
        Column("last_seen", "date", "Day of the newest member.", nullable=False),
        _text(
            "scope", "What its issues were compared within: category, and product, family or carrier.", nullable=False
        ),
        _text("sub_labels", "Counts by sub-label so far, as a JSON object.", nullable=False),
        _text("concepts", "Counts by lexicon concept so far, as a JSON object.", nullable=False),
        _text("terms", "Counts by content word so far, the most frequent, as a JSON object.", nullable=False),
        _text("components", "Counts by component so far, as a JSON object.", nullable=False),
        _text("products", "Counts by product so far, as a JSON object.", nullable=False),
        _text("carriers", "Counts by carrier so far, as a JSON object.", nullable=False),
        _text("regions", "Counts by region so far, as a JSON object.", nullable=False),
        _text("versions", "Counts by app version so far, as a JSON object.", nullable=False),
        _text("channels", "Counts by channel so far, as a JSON object.", nullable=False),
        _text("languages", "Counts by language so far, as a JSON object.", nullable=False),
        Column(
            "specific",
            "bool",
            "Most members share a theme or concept; else it gathers what is too vague to say more.",
            nullable=False,
        ),
        Column(
            "cohesion",
            "float",
            "Mean similarity of members to the centre, 0 to 1.",
            nullable=False,
            minimum=0,
            maximum=1,
        ),
        Column("confidence", "float", "Mean calibrated confidence of members.", nullable=False, minimum=0, maximum=1),
        Column("centre", "vector", "Mean embedding of the members.", nullable=False),
        _id("embedding_version", "Version of the frozen embedding."),
    ),
)

GOLD_CLUSTER_MEMBERS = Table(
    key=("gold", "cluster_members"),
    group="clusters",
    description="Which issue belongs to which cluster.",
    primary_key=("issue_id",),
    owner="product-operations",
    columns=(
        _DAY,
        _id("issue_id", "The issue."),
        _id("event_id", "The item."),
        _id("cluster_id", "The cluster."),
        Column("similarity", "float", "To the cluster's centre when it joined.", nullable=False, minimum=0, maximum=1),
    ),
)

GOLD_PRIORITY = Table(
    key=("gold", "priority"),
    group="priority",
    description="What to do about each cluster seen in the last 28 days, and why; every factor is a column.",
    primary_key=("day", "cluster_id"),
    owner="product-operations",
    columns=(
        _DAY,
        _id("cluster_id", "The cluster."),
        _id("category", "Its category."),
        _text("product_id", "Its product."),
        Column("members_7d", "int", "Issues in the last 7 days.", nullable=False, minimum=0),
        Column("members_28d", "int", "Issues in the last 28 days.", nullable=False, minimum=0),
        Column(
            "baseline_daily",
            "float",
            "Expected issues a day from the days before, volume taken out.",
            nullable=False,
            minimum=0,
        ),
        Column(
            "peak_6h_ratio",
            "float",
            "Most issues in any six hours of the day over what was expected.",
            nullable=False,
            minimum=0,
        ),
        Column("lift_7d", "float", "Issues in 7 days over what was expected.", nullable=False, minimum=0),
        Column(
            "p_value",
            "float",
            "Chance of so many issues in the last 7 or 2 days without a cause, the smaller of the two, doubled.",
            nullable=False,
            minimum=0,
            maximum=1,
        ),
        Column("severity", "float", "1 to 5, mean of members.", nullable=False, minimum=1, maximum=5),
        Column("reach", "float", "0 to 1, from distinct customers in 7 days.", nullable=False, minimum=0, maximum=1),
        Column("revenue_weight", "float", "0.5 to 2, from margin at stake.", nullable=False, minimum=0.5, maximum=2),
        Column(
            "recency",
            "float",
            "0 to 1, halves every 7 days since the last member.",
            nullable=False,
            minimum=0,
            maximum=1,
        ),
        Column("confidence", "float", "0 to 1, of labels and cohesion.", nullable=False, minimum=0, maximum=1),
        Column("velocity_lift", "float", "1 to 2, for rising counts.", nullable=False, minimum=1, maximum=2),
        Column(
            "churn_lift", "float", "1 to 1.5, for customers who say they leave.", nullable=False, minimum=1, maximum=1.5
        ),
        Column("refund_lift", "float", "1 to 1.5, for refunds and returns.", nullable=False, minimum=1, maximum=1.5),
        Column("customer_lift", "float", "1 to 1.5, for valuable customers.", nullable=False, minimum=1, maximum=1.5),
        Column(
            "channel_lift",
            "float",
            "1 to 1.3, for confirmation from several channels.",
            nullable=False,
            minimum=1,
            maximum=1.3,
        ),
        Column("sentiment_lift", "float", "1 to 1.2, for negative tone.", nullable=False, minimum=1, maximum=1.2),
        _text("override", "Safety, security, privacy, billing or regulatory rule that decides first."),
        Column("score", "float", "The product of the factors, 0 upward.", nullable=False, minimum=0),
        Column("rank", "int", "1 for the first of the day.", nullable=False, minimum=1),
        _text("decision", "What follows.", nullable=False, allowed=DECISIONS),
        _text("level", "Level of the ticket.", allowed=LEVELS),
        _text("reason", "The decision in one sentence.", nullable=False),
        _text("missing_inputs", "Inputs that were missing and the neutral value used, as a JSON list.", nullable=False),
    ),
)

GOLD_DAILY_COUNTS = Table(
    key=("gold", "daily_counts"),
    group="priority",
    description="Issues of a day by category, product, region, channel, language and version.",
    primary_key=("day", "category", "product_id", "region", "channel", "language", "app_version"),
    owner="product-operations",
    columns=(
        _DAY,
        _id("category", "Category, `no_issue` for items without one."),
        _id("product_id", "Product, `-` when unknown."),
        _id("region", "Region, `-` when unknown."),
        _id("channel", "Channel."),
        _id("language", "Language."),
        _id("app_version", "App version, `-` when unknown."),
        Column("issues", "int", "Issues.", nullable=False, minimum=0),
        Column("negative", "int", "Issues with negative or mixed tone.", nullable=False, minimum=0),
        Column("severity_sum", "float", "Sum of severities, for means.", nullable=False, minimum=0),
    ),
)

GOLD_TRENDS = Table(
    key=("gold", "trends"),
    group="priority",
    description="Moving averages by category and product: what rises fast.",
    primary_key=("day", "category", "product_id"),
    owner="product-operations",
    columns=(
        _DAY,
        _id("category", "Category."),
        _id("product_id", "Product, `-` when unknown, `*` for all."),
        Column("issues", "int", "Issues that day.", nullable=False, minimum=0),
        Column("mean_7d", "float", "Mean a day over the last 7 days.", nullable=False, minimum=0),
        Column("mean_28d", "float", "Mean a day over the last 28 days.", nullable=False, minimum=0),
        Column(
            "rise",
            "float",
            "mean_7d over mean of the 21 days before, smoothed by one issue.",
            nullable=False,
            minimum=0,
        ),
    ),
)

GOLD_RATES = Table(
    key=("gold", "rates"),
    group="priority",
    description="Issues per 1,000 orders over 28 days, and whether they concentrate beyond the share of orders.",
    primary_key=("day", "category", "dimension", "value"),
    owner="product-operations",
    columns=(
        _DAY,
        _id("category", "Category."),
        _text(
            "dimension",
            "What is compared.",
            nullable=False,
            allowed=("product", "variant", "region", "fulfilment_centre", "vendor", "cohort"),
        ),
        _id("value", "Value of the dimension."),
        Column("issues", "int", "Issues in 28 days.", nullable=False, minimum=0),
        Column("orders", "float", "Orders in 28 days.", nullable=False, minimum=0),
        Column("per_1000_orders", "float", "Issues per 1,000 orders.", minimum=0),
        Column("share_issues", "float", "Share of the category's issues.", nullable=False, minimum=0, maximum=1),
        Column("share_orders", "float", "Share of orders.", nullable=False, minimum=0, maximum=1),
        Column(
            "p_value", "float", "Chance of such a share given the share of orders (binomial).", minimum=0, maximum=1
        ),
        Column("concentrated", "bool", "False-discovery rate under 5 % among the day's tests.", nullable=False),
    ),
)

GOLD_RELEASE_IMPACT = Table(
    key=("gold", "release_impact"),
    group="releases",
    description="What rose after a release, while its window is open: all complaints, each category, each cluster.",
    primary_key=("day", "release_id", "scope", "value"),
    owner="product-operations",
    columns=(
        _DAY,
        _id("release_id", "The release."),
        _text("kind", "What kind of change it is.", nullable=False, allowed=RELEASE_KINDS),
        _text("name", "What it is called.", nullable=False),
        _text("version", "Version shipped, where it has one."),
        Column("released_at", "timestamp", "Since when it is in force.", nullable=False),
        _text("commits", "First and last commit, where its source names them."),
        _text("scope", "What is compared.", nullable=False, allowed=("all", "category", "cluster")),
        _id("value", "Which one: `*`, the category, or the cluster's id."),
        _text("title", "Its name for people.", nullable=False),
        _text("category", "Category of the category or cluster."),
        _text("product_id", "Product of the cluster."),
        Column("days_before", "int", "Days compared before the release.", nullable=False, minimum=0),
        Column("days_after", "int", "Days compared since it.", nullable=False, minimum=0),
        Column("complaints_before", "int", "Complaints before.", nullable=False, minimum=0),
        Column("complaints_after", "int", "Complaints since.", nullable=False, minimum=0),
        Column("items_before", "int", "All items before, where it is in force.", nullable=False, minimum=0),
        Column("items_after", "int", "All items since.", nullable=False, minimum=0),
        Column("expected_after", "float", "Complaints expected since, had nothing changed.", minimum=0),
        Column("rate_ratio", "float", "Rate since over rate before, volume and weekday taken out.", minimum=0),
        Column("ratio_low", "float", "Lower end of its 95 % interval.", minimum=0),
        Column("ratio_high", "float", "Upper end; empty when it is unbounded.", minimum=0),
        Column("dispersion", "float", "How much more the days vary than chance alone; 1 or more.", minimum=1),
        Column("p_value", "float", "Chance of so many since the release without a cause.", minimum=0, maximum=1),
        Column(
            "onset_gap", "float", "Log-likelihood lost by dating the rise at the release instead of at its best day."
        ),
        Column("onset_day", "date", "Day from which the rise is best explained."),
        Column("named", "int", "Complaints since that name its version.", nullable=False, minimum=0),
        Column("named_any", "int", "Complaints since that name a version.", nullable=False, minimum=0),
        Column("named_share", "float", "Share of complaints naming its version.", minimum=0, maximum=1),
        Column("items_named_share", "float", "Share of all other items naming its version.", minimum=0, maximum=1),
        Column("version_ratio", "float", "Rate among items naming it over the rate before, among all naming one."),
        Column("version_low", "float", "Lower end of its 95 % interval.", minimum=0),
        Column("version_high", "float", "Upper end.", minimum=0),
        Column("version_p_value", "float", "Chance of that ratio without a cause.", minimum=0, maximum=1),
        Column("same_time_ratio", "float", "Rate among items naming it over others naming another, day by day."),
        Column("same_time_p_value", "float", "Chance of that ratio without a cause.", minimum=0, maximum=1),
        _text("regions", "Regions with more than their share of the complaints since, as a JSON object."),
        Column("beyond_chance", "bool", "Stands at the false-discovery limit of the day.", nullable=False),
        Column("evidence", "float", "Log of how much better the release explains it than its absence.", nullable=False),
        Column("rank", "int", "1 for the release that explains it best.", minimum=1),
        _text(
            "verdict",
            "What is said of it.",
            nullable=False,
            allowed=("suspect", "coincides", "no_sign", "too_little_data"),
        ),
        _text("reason", "Why, in one sentence.", nullable=False),
    ),
)

TICKET_BATCH = Table(
    key=("tickets", "ticket_batch"),
    group="tickets",
    description="What should exist in the tracker for this day: one row an action on a ticket.",
    primary_key=("day", "ticket_key", "action"),
    owner="product-operations",
    columns=(
        _DAY,
        _id("ticket_key", "Stable key of the ticket; survives re-clustering."),
        _text("action", "What to do.", nullable=False, allowed=("create", "add_evidence", "raise", "reopen")),
        _text("state", "What it waits for.", nullable=False, allowed=("ready", "needs_approval")),
        _text("parent_key", "Ticket this one is a child of."),
        _id("cluster_id", "The cluster."),
        _text("clusters", "All clusters the ticket covers, as a JSON list.", nullable=False),
        _text("level", "P1 to P4.", nullable=False, allowed=LEVELS),
        _id("title", "Title."),
        _id("category", "Category."),
        _text("product_id", "Product."),
        _text("component", "Component."),
        _text("cause_key", "Normalised cause."),
        _id("owner", "Owner."),
        _id("destination", "Where it goes: project or queue."),
        Column("due", "date", "Due by the owner's SLA.", nullable=False),
        _text("members", "Issue ids that are new evidence, as a JSON list.", nullable=False),
        Column("members_total", "int", "Issues behind the ticket so far.", nullable=False, minimum=0),
        _text("fields", "All further fields of the ticket, as a JSON object; nothing made up.", nullable=False),
        _text("body", "The ticket as Markdown.", nullable=False),
        _text("reason", "Why this action, in one sentence.", nullable=False),
    ),
)

TICKET_DELIVERIES = Table(
    key=("tickets", "deliveries"),
    group="tickets",
    description="Receipts: what reached the tracker for each row of the batch.",
    primary_key=("day", "ticket_key", "action"),
    owner="product-operations",
    columns=(
        _DAY,
        _id("ticket_key", "Key of the ticket."),
        _text("action", "What was done.", nullable=False),
        _id("tracker", "Which tracker."),
        _text(
            "outcome",
            "What happened.",
            nullable=False,
            allowed=("delivered", "proposed", "waits_for_approval"),
        ),
        _text("external_id", "Id in the tracker."),
        _text("location", "Link or path; below the home of this installation.", volatile=True),
        Column("delivered_at", "timestamp", "When.", volatile=True),
    ),
)

GOLDEN_SCORES = Table(
    key=("evaluation", "golden_scores"),
    group="evaluation",
    description="Scores on the golden set by slice, old ones kept.",
    primary_key=("evaluation_id", "slice", "value"),
    owner="product-operations",
    by_day=False,
    columns=(
        _id("evaluation_id", "Hash of golden set, model, taxonomy and thresholds."),
        _id("golden_version", "Hash of the golden set."),
        _id("model_version", "Version of what was scored."),
        _id("taxonomy_version", "Version of the taxonomy."),
        _text("slice", "overall, category, language or channel.", nullable=False),
        _id("value", "Which one."),
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
    _id("prompt_before", "Prompt version before."),
    _id("prompt_after", "Prompt version after, of the prompts folder."),
)

PROMPT_PLAN = Table(
    key=("evaluation", "prompt_plan"),
    group="evaluation",
    description="What a change of prompts would send, cost and flip, by day; old plans kept.",
    primary_key=("plan_id", "for_day"),
    owner="product-operations",
    by_day=False,
    columns=(
        _id("plan_id", "Hash of all rows of the plan."),
        Column("for_day", "date", "The day.", nullable=False),
        Column("affected", "bool", "The backfill holds it; else it keeps its version.", nullable=False),
        *_PROMPTS,
        _text("scope", "Categories it is narrowed to, separated by commas; empty for every item."),
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
        _id("event_id", "The item."),
        *_PROMPTS,
        _id("label_before", "Category and sub-label before."),
        _id("label_after", "Category and sub-label after."),
        _id("answered_by_before", "Who gave the label before."),
        _id("answered_by_after", "Who gives it after."),
        Column("flips", "bool", "The category changes.", nullable=False),
        Column("compared_at", "timestamp", "When.", volatile=True),
    ),
)

LEDGER = Table(
    key=("ledger", "answers"),
    group="classification",
    description="Every answer of a language model: cache, audit trail and cost account.",
    primary_key=("ledger_key",),
    owner="product-operations",
    by_day=False,
    columns=(
        _id("ledger_key", "Hash of messages as sent, response schema, model and sampling."),
        _text("request", "Messages as sent, as JSON.", nullable=False),
        _text("answer", "The answer as JSON text; empty when refused."),
        _text("outcome", "answered, invalid, refused.", nullable=False, allowed=("answered", "invalid", "refused")),
        _text("detail", "Why it is invalid or refused."),
        _id("model", "Model asked."),
        _text("model_version", "Model that says it answered."),
        _text("sampling", "Sampling settings, as a JSON object.", nullable=False),
        _id("prompt_version", "Version of the prompt."),
        _id("taxonomy_version", "Version of the taxonomy."),
        _id("schema_version", "Version of the schema."),
        Column("tokens_in", "int", "Prompt tokens.", nullable=False, minimum=0),
        Column("tokens_out", "int", "Completion tokens.", nullable=False, minimum=0),
        Column("cost", "float", "Cost in the account's currency.", nullable=False, minimum=0),
        Column("answered_at", "timestamp", "When.", nullable=False),
    ),
)

IN_FORCE = Table(
    key=("ledger", "in_force"),
    group="classification",
    description="Which prompt, taxonomy, thresholds, rules and local model apply from which day on.",
    primary_key=("effective_day", "promoted_at"),
    owner="product-operations",
    by_day=False,
    columns=(
        Column("effective_day", "date", "First day it holds for.", nullable=False),
        Column("last_day", "date", "Last day it holds for; empty for all days from the first on."),
        _text("scope", "Categories it is narrowed to, separated by commas; empty for every item."),
        _id("prompt_version", "Prompt."),
        _id("taxonomy_version", "Taxonomy."),
        _id("thresholds_version", "Thresholds."),
        _id("rules_version", "Rules."),
        _id("local_model_version", "Local model."),
        _text("promoted_by", "Who.", nullable=False),
        _text("reason", "Why.", nullable=False),
        Column("promoted_at", "timestamp", "When.", nullable=False, volatile=True),
    ),
)

BRONZE = {
    "feedback": BRONZE_FEEDBACK,
    "releases": BRONZE_RELEASES,
    "commerce": BRONZE_COMMERCE,
    "catalog": BRONZE_CATALOG,
    "ticket_events": BRONZE_TICKET_EVENTS,
}
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
    TICKET_DELIVERIES,
    GOLDEN_SCORES,
    PROMPT_PLAN,
    LABEL_CHANGES,
    LEDGER,
    IN_FORCE,
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
