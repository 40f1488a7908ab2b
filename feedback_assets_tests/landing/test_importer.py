from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from feedback_assets.config import mappings
from feedback_assets.config.settings import Settings
from feedback_assets.files.landing_files import Landing
from feedback_assets.landing.choose import Wanted
from feedback_assets.landing.envelope import Envelope, line_digest, to_line
from feedback_assets.landing.importer import import_file
from feedback_assets.landing.reading import FileError
from feedback_assets.landing.store_events import EventStore, Landed

from .conftest import NOW

TODAY = NOW.date()
REVIEWS = (
    "review_id,text,stars,created_at\n"
    "r1,too small,1,2026-03-01 10:00\n"
    "r2,fits well,5,2026-03-01 23:30\n"
    "r3,arrived late,2,2026-03-02 00:15\n"
)


def test_every_row_lands_on_the_utc_day_it_happened(land: Callable, landed: Callable) -> None:
    summary = land(REVIEWS, timezone="America/New_York")
    assert (summary.rows, summary.landed, summary.objects) == (3, 3, 2)
    assert [e.event_id for e in landed(day=date(2026, 3, 2))] == ["reviews:r2", "reviews:r3"]
    (first,) = landed(day=date(2026, 3, 1))
    assert first.payload == {"review_id": "r1", "text": "too small", "stars": "1", "created_at": "2026-03-01 10:00"}
    assert first.occurred_at == datetime(2026, 3, 1, 15, tzinfo=UTC)
    assert (first.source, first.mapping, first.received_at) == ("reviews", summary.mapping.split()[0], NOW)


def test_the_same_file_twice_lands_once(land: Callable, landed: Callable) -> None:
    land(REVIEWS)
    again = land(REVIEWS, now=NOW + timedelta(days=2))
    assert (again.rows, again.landed, again.repeated, again.objects) == (3, 0, 3, 0)
    assert len(landed()) == 3


def test_a_file_that_grew_lands_only_what_is_new(land: Callable, landed: Callable) -> None:
    land(REVIEWS)
    grown = land(REVIEWS + "r4,broken zip,1,2026-03-02 08:00\n")
    assert (grown.landed, grown.repeated) == (1, 3)
    assert sorted(e.event_id for e in landed()) == [f"reviews:r{n}" for n in (1, 2, 3, 4)]


def test_an_edited_review_lands_beside_the_first(land: Callable, landed: Callable) -> None:
    land(REVIEWS)
    edited = land(REVIEWS.replace("too small", "much too small"))
    assert (edited.landed, edited.repeated) == (1, 2)
    assert len(landed()) == 4


def test_identical_rows_without_an_id_both_land_and_land_once(land: Callable, landed: Callable) -> None:
    text = "text,stars,created_at\ngood,5,2026-03-01\ngood,5,2026-03-01\n"
    assert land(text).landed == 2
    assert land(text).repeated == 2
    assert len({e.event_id for e in landed()}) == 2


def test_an_id_may_be_several_columns(land: Callable, landed: Callable) -> None:
    text = "review_id,order_id,text,created_at\nr1,o1,late,2026-03-01\nr1,o2,late,2026-03-01\n"
    land(text, maps=("event_id=review_id,order_id",))
    assert sorted(e.event_id for e in landed()) == ["reviews:r1:o1", "reviews:r1:o2"]


def test_what_cannot_be_dated_is_kept_under_the_day_of_arrival_with_the_reason(
    land: Callable, landed: Callable
) -> None:
    text = "id,text,created_at\n1,a,2026-02-30\n2,b,\n3,c,1999-01-01\n4,d,2030-01-01\n5,e,2026-03-01\n6,f\n"
    summary = land(text)
    assert {reason: found.count for reason, found in summary.unreadable.items()} == {
        "a date that cannot be read": 1,
        "no date": 1,
        "before the first day, 2016-01-01": 1,
        "in the future": 1,
        "2 fields where the header has 3": 1,
    }
    assert summary.unreadable["no date"].examples == ["reviews.csv:3"]
    assert (summary.landed, summary.first_day, summary.last_day, summary.filed_day) == (
        6,
        date(2026, 3, 1),
        date(2026, 3, 1),
        TODAY,
    )
    filed = {e.event_id: e for e in landed(day=TODAY)}
    assert filed["reviews:1"].filed_because == "a date that cannot be read" and filed["reviews:1"].occurred_at is None
    assert filed["reviews:4"].occurred_at == datetime(2030, 1, 1, tzinfo=UTC)
    assert [e.payload for e in filed.values() if "fields" in e.filed_because] == [{"_fields": ["6", "f"]}]
    assert summary.exit_code == 0


def test_rows_without_a_day_land_once_even_when_imported_on_another_day(land: Callable, landed: Callable) -> None:
    text = "id,text,created_at\n1,a,\n1,a,\n2,b,2026-03-01\n3\n"
    first = land(text)
    later = land(text, now=NOW + timedelta(days=5))
    assert (first.landed, first.repeated, later.landed, later.repeated) == (3, 1, 0, 4)
    assert len(landed()) == 3


