"""Triage by calibrated confidence and moderation: automatic, review, signal only, or people.

The band edges come from the precision the local model measured on examples it had not seen; nothing here labels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from feedback_assets.config.sections.classification import ClassificationRules
from feedback_assets.tables import ModerationKind, Triage


@dataclass(frozen=True)
class Measured:
    """Out-of-fold precision of a model for confidences from `confidence` up.

    Attributes:
        confidence: Lower edge, 0 to 1.
        precision: Share of right answers among those at least as confident as the edge.
        band_precision: Share of right answers between this edge and the next one.
        examples: How many answers were at least as confident as the edge.
    """

    confidence: float
    precision: float
    band_precision: float
    examples: int


def measurements(rows: Sequence[Mapping[str, float]], examples: int) -> list[Measured]:
    """The measurements a model's artefact holds.

    Args:
        rows: `confidence`, `share` (of the examples at least as confident) and `precision` (of those), rising.
        examples: How many examples were measured in all.
    """
    known = sorted(rows, key=lambda row: row["confidence"])
    measured: list[Measured] = []
    for place, row in enumerate(known):
        above = known[place + 1] if place + 1 < len(known) else {"share": 0.0, "precision": 0.0}
        mass = row["share"] - above["share"]
        right = row["share"] * row["precision"] - above["share"] * above["precision"]
        between = right / mass if mass > 0 else row["precision"]
        measured.append(Measured(row["confidence"], row["precision"], between, round(row["share"] * examples)))
    return measured


@dataclass(frozen=True)
class Bands:
    """The edges of the bands: automatic from `automatic` up, signal only below `signal`, review between."""

    automatic: float
    signal: float
    reason: str


@dataclass(frozen=True)
class TriageDecision:
    """The triage of an answer, and the reason in words."""

    triage: Triage
    reason: str


def bands_from(measured: Sequence[Measured], rules: ClassificationRules) -> Bands:
    """The band edges for the error rate the owner accepts.

    Args:
        measured: The model's measurements; empty when it has none.
        rules: The section `classification` of the thresholds.

    """
    accepted = rules.accepted_error_rate
    least = rules.band_examples
    fallback = Bands(
        rules.automatic_default,
        rules.signal_default,
        "default bands: the model has not measured its precision",
    )
    known = sorted((row for row in measured if row.examples >= least), key=lambda row: row.confidence)
    if not known:
        return fallback
    sure = [row for row in known if row.precision >= 1 - accepted]
    # No confidence is right often enough: nothing is automatic.
    automatic = min((row.confidence for row in sure), default=1.01)
    hopeless = [row for row in known if row.band_precision < rules.signal_precision]
    signal = min(max((row.confidence for row in hopeless), default=0.0), fallback.signal, automatic)
    right = f"{min(sure, key=lambda row: row.confidence).precision:.2f}" if sure else "never enough"
    return Bands(automatic, signal, f"measured out of fold: right {right} from confidence {min(automatic, 1.0):.2f} on")


def decide_triage(confidence: float, moderation: ModerationKind | None, bands: Bands) -> TriageDecision:
    """Decide the triage of an answer.

    Args:
        confidence: Calibrated probability that the category is right.
        moderation: abuse, threat, self_harm, injection or None.
        bands: The edges.
    """
    if moderation is not None and moderation != ModerationKind.INJECTION:
        return TriageDecision(
            Triage.PEOPLE, f"{moderation.replace('_', ' ')} found; people see it before anything shows it"
        )
    if moderation == ModerationKind.INJECTION and confidence < bands.automatic:
        return TriageDecision(
            Triage.PEOPLE, f"the text talks to the machine and the label is unsure ({confidence:.2f})"
        )
    if confidence >= bands.automatic:
        return TriageDecision(
            Triage.AUTOMATIC, f"confidence {confidence:.2f} is at least {bands.automatic:.2f}; {bands.reason}"
        )
    if confidence < bands.signal:
        return TriageDecision(
            Triage.SIGNAL, f"confidence {confidence:.2f} is under {bands.signal:.2f}; it counts as evidence only"
        )
    return TriageDecision(
        Triage.REVIEW, f"confidence {confidence:.2f} is under {min(bands.automatic, 1.0):.2f}; {bands.reason}"
    )
