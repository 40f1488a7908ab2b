"""The reliability plot shows what the calibration error adds up."""

from __future__ import annotations

import base64
import re
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest

from feedback_assets.classification.model.measures import calibration_error
from feedback_assets.evaluation.reliability import page, reliability, svg

CHANCE = np.random.default_rng(3)
CONFIDENCE = CHANCE.uniform(0.3, 1, 203)
RIGHT = CHANCE.uniform(size=203) < CONFIDENCE - 0.1


def test_ten_bins_of_equal_mass_hold_every_answer_in_order_of_confidence() -> None:
    bins = reliability(CONFIDENCE, RIGHT)
    assert [entry.items for entry in bins] == [21] * 3 + [20] * 7
    assert all(a.highest <= b.lowest for a, b in pairwise(bins))
    assert all(entry.low <= entry.right <= entry.high for entry in bins)


def test_their_gaps_are_the_calibration_error() -> None:
    bins = reliability(CONFIDENCE, RIGHT)
    gap = sum(entry.items * abs(entry.confidence - entry.right) for entry in bins) / len(RIGHT)
    assert gap == pytest.approx(calibration_error(CONFIDENCE, RIGHT))


def test_few_answers_give_few_bins_and_none_gives_none() -> None:
    assert len(reliability(CONFIDENCE[:3], RIGHT[:3])) == 3
    assert reliability(CONFIDENCE[:0], RIGHT[:0]) == [] and page([]) == "no answers yet"


def test_the_picture_is_well_formed_with_a_dot_for_each_bin_at_its_place() -> None:
    bins = reliability(CONFIDENCE, RIGHT)
    name = "{http://www.w3.org/2000/svg}"
    dots = ElementTree.fromstring(svg(bins)).findall(f"{name}circle")
    assert len(dots) == 10
    across, down = [float(dot.attrib["cx"]) for dot in dots], [float(dot.attrib["cy"]) for dot in dots]
    assert across == sorted(across)
    # More right answers stand higher.
    assert np.argsort(down).tolist() == np.argsort([-entry.right for entry in bins], kind="stable").tolist()
    assert "10 bins of 20 or 21 answers" in svg(bins)


def test_the_page_holds_the_picture_and_the_counts() -> None:
    bins = reliability(CONFIDENCE, RIGHT)
    told = page(bins)
    (picture,) = re.findall(r"!\[[^]]+\]\(data:image/svg\+xml;base64,([^)]+)\)", told)
    assert base64.b64decode(picture).decode() == svg(bins)
    assert told.count("| 20 |") == 7 and told.count("| 21 |") == 3
