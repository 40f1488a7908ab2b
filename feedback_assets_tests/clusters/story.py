"""A small embedding and small frames for the tests of this room; nothing of the real prompts folder."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pandas as pd

from feedback_assets import tables
from feedback_assets.clusters.assign_days import ClusterResult, Method, assign_days
from feedback_assets.clusters.embedding import ConceptEmbedding
from feedback_assets.clusters.summary import Titles
from feedback_assets.config.sections.clusters import ClusterRules, TitleNames
from feedback_assets.config.sections.evidence import EvidenceRules
from feedback_assets.lake.frames import empty
from feedback_assets.text import Lexicon

FIRST = date(2026, 3, 1)
LEXICON = Lexicon(
    {
        "too_tight": {"en": ["tight*", "narrow"], "de": ["eng*"], "fr": ["serre*"]},
        "too_wide": {"en": ["wide", "loose"], "de": ["weit*"]},
        "adverts": {"en": ["advert*", "ads"], "de": ["werbung*"]},
        "crash": {"en": ["crash*"], "de": ["abst*"]},
        "parcel": {"en": ["parcel"], "de": ["paket*"]},
        "really": {"en": ["really"]},
    }
)
_TEXTS = {
    ("sizing_fit", "runs_small"): ["the shoe is too tight", "much too narrow", "viel zu eng", "trop serre"],
    ("sizing_fit", "runs_large"): ["far too wide", "too loose for me", "viel zu weit", "loose at the heel"],
    ("app_usability", "adverts"): ["too many adverts", "ads everywhere", "nur werbung", "advert after advert"],
    ("app_usability", "crash"): ["app crashes", "it crashed again", "crashing daily", "stuerzt ab, abstuerze"],
    ("delivery", "late"): ["parcel is late", "paket zu spaet", "parcel delayed", "my parcel came late"],
}
EXAMPLES = [
    {"text": f"{text} {n}", "language": "en", "issues": [{"category": category, "sub_label": label}]}
    for (category, label), texts in _TEXTS.items()
    for text in texts
    for n in ("one", "two")
]
RULES = ClusterRules(
    scope={"fit_and_expectations": ("product",), "delivery": ("carrier",)},
    ignored_concepts=frozenset({"really"}),
    telling_concepts=frozenset({"too_tight", "too_wide", "adverts", "crash", "parcel"}),
    vague=frozenset(),
    join_bound=0.33,
    join_open=0.55,
    join_open_of={},
    merge_bound=0.45,
    merge_open=0.88,
    merge_members=3,
    split_members=3,
    split_below=0.2,
    rise_history=3,
    rise_gain=8.0,
    rise_with=3.0,
    rise_gap=3.0,
    batch=50,
    title_share=0.4,
    title_theme=0.6,
    title_most=0.75,
    title_sure=0.75,
    title_members=8,
    title_distinct=1.5,
    sure_theme=0.85,
    lease_seconds=60,
    titles=TitleNames(categories={}, sub_labels={}, concepts={}),
)
TITLES = Titles({"sizing_fit": "Sizing", "app_usability": "App"}, {"adverts": "too many adverts"})
EMBEDDING = ConceptEmbedding.fit(LEXICON, EXAMPLES, RULES.ignored_concepts)
EVIDENCE = EvidenceRules(most=5, languages=("en",), label_share=0.25, least_closeness=0.5, copy_likeness=0.85)
METHOD = Method(EMBEDDING, RULES, TITLES, EVIDENCE, "no_issue")
_DOMAINS = {
    "sizing_fit": "fit_and_expectations",
    "app_usability": "site_and_app",
    "delivery": "delivery_and_fulfilment",
    "no_issue": "none",
}


def day(offset: int) -> date:
    return FIRST + timedelta(days=offset)


def issue(
    number: int,
    on: int,
    category: str,
    quote: str,
    label: str | None = None,
    product: str | None = None,
    language: str = "en",
    carrier: str | None = None,
    triage: str = "automatic",
) -> dict[str, object]:
    """One issue and what silver tells of its item."""
    at = datetime.combine(day(on), datetime.min.time(), UTC) + timedelta(minutes=number)
    return {
        "day": day(on), "event_id": f"e{number:04d}", "issue_id": f"e{number:04d}-0", "category": category,
        "domain": _DOMAINS[category], "sub_label": label, "component": None, "quote": quote, "confidence": 0.8,
        "triage": triage, "occurred_at": pd.Timestamp(at), "language": language, "channel": "survey",
        "product_id": product, "product_name": f"Shoe {product}" if product else None, "product_family": "shoes",
        "vendor": None, "region": "EU", "carrier": carrier, "app_version": None, "sentiment": "negative",
        "customer_ref": f"c{number}",
    }  # fmt: skip


def run(rows: Sequence[dict[str, object]], days: Sequence[int], before: pd.DataFrame | None = None) -> ClusterResult:
    """Assign the days over the rows that lie on them."""
    known = empty(tables.GOLD_CLUSTERS) if before is None else before
    chosen = [row for row in rows if row["day"] in {day(on) for on in days}]
    columns = list(issue(0, 0, "delivery", "x"))
    frame = pd.DataFrame(chosen, columns=columns)
    return assign_days(frame, frame, known, [day(on) for on in days], METHOD)