def test_a_file_older_than_the_first_day_says_how_to_take_it_in(land: Callable) -> None:
    summary = land("id,text,created_at\n1,a,2015-02-16\n2,b,2015-02-15\n")
    assert any("FEEDBACK_FIRST_DAY=2015-02-15" in note for note in summary.notes)
    assert summary.exit_code == 1


def test_broken_json_lines_land_as_they_came(settings: Settings, land: Callable, landed: Callable) -> None:
    content = '{"id":"1","text":"a","created_at":"2026-03-01T10:00Z"}\n{"id":"2","text\n{"id":"2","text\n'
    summary = land(content, name="a.jsonl")
    assert (summary.landed, summary.unreadable_rows, summary.zone) == (3, 2, "as each time says")
    assert land(content, name="a.jsonl", now=NOW + timedelta(days=1)).repeated == 3
    landing = Landing(settings.landing_root, settings.storage)
    (item,) = landing.list_objects("feedback", TODAY)
    assert [line for _, line in landing.read_lines(item.path)] == [b'{"id":"2","text'] * 2
    assert len(landed()) == 3


def test_nested_json_is_mapped_by_dotted_paths(land: Callable, landed: Callable) -> None:
    record = {"id": 7, "author": {"name": "Ada"}, "review": {"body": "late"}, "created_at": 1772359200}
    summary = land(json.dumps([record]), name="a.json", maps=("text=review.body",))
    assert summary.fields["text"] == "review.body"
    (event,) = landed()
    assert event.payload == record and event.event_id == "a:7"


def test_a_catalogue_without_dates_lands_on_the_day_stated(land: Callable, landed: Callable) -> None:
    text = "product_id,category\np1,shoes\n"
    with pytest.raises(FileError, match=r"occurred_at=COLUMN.*--day YYYY-MM-DD"):
        land(text, stream="catalog")
    with pytest.raises(FileError, match="occurred_at='Made when'"):
        land("product_id,Made when\np1,2026-01-01\n", stream="catalog")
    summary = land(text, stream="catalog", day=date(2026, 1, 5))
    assert summary.first_day == date(2026, 1, 5)
    (event,) = landed("catalog", date(2026, 1, 5))
    assert event.occurred_at == datetime(2026, 1, 5, tzinfo=UTC) and event.channel == "catalog"


def test_a_stated_day_may_not_contradict_dates_or_lie_outside(land: Callable) -> None:
    with pytest.raises(FileError, match="leave out --day"):
        land(REVIEWS, day=date(2026, 3, 1))
    with pytest.raises(FileError, match="must be between"):
        land("id,text\n1,a\n", day=date(2031, 1, 1))


def test_nothing_lands_when_the_call_is_wrong(settings: Settings, land: Callable) -> None:
    with pytest.raises(mappings.MappingError, match="did you mean 'text'"):
        land(REVIEWS, maps=("text=txt",))
    with pytest.raises(FileError, match="no time zone"):
        land(REVIEWS, timezone="Mars/Base")
    assert not settings.home.exists()


def test_a_dry_run_counts_and_leaves_no_trace(settings: Settings, land: Callable) -> None:
    summary = land(REVIEWS, dry_run=True)
    assert (summary.landed, summary.objects, summary.dry_run) == (3, 2, True)
    assert not settings.home.exists()


def test_the_mapping_in_use_is_saved_for_silver(settings: Settings, land: Callable, landed: Callable) -> None:
    land(REVIEWS, save_as="my-shop")
    saved, problems = mappings.load_all(settings.mappings_dir)
    assert not problems
    assert list(saved) == ["my-shop"]
    assert saved["my-shop"].read(landed()[0].payload)["text"] == "too small"
    assert land(REVIEWS.replace("\nr", "\nx"), mapping="my-shop", name="next.csv").source == "reviews"


def test_replacing_a_saved_mapping_is_said(land: Callable) -> None:
    land(REVIEWS, save_as="my-shop")
    assert any("my-shop was replaced" in note for note in land(REVIEWS, save_as="my-shop", maps=("rating=",)).notes)


def test_rows_read_wrongly_at_first_say_how_to_read_them_anew(land: Callable) -> None:
    first = land(REVIEWS, maps=("text=stars", "rating="))
    name = first.mapping.split()[0]
    second = land(REVIEWS)
    assert second.landed == 0
    assert any(f"still read by the mapping {name}" in note for note in second.notes)
    third = land(REVIEWS, save_as=name)
    assert third.next_command == "feedback run --from 2026-03-01 --to 2026-03-02"
    assert not any("still read" in note for note in third.notes)


