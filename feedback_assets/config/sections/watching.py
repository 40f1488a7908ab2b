"""The sections `evaluation`, `latency` and `drift` of the thresholds: what is measured about the product itself."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import model_validator

from feedback_assets.config.strict import Count, ModelName, Number, Strict, Words, setting


class ModelPrice(Strict):
    """What a million tokens cost, and who says so."""

    tokens_in: Number = setting("price", "Of a million tokens sent.", alias="in", ge=0)
    tokens_out: Number = setting("price", "Of a million tokens answered.", alias="out", ge=0)
    currency: Words = setting("words", "Such as USD.")
    as_of: Words = setting("words", "When the price was read.")
    source: Words = setting("words", "Where it was read.")
    model: ModelName | None = setting(
        "name", "The model behind a deployment that is not called like its model.", default=None
    )


class EvaluationRules(Strict):
    """What changes of prompts are compared with, and what they cost."""

    alternative_share: Number = setting(
        "share of examples", "Two categories are close alternatives when the model takes so many for the other.",
        ge=0, le=1,
    )  # fmt: skip
    prices: Mapping[Words, ModelPrice] = setting(
        "price by deployment", "For `feedback prompts plan`. FEEDBACK_MODEL_PRICE_IN and _OUT win. "
        "A deployment that is not called like its model says so with `model:`.",
    )  # fmt: skip


class LatencyRules(Strict):
    """How fast an item must be at each hop, for 95 of 100 items of a day."""

    landed_minutes: Number = setting("minutes", "From being received to landed.", ge=0)
    silver_minutes: Number = setting("minutes", "From being received to cleaned.", ge=0)
    classified_minutes: Number = setting("minutes", "From being received to labelled.", ge=0)
    triage_minutes: Number = setting("minutes", "From being received to scored and ticketed, if not severe.", ge=0)
    history_hours: Number = setting("hours", "What landed later than this is history and says nothing of speed.", ge=0)


class DriftRules(Strict):
    """When items have become others than before."""

    warn: Number = setting("population stability index beyond chance", "Worth a look.", ge=0)
    fail: Number = setting("population stability index beyond chance", "Another population.", ge=0)
    other_warn: Number = setting("rise of a share", "The catch-all's rise that is worth a look.", ge=0, le=1)
    other_fail: Number = setting("rise of a share", "The catch-all's rise that says a theme is missing.", ge=0, le=1)
    least_rows: Count = setting("items", "What a slice needs on each side; with fewer 0.1 is noise.", ge=20)
    alarm_rate: Number = setting("chance", "Of a false alarm of a check on a day, over all slices.", ge=0, le=1)
    recent_days: Count = setting("days", "What is judged: a whole week.", ge=1)
    baseline_days: Count = setting("days", "What it is judged against: whole weeks before it.", ge=7)
    least_baseline_days: Count = setting("days with items", "With fewer no check speaks.", ge=1)
    lasting_days: Count = setting("days of the week", "On so many the catch-all lies over its share: lasting.", ge=1)
    classes: Count = setting("classes", "For confidence and length, equally full before.", ge=2)
    words: Count = setting("words", "Watched one by one; the rest together.", ge=1)
    axes: Count = setting("axes", "Along which texts differ most.", ge=1)
    rows_a_day: Count = setting("items a day", "Looked at, drawn by the hash of their id.", ge=20)

    @model_validator(mode="after")
    def _rising(self) -> DriftRules:
        if self.fail < self.warn:
            raise ValueError(f"fail is {self.fail:g}; write at least warn, {self.warn:g}")
        if self.other_fail < self.other_warn:
            raise ValueError(f"other_fail is {self.other_fail:g}; write at least other_warn, {self.other_warn:g}")
        return self
