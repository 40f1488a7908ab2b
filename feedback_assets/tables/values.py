"""The closed sets of values: each column that has one takes its contract from here, and the code its names.

A member is its text: it is stored, printed and compared as the text, so `row["action"] == TicketAction.CREATE` holds
for a row that was read from a table. What goes to Dagster (keys, tags, metadata, cursors) is the member's `value`:
its serializer refuses members.
"""

from __future__ import annotations

from enum import StrEnum


class Stream(StrEnum):
    """What an event tells of; a folder of the landing and a table of bronze."""

    FEEDBACK = "feedback"
    RELEASES = "releases"
    COMMERCE = "commerce"
    CATALOG = "catalog"
    TICKET_EVENTS = "ticket_events"


class Channel(StrEnum):
    """How a customer spoke."""

    APP_REVIEW = "app_review"
    PRODUCT_REVIEW = "product_review"
    SUPPORT_TICKET = "support_ticket"
    RETURN_REASON = "return_reason"
    SURVEY = "survey"
    CHAT = "chat"
    SOCIAL = "social"
    FORUM = "forum"
    OTHER = "other"


class CommerceEvent(StrEnum):
    """What a commerce event tells of."""

    ORDER = "order"
    ORDER_ITEM = "order_item"
    RETURN = "return"
    REFUND = "refund"
    DELIVERY = "delivery"
    OTHER = "other"


class ReleaseKind(StrEnum):
    """What kind of change a release is."""

    APP = "app"
    SITE = "site"
    FLAG = "flag"
    CATALOGUE = "catalogue"
    PROCESS = "process"
    INCIDENT = "incident"
    OTHER = "other"


class ProductMatch(StrEnum):
    """By what a product was found in the catalog."""

    ID = "id"
    SKU = "sku"
    NAME = "name"
    SYNONYM = "synonym"
    ORDER = "order"
    TEXT = "text"


class ReleaseMatch(StrEnum):
    """By what the release in force was decided."""

    VERSION = "version"
    PRODUCT = "product"
    TIME = "time"


class DuplicateKind(StrEnum):
    """Why an item counts as a repeat of another."""

    SAME_EVENT = "same_event"
    MIRROR = "mirror"
    NEAR_COPY = "near_copy"


class QuarantineReason(StrEnum):
    """Why a row cannot be trusted or read."""

    NOT_AN_ENVELOPE = "not_an_envelope"
    UNDATED = "undated"
    WRONG_DAY = "wrong_day"
    EMPTY_TEXT = "empty_text"
    BAD_FIELD = "bad_field"
    UNKNOWN_MAPPING = "unknown_mapping"
    CAMPAIGN = "campaign"


class ReviewDecision(StrEnum):
    """What a person did with an item's labels."""

    CONFIRMED = "confirmed"
    CORRECTED = "corrected"


class AnsweredBy(StrEnum):
    """Which step of the cascade gave an answer."""

    RULES = "rules"
    LEDGER = "ledger"
    LOCAL_MODEL = "local_model"
    LANGUAGE_MODEL = "language_model"
    PEOPLE = "people"
    NOBODY = "nobody"


class Triage(StrEnum):
    """Where an answer goes: by its band of confidence, or to people whatever it is."""

    AUTOMATIC = "automatic"
    REVIEW = "review"
    SIGNAL = "signal"
    PEOPLE = "people"


class Sentiment(StrEnum):
    """Tone of a text."""

    NEGATIVE = "negative"
    MIXED = "mixed"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


class Harm(StrEnum):
    """What a customer's own clause says happened, the gravest first."""

    DANGER = "danger"
    LOSS = "loss"


class ModerationKind(StrEnum):
    """Why people must see a text first, the worst kind first."""

    SELF_HARM = "self_harm"
    THREAT = "threat"
    ABUSE = "abuse"
    INJECTION = "injection"


class AnswerOutcome(StrEnum):
    """What became of a question to a language model that was answered."""

    ANSWERED = "answered"
    INVALID = "invalid"
    REFUSED = "refused"


class ClusterStatus(StrEnum):
    """Whether a cluster lives."""

    ACTIVE = "active"
    MERGED = "merged"


class ClusterEvent(StrEnum):
    """What happened to a cluster on a day."""

    BORN = "born"
    GREW = "grew"
    MERGED = "merged"
    ABSORBED = "absorbed"
    SPLIT = "split"


class PriorityDecision(StrEnum):
    """What follows for a cluster."""

    TICKET = "ticket"
    APPROVAL = "approval"
    DIGEST = "digest"
    WATCH = "watch"


class Level(StrEnum):
    """How urgent a ticket is, P1 first; they sort in that order."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"


class RateDimension(StrEnum):
    """What complaints and orders are compared by."""

    PRODUCT = "product"
    VARIANT = "variant"
    REGION = "region"
    FULFILMENT_CENTRE = "fulfilment_centre"
    VENDOR = "vendor"
    COHORT = "cohort"


class ImpactScope(StrEnum):
    """Whose complaints are compared before and after a release."""

    ALL = "all"
    CATEGORY = "category"
    CLUSTER = "cluster"


class ReleaseVerdict(StrEnum):
    """What is stated of a release and a rise of complaints."""

    SUSPECT = "suspect"
    COINCIDES = "coincides"
    NO_SIGN = "no_sign"
    TOO_LITTLE_DATA = "too_little_data"


class TicketAction(StrEnum):
    """What to do in the tracker."""

    CREATE = "create"
    ADD_EVIDENCE = "add_evidence"
    RAISE = "raise"
    REOPEN = "reopen"
    MERGE = "merge"


class TicketState(StrEnum):
    """What a planned action waits for."""

    READY = "ready"
    NEEDS_APPROVAL = "needs_approval"


class DeliveryOutcome(StrEnum):
    """What became of a planned action."""

    DELIVERED = "delivered"
    PROPOSED = "proposed"
    WAITS_FOR_APPROVAL = "waits_for_approval"


class GoldenSlice(StrEnum):
    """By what the golden set is sliced."""

    OVERALL = "overall"
    CATEGORY = "category"
    LANGUAGE = "language"
    CHANNEL = "channel"


# The same as plain texts: Dagster refuses to store a member in keys, tags, metadata and cursors.
STREAMS: tuple[str, ...] = tuple(member.value for member in Stream)
CHANNELS: tuple[str, ...] = tuple(member.value for member in Channel)
SENTIMENTS: tuple[str, ...] = tuple(member.value for member in Sentiment)
ANSWERED_BY: tuple[str, ...] = tuple(member.value for member in AnsweredBy)
TRIAGE: tuple[str, ...] = tuple(member.value for member in Triage)
LEVELS: tuple[str, ...] = tuple(member.value for member in Level)
DECISIONS: tuple[str, ...] = tuple(member.value for member in PriorityDecision)
RELEASE_KINDS: tuple[str, ...] = tuple(member.value for member in ReleaseKind)
