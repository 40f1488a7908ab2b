"""Why the model is less sure than usual is told in words."""

from __future__ import annotations

import pytest

from feedback_assets.classification.model.local_answer import LocalAnswer


def _doubt(outside: float | None, unknown: float | None) -> str | None:
    return LocalAnswer("delivery", 0.7, None, None, None, None, None, outside=outside, unknown=unknown).doubt


@pytest.mark.parametrize(
    ("outside", "unknown", "told"),
    [
        (0.5, 0.1, "unlike feedback on this field (50%), so it gets no topic"),
        (0.1, 0.6, "60% of its words were in no example"),
        (0.9, 0.9, "unlike feedback on this field (90%), so it gets no topic"),
        (0.49, 0.59, None),
        (None, None, None),
    ],
)
def test_a_text_out_of_the_field_or_of_new_words_says_so(
    outside: float | None, unknown: float | None, told: str | None
) -> None:
    assert _doubt(outside, unknown) == told
