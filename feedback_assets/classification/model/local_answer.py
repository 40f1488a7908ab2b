"""The answer of a local model, and the interface that the cascade uses.

Only the shapes; how the answer is found stands in `local_model.py`, how it is learned in `training.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from feedback_assets.tables import Sentiment


@dataclass(frozen=True)
class SecondaryIssue:
    """A further issue in the same text, with its calibrated probability."""

    category: str
    sub_label: str | None
    probability: float


@dataclass(frozen=True)
class LocalAnswer:
    """One text's answer. What the model cannot honestly fill is None.

    Attributes:
        category: The most probable category; `other` for a text that holds nothing the model knows.
        confidence: Calibrated probability that the category is right, 0 to 1.
        domain: Domain of the category; None when the model has no taxonomy.
        sub_label: Sub-label of the category; None when unsure.
        sentiment: negative, mixed, neutral or positive; None when unsure.
        sentiment_score: -1 to 1, the expectation over the sentiments; None when unsure.
        urgency: 1 to 5, expected; None when the model was not taught it.
        secondary: Further issues, most probable first.
        complaint: Probability that the text complains; None when the model was not taught it.
        outside: Probability that it is no feedback on the taxonomy's field; None when the model was not taught it.
        unknown: Share of its words that no example had; None as before.
    """

    category: str
    confidence: float
    domain: str | None
    sub_label: str | None
    sentiment: Sentiment | None
    sentiment_score: float | None
    urgency: float | None
    secondary: tuple[SecondaryIssue, ...] = ()
    complaint: float | None = None
    outside: float | None = None
    unknown: float | None = None

    @property
    def doubt(self) -> str | None:
        """Why the model is less sure than usual, in words; None where it is not."""
        if self.outside is not None and self.outside >= _HALF:
            return f"unlike feedback on this field ({self.outside:.0%}), so it gets no topic"
        if self.unknown is not None and self.unknown >= _MOSTLY:
            return f"{self.unknown:.0%} of its words were in no example"
        return None


_HALF, _MOSTLY = 0.5, 0.6


class LocalClassifier(Protocol):
    """A local model as the cascade sees it."""

    @property
    def version(self) -> str:
        """Content hash of examples, corrections, taxonomy, lexicon and code; also the feature snapshot."""
        ...

    def answer(
        self,
        texts: Sequence[str],
        languages: Sequence[str] | None = None,
        ratings: Sequence[float | None] | None = None,
        channels: Sequence[str] | None = None,
    ) -> list[LocalAnswer]:
        """One answer for each text; all sequences have the same length. Ratings are 1 to 5 or None."""
        ...

    def quote(self, text: str, category: str) -> str:
        """The clause or sentence of the text that speaks most for the category, verbatim."""
        ...
