from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_assets.landing.times import TimeStyle, decide_order, has_slashed, names_zone, read_time, zone_of

UTC_STYLE = TimeStyle(UTC)
BERLIN = TimeStyle(ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-09-16 03:16:44", "2024-09-16T03:16:44"),
        ("2024-09-16T03:16:44Z", "2024-09-16T03:16:44"),
        ("2024-09-16T03:16:44.123456789+02:00", "2024-09-16T01:16:44.123456"),
        ("2024-09-16 03:16:44 UTC", "2024-09-16T03:16:44"),
        ("2024-09-16 03:16:44 +0530", "2024-09-15T21:46:44"),
        ("2024/09/16", "2024-09-16T00:00:00"),
        ("20240916", "2024-09-16T00:00:00"),
        ("20240916T031644Z", "2024-09-16T03:16:44"),
        ("2/16/2015 23:36", "2015-02-16T23:36:00"),
        ("02/16/15, 11:36 PM", "2015-02-16T23:36:00"),
        ("12/31/2015 12:05 am", "2015-12-31T00:05:00"),
        ("1726456604", "2024-09-16T03:16:44"),
        ("1726456604.5", "2024-09-16T03:16:44.500000"),
        ("1726456604000", "2024-09-16T03:16:44"),
        ("1726456604000000", "2024-09-16T03:16:44"),
        (1726456604000, "2024-09-16T03:16:44"),
        ("16 September 2024", "2024-09-16T00:00:00"),
        ("Sep 16, 2024 3:16 PM", "2024-09-16T15:16:00"),
        ("Mon, 16 Sep 2024 03:16:44 +0200", "2024-09-16T01:16:44"),
        ("Mon Sep 16 03:16:44 +0000 2024", "2024-09-16T03:16:44"),
    ],
)
def test_common_ways_to_write_a_time_are_read(text: object, expected: str) -> None:
    assert read_time(text, UTC_STYLE) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", None, "soon", "2024-02-30", "31/31/2020", "2024-13-01", "25", "5.6E+17", "NaN", "0000-00-00"]
)
def test_what_is_no_date_is_none(text: object) -> None:
    assert read_time(text, UTC_STYLE) is None


@given(st.text() | st.integers() | st.floats() | st.none())
def test_nothing_raises(value: object) -> None:
    assert read_time(value, BERLIN) is None or read_time(value, BERLIN).tzinfo is UTC  # type: ignore[union-attr]


@given(st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1)))
def test_an_iso_time_comes_back_whatever_its_zone(moment: datetime) -> None:
    aware = moment.replace(tzinfo=UTC)
    assert read_time(aware.isoformat(), BERLIN) == aware
    assert read_time(aware.astimezone(BERLIN.zone).isoformat(), UTC_STYLE) == aware


def test_a_time_without_a_zone_takes_the_one_stated() -> None:
    assert read_time("2024-01-01 00:30", BERLIN) == datetime(2023, 12, 31, 23, 30, tzinfo=UTC)
    assert read_time("2024-01-01T00:30Z", BERLIN) == datetime(2024, 1, 1, 0, 30, tzinfo=UTC)


def test_the_whole_column_decides_between_day_and_month() -> None:
    day_first = decide_order(["03/04/2024", "05/06/2024", "25/12/2024"], UTC_STYLE)
    month_first = decide_order(["03/04/2024", "12/25/2024"], UTC_STYLE)
    assert read_time("03/04/2024", day_first) == datetime(2024, 4, 3, tzinfo=UTC)
    assert read_time("03/04/2024", month_first) == datetime(2024, 3, 4, tzinfo=UTC)
    assert "1 of 3" in day_first.why and "25/12/2024" in day_first.why and not day_first.assumed


def test_an_undecided_column_says_what_was_assumed_and_how_to_state_it() -> None:
    style = decide_order(["03/04/2024", "05/06/2024"], UTC_STYLE)
    assert style.assumed and "month first, an assumption" in style.why and "--time-format '%d/%m/%Y'" in style.why
    dotted = decide_order(["03.04.2024"], UTC_STYLE)
    assert read_time("03.04.2024", dotted) == datetime(2024, 4, 3, tzinfo=UTC)


def test_iso_columns_need_no_decision() -> None:
    assert not has_slashed(["2024-09-16", "1726456604", ""])
    assert has_slashed(["2024-09-16", "3/4/2024"])
    assert decide_order(["2024-09-16"], UTC_STYLE) == UTC_STYLE


def test_a_stated_format_also_reads_the_clock_behind_the_date() -> None:
    style = TimeStyle(UTC, pattern="%d/%m/%Y")
    assert read_time("03/04/2024 9:05", style) == datetime(2024, 4, 3, 9, 5, tzinfo=UTC)
    assert read_time("03/04/2024 5:06 PM", style) == datetime(2024, 4, 3, 17, 6, tzinfo=UTC)
    assert read_time("03/04/2024 soon", style) is None
    assert read_time("2024-04-03", style) is None


def test_zones_are_names_or_offsets_and_a_wrong_one_names_the_closest() -> None:
    assert zone_of("+05:30").utcoffset(None).seconds == 19_800  # type: ignore[union-attr]
    with pytest.raises(ValueError, match="did you mean 'Europe/Berlin'"):
        zone_of("Europe/Berlinn")


def test_times_with_their_own_zone_are_known() -> None:
    assert all(names_zone(value) for value in ("2024-01-01T00:00Z", "2024-01-01 00:00 +0200", 1726456604))
    assert not any(names_zone(value) for value in ("2024-01-01", "2024-01-01 10:00"))
