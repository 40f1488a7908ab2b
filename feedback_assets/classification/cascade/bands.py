"""Triage by calibrated confidence and moderation: automatic, review, signal only, or people.

The band edges come from the precision the local model measured on examples it had not seen; nothing here labels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from feedback_assets.config.sections.classification import ClassificationRules
from feedback_assets.tables import ModerationKind, Triage

# No confidence is as high.
_NEVER = 1.01


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
    """The edges of the bands: automatic from `automatic` up, signal only below `signal`, review between.

    Attributes:
        slices: Least confidence of an automatic label where a slice needs more than all labels together: by `category`
            or `language`, then by its name; above 1 where the slice is never right often enough.
    """

    automatic: float
    signal: float
    reason: str
    slices: Mapping[str, Mapping[str, float]] = field(default_factory=dict[str, Mapping[str, float]])

    def automatic_for(self, category: str | None, language: str | None) -> tuple[float, str]:
        """From which confidence a label is automatic, and why: the strictest of all labels, its category, its language.

        Args:
            category: The label.
            language: ISO 639-1 code of the text.
        """
        edge, reason = self.automatic, self.reason
        for slicing, name in (("category", category), ("language", language)):
            own = self.slices.get(slicing, {}).get(name or "", 0.0)
            if own > edge:
                often = "never right often enough" if own > 1 else f"right often enough only from {own:.2f} on"
                edge, reason = own, f"measured out of fold: {slicing} {name} is {often}"
        return edge, reason


@dataclass(frozen=True)
class TriageDecision:
    """The triage of an answer, and the reason in words."""

    triage: Triage
    reason: str


def bands_from(
    measured: Sequence[Measured],
    rules: ClassificationRules,
    slices: Mapping[str, Mapping[str, Sequence[Measured]]] | None = None,
) -> Bands:
    """The band edges for the error rate the owner accepts.

    A category or language that is wrong more often than accepted needs more confidence, or loses its automation until
    a model measures better.

    Args:
        measured: The model's measurements; empty when it has none.
        rules: The section `classification` of the thresholds.
        slices: The measurements of each `category` and `language`, by name.
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
    automatic = min((row.confidence for row in sure), default=_NEVER)
    hopeless = [row for row in known if row.band_precision < rules.signal_precision]
    signal = min(max((row.confidence for row in hopeless), default=0.0), fallback.signal, automatic)
    right = f"{min(sure, key=lambda row: row.confidence).precision:.2f}" if sure else "never enough"
    reason = f"measured out of fold: right {right} from confidence {min(automatic, 1.0):.2f} on"
    return Bands(automatic, signal, reason, _slice_edges(slices or {}, rules))


def _slice_edges(
    slices: Mapping[str, Mapping[str, Sequence[Measured]]], rules: ClassificationRules
) -> dict[str, dict[str, float]]:
    """The edge of each slice with enough examples to say one."""
    edges: dict[str, dict[str, float]] = {}
    for slicing, by_name in slices.items():
        for name, measured in by_name.items():
            known = [row for row in measured if row.examples >= rules.band_examples]
            if known:
                sure = [row.confidence for row in known if row.precision >= 1 - rules.accepted_error_rate]
                edges.setdefault(slicing, {})[name] = min(sure, default=_NEVER)
    return edges


def decide_triage(
    confidence: float,
    moderation: ModerationKind | None,
    bands: Bands,
    category: str | None = None,
    language: str | None = None,
) -> TriageDecision:
    """Decide the triage of an answer.

    Args:
        confidence: Calibrated probability that the category is right.
        moderation: abuse, threat, self_harm, injection or None.
        bands: The edges.
        category: The label, where its own edge counts.
        language: The language of the text, where its own edge counts.
    """
    automatic, reason = bands.automatic_for(category, language)
    if moderation is not None and moderation != ModerationKind.INJECTION:
        return TriageDecision(
            Triage.PEOPLE, f"{moderation.replace('_', ' ')} found; people see it before anything shows it"
        )
    if moderation == ModerationKind.INJECTION and confidence < automatic:
        return TriageDecision(
            Triage.PEOPLE, f"the text talks to the machine and the label is unsure ({confidence:.2f})"
        )
    if confidence >= automatic:
        return TriageDecision(Triage.AUTOMATIC, f"confidence {confidence:.2f} is at least {automatic:.2f}; {reason}")
    if confidence < bands.signal:
        return TriageDecision(
            Triage.SIGNAL, f"confidence {confidence:.2f} is under {bands.signal:.2f}; it counts as evidence only"
        )
    return TriageDecision(Triage.REVIEW, f"confidence {confidence:.2f} is under {min(automatic, 1.0):.2f}; {reason}")
