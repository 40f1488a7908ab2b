"""Old trouble in its usual words is no evidence of a new fault, in counts and in the tickets that are planned."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from feedback_assets import tables
from feedback_assets.lake.frames import conform
from feedback_assets.tickets.wordings import Wordings, shares_of_fault
from feedback_assets_tests.tickets.test_plan import RULES, TAXONOMY, cluster, inputs, item, plan, scored, span

OLD, NEW = "The sleeves end above my wrists", "The size chart is one size off since the new label"
# As in the plan: about what one issue has that is the first of its kind since a fresh onset.
LEAST = 2.0


def found(since: list[str], own: list[str], usual: list[str], share: float = 0.1) -> list[bool]:
    """Which complaints are background."""
    return [not each for each in shares_of_fault(Wordings(since), Wordings(own), Wordings(usual), share, LEAST)]


def test_what_is_told_as_often_as_before_is_background_and_what_is_new_is_not():
    assert found([OLD, NEW, NEW], [OLD] * 10, [OLD] * 10) == [True, False, False]


def test_a_wording_told_much_more_often_than_before_is_no_background():
    assert found([OLD] * 20, [OLD] * 10, [OLD] * 10) == [False] * 20


def test_a_word_more_or_less_makes_no_new_wording():
    assert found(["Sleeves end above wrists in M!", NEW], [OLD] * 10, [OLD] * 10) == [True, False]


def test_what_the_whole_category_tells_is_background_where_the_clusters_own_history_is_of_other_words():
    others = ["Heel slips in every pair", "Waist far too wide", "Collar too tight", "Hem drags on the floor"] * 5
    assert found([OLD, NEW], others[:10], [*others, *[OLD] * 20]) == [True, False]


def test_the_share_of_the_fault_is_what_is_more_than_expected():
    shares = shares_of_fault(Wordings([OLD] * 20 + [NEW]), Wordings([OLD] * 10), Wordings([OLD] * 10), 0.2, LEAST)
    assert shares[:20] == pytest.approx([1 - 2 / 20] * 20)
    assert shares[20] == 1.0


def test_nothing_told_gives_nothing():
    assert found([], [OLD], [OLD]) == []
    assert found([NEW], [], []) == [False]


def test_a_text_without_a_content_word_is_like_no_other():
    assert found(["??", "??"], ["??"] * 10, ["??"] * 10) == [False, False]


DAYS = span(20)
# Two old complaints a day; from the fifteenth day on six new ones beside them.
MEMBERS = [(day, f"old-{day:%m%d}-{n}", "c1") for day in DAYS for n in range(2)] + [
    (day, f"new-{day:%m%d}-{n}", "c1") for day in DAYS[14:] for n in range(6)
]


def planned(members: list[tuple[date, str, str]], days: list[date]) -> list[str]:
    given = inputs(
        DAYS,
        members=members,
        clusters=[cluster(day, "c1") for day in DAYS],
        priority=[scored(day, "c1") for day in days],
    )
    told = given.issues.assign(
        quote=[f"{OLD if name.startswith('old') else NEW} {name}" for name in given.issues["event_id"]]
    )
    # Other items of the shop, so that a day is no fuller than another.
    rest = [item(day, f"other-{day:%m%d}-{n}") for day in DAYS for n in range(50)]
    feedback = pd.concat([given.feedback, conform(pd.DataFrame(rest), tables.SILVER_FEEDBACK)])
    rows = plan(replace(given, issues=told, feedback=feedback), days, TAXONOMY, RULES)
    return [member for members in rows["members"] for member in json.loads(members)]


def test_a_ticket_holds_the_new_complaints_and_not_the_old_trouble_that_goes_on():
    held = planned(MEMBERS, DAYS[15:])
    assert held
    assert all(member.startswith("new-") for member in held)
    assert len(held) == 36


def test_a_cluster_told_as_ever_since_before_the_ticket_gives_it_no_more_evidence():
    flat = [(day, f"new-{day:%m%d}-{n}", "c1") for day in DAYS for n in range(2)]
    first = planned(flat, DAYS[10:11])
    assert planned(flat, DAYS[10:]) == first


def test_where_no_wording_alone_rose_the_ticket_holds_all_and_is_as_sure_as_their_number_is() -> None:
    words = ["The zip jams", "Seam came open", "Colour ran", "Button fell off", "Lining is torn", "Hood will not close"]
    before = [(day, f"{n}-{day:%m%d}", "c1") for day in DAYS[:14] for n in range(1)]
    since = [(day, f"{n}-{day:%m%d}", "c1") for day in DAYS[14:16] for n in range(5)]
    given = inputs(
        DAYS,
        members=[*before, *since],
        clusters=[cluster(day, "c1") for day in DAYS],
        priority=[scored(DAYS[15], "c1")],
    )
    quotes = [words[(int(name[0]) + int(name[2:])) % 6] for name in given.issues["event_id"]]
    rest = [item(day, f"other-{day:%m%d}-{n}") for day in DAYS for n in range(50)]
    feedback = pd.concat([given.feedback, conform(pd.DataFrame(rest), tables.SILVER_FEEDBACK)])
    told = replace(given, issues=given.issues.assign(quote=quotes), feedback=feedback)
    (row,) = plan(told, [DAYS[15]], TAXONOMY, RULES).to_dict("records")
    assert len(json.loads(row["members"])) == 10
    assert json.loads(row["fields"])["confidence"] > 0.5