def test_an_id_that_may_be_a_counter_is_made_unique_by_the_source(land: Callable, landed: Callable) -> None:
    long = "46018d7e-4efa-4a4e-8641-bea70b34f4e2"
    land(f"id,text,created_at\n7,a,2026-03-01\n{long},b,2026-03-01\n", source="Survey EU")
    assert {e.event_id for e in landed()} == {"Survey_EU:7", long}


@pytest.mark.parametrize(("content", "rows"), [("", 0), ("id,text,created_at\n", 0), ("\n\n", 0)])
def test_a_file_without_rows_lands_nothing_and_is_no_failure(land: Callable, content: str, rows: int) -> None:
    summary = land(content)
    assert (summary.rows, summary.landed, summary.exit_code) == (rows, 0, 0)


def test_a_cut_gzip_lands_what_came_before_and_the_answer_is_no(land: Callable, landed: Callable) -> None:
    rows = "".join(f"{n},text {n * 7919 % 10007},2026-03-01\n" for n in range(3000))
    content = gzip.compress(("id,text,created_at\n" + rows).encode())[:9000]
    summary = land(content, name="a.csv.gz")
    assert summary.broken and summary.exit_code == 1
    assert summary.landed == len(landed()) > 500


def test_ids_rounded_by_a_spreadsheet_are_warned_about_and_told_apart(land: Callable, landed: Callable) -> None:
    text = "tweet_id,order_id,text,created_at\n5.67588E+17,12.0,a,2026-03-01\n5.67588E+17,13.0,b,2026-03-01\n"
    summary = land(text)
    assert any("tweet_id: 2 ids look rounded" in note for note in summary.notes)
    assert any("order_id: 2 ids end in .0" in note for note in summary.notes)
    assert len({e.event_id for e in landed()}) == 2


def test_day_or_month_first_is_decided_by_rows_far_down(land: Callable, landed: Callable) -> None:
    rows = "".join(f"{n},text,0{n % 9 + 1}/03/2026 10:00\n" for n in range(1500))
    summary = land("id,text,created_at\n" + rows + "x,last,13/02/2026 23:36\n")
    assert "day first: 1 of 1501" in summary.zone
    assert {e.occurred_at.month for e in landed()} == {2, 3}


def test_two_processes_importing_one_file_at_once_land_it_once(
    settings: Settings, tmp_path: Path, landed: Callable
) -> None:
    path = tmp_path / "reviews.csv"
    lines = [f"r{n},text {n},3,2026-02-{n % 28 + 1:02d}" for n in range(500)]
    path.write_text("review_id,text,stars,created_at\n" + "\n".join(lines) + "\n")
    script = (
        "import sys; from pathlib import Path; from datetime import datetime, UTC\n"
        "from feedback_assets.config.settings import Settings\n"
        "from feedback_assets.landing.importer import import_file\n"
        "s = import_file(Settings(home=Path(sys.argv[1])), Path(sys.argv[2]), now=datetime(2026, 3, 10, tzinfo=UTC))\n"
        "print(s.landed, s.repeated)\n"
    )
    command = [sys.executable, "-c", script, str(settings.home), str(path)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    counts = [tuple(map(int, process.communicate(timeout=60)[0].split())) for process in both]
    assert sum(landed_here for landed_here, _ in counts) == 500
    assert all(sum(count) == 500 for count in counts)
    assert len(landed()) == 500


def test_more_than_is_held_lands_in_parts_and_still_once(settings: Settings, landed: Callable) -> None:
    def store_all() -> Landed:
        store = EventStore(Landing(settings.landing_root, settings.storage), "feedback", "shop", held_bytes=4000)
        for number in range(150):
            event = Envelope(str(number), "shop", "chat", NOW, NOW, {"text": "long " * 20})
            line = to_line(event)
            store.add(date(2026, 3, number % 3 + 1), line_digest(line)[0], line)
        return store.flush()

    first, again = store_all(), store_all()
    assert first.landed == 150 and first.objects > 9
    assert (again.landed, again.repeated) == (0, 150)
    assert len({e.event_id for e in landed()}) == 150


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["", "1", "2", "3"]),
        st.text(st.characters(codec="utf-8"), max_size=6),
        st.sampled_from(["2026-03-01", "2026-03-02 10:00", "", "nonsense", "2040-01-01"]),
    ),
    max_size=8,
)


@hypothesis_settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_rows_are_landed_or_repeated_and_importing_again_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("property")
    settings = Settings(home=folder / "home")
    path = folder / "a.jsonl"
    records = [{"id": i, "text": t, "created_at": at} for i, t, at in rows]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    wanted = Wanted(maps=("event_id=id", "text=text", "occurred_at=created_at")) if rows else Wanted()
    first = import_file(settings, path, wanted=wanted, now=NOW)
    assert first.rows == len(rows) == first.landed + first.repeated
    landing = Landing(settings.landing_root, settings.storage)
    before = landing.days("feedback")
    again = import_file(settings, path, wanted=wanted, now=NOW + timedelta(days=1))
    assert (again.landed, again.repeated) == (0, len(rows))
    assert landing.days("feedback") == before
