"""Numbers of the thresholds file: refused, with the place and the mend, where they cannot be used."""

from __future__ import annotations

import pytest

from feedback_assets.config.thresholds import Section, ThresholdsError

SECTION = Section("tickets", {"days": 7, "long": 28.0, "half": 7.5, "words": "seven", "yes": True}, "thresholds.yaml")


def test_a_count_is_a_whole_number_however_it_is_written() -> None:
    assert (SECTION.count("days"), SECTION.count("long", 1, 28)) == (7, 28)
    assert isinstance(SECTION.count("long"), int)


@pytest.mark.parametrize("field", ["half", "words", "yes", "not_there"])
def test_what_is_no_whole_number_is_no_count(field: str) -> None:
    with pytest.raises(ThresholdsError, match=rf"thresholds.yaml: tickets\.{field} is .*; write"):
        SECTION.count(field)


def test_a_count_outside_its_limits_is_refused() -> None:
    with pytest.raises(ThresholdsError, match="write a number from 8 to inf"):
        SECTION.count("days", 8)
    with pytest.raises(ThresholdsError, match="write a number from 1 to 6"):
        SECTION.count("days", 1, 6)
