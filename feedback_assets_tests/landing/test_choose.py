from __future__ import annotations

from pathlib import Path

import pytest

from feedback_assets.config import mappings
from feedback_assets.config.mappings import Constant, Mapping, MappingError
from feedback_assets.landing.choose import Chosen, Wanted, choose
from feedback_assets.landing.guess import fold, guess

APP_STORE = [
    "reviewId",
    "content",
    "score",
    "thumbsUpCount",
    "reviewCreatedVersion",
    "at",
    "replyContent",
    "appVersion",
]


def _choose(tmp_path: Path, columns: list[str], sample: list[dict] | None = None, **wanted: object) -> Chosen:
    return choose(tmp_path / "export.csv", columns, sample or [], Wanted(**wanted), tmp_path)  # type: ignore[arg-type]


@pytest.mark.parametrize("header", ["reviewId", "Review ID", "review-id", "REVIEW_ID", " review id "])
def test_headers_are_known_however_they_are_spelled(header: str) -> None:
    assert fold(header) == "review_id"


def test_an_app_store_export_is_guessed_whole(tmp_path: Path) -> None:
    mapping = _choose(tmp_path, APP_STORE).mapping
    assert mapping.fields == {"text": "content", "rating": "score", "app_version": "appVersion"}
    assert (mapping.occurred_at, mapping.event_id, mapping.channel) == ("at", ["reviewId"], "app_review")


def test_a_marketplace_export_is_guessed_with_an_id_of_two_columns(tmp_path: Path) -> None:
    columns = [
        "review_id",
        "order_id",
        "review_score",
        "review_comment_title",
        "review_comment_message",
        "review_creation_date",
    ]
    mapping = _choose(tmp_path, columns).mapping
    assert mapping.event_id == ["review_id", "order_id"]
    assert mapping.fields["text"] == "review_comment_message" and mapping.channel == "product_review"


def test_order_items_and_orders_are_told_apart() -> None:
    items = guess("commerce", ["order_id", "order_item_id", "price"])
    orders = guess("commerce", ["order_id", "order_status", "order_purchase_timestamp"])
    assert (items.constants, orders.constants) == ({"type": "order_item"}, {"type": "order"})
    assert items.event_id == ("order_id", "order_item_id")


def test_a_name_alone_makes_no_date_and_no_rating() -> None:
    sample = [{"text": "a", "date": "tomorrow", "created": "2024-01-02", "score": "high"}]
    found = guess("feedback", ["text", "date", "created", "score"], sample)
    assert found.occurred_at == "created" and "rating" not in found.fields


def test_flags_win_over_guesses_and_leave_fields_out(tmp_path: Path) -> None:
    chosen = _choose(tmp_path, APP_STORE, maps=("text=replyContent", "rating="), constants=("store=play",))
    assert chosen.mapping.fields == {
        "text": "replyContent",
        "app_version": "appVersion",
        "store": Constant(constant="play"),
    }
    assert "text" not in chosen.guessed and "occurred_at" in chosen.guessed


def test_several_columns_may_be_one_field(tmp_path: Path) -> None:
    chosen = _choose(tmp_path, ["pro", "con", "a,b"], maps=("text=pro,con", "title=a,b"))
    assert chosen.mapping.fields == {"text": ["pro", "con"], "title": "a,b"}


def test_the_scale_is_seen_in_the_ratings(tmp_path: Path) -> None:
    assert _choose(tmp_path, ["text", "nps"], [{"nps": "9"}, {"nps": "2"}]).mapping.rating_scale == 10
    assert _choose(tmp_path, ["text", "stars"], [{"stars": "5"}]).mapping.rating_scale == 5
    assert _choose(tmp_path, ["text", "stars"], [{"stars": "5"}], rating_scale=7).mapping.rating_scale == 7


def test_a_missing_column_names_flag_columns_and_the_closest(tmp_path: Path) -> None:
    with pytest.raises(MappingError) as raised:
        _choose(tmp_path, APP_STORE, maps=("text=contnet",))
    told = str(raised.value)
    assert "--map text=contnet" in told and "did you mean 'content'" in told and "thumbsUpCount" in told


def test_a_saved_mapping_that_names_a_missing_column_is_named(tmp_path: Path) -> None:
    mappings.save(Mapping(name="play", source="play", fields={"text": "contents"}), tmp_path)
    with pytest.raises(
        MappingError, match=r"play\.yaml: fields\.text: export\.csv has no column 'contents'; did you mean 'content'"
    ):
        _choose(tmp_path, APP_STORE, mapping="play")


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"maps": ("texts=content",)}, "did you mean 'text'"),
        ({"maps": ("content",)}, "write --map field=column"),
        ({"mapping": "plya"}, "did you mean 'play'"),
        ({"channel": "app_reviews"}, "did you mean 'app_review'"),
        ({"stream": "feedbak"}, "did you mean 'feedback'"),
        ({"mapping": "play", "stream": "catalog"}, "leave out --stream catalog"),
        ({"save_as": "a/b"}, "for example a_b"),
    ],
)
def test_a_wrong_call_says_the_mend(tmp_path: Path, wanted: dict, message: str) -> None:
    mappings.save(Mapping(name="play", source="play", fields={"text": "content"}), tmp_path)
    with pytest.raises(MappingError, match=message):
        _choose(tmp_path, APP_STORE, **wanted)


def test_strange_headers_are_refused_with_the_list(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match=r"--map text=COLUMN. The columns are: foo, bar"):
        _choose(tmp_path, ["foo", "bar"])


def test_a_column_of_sentences_is_proposed_when_no_header_is_known(tmp_path: Path) -> None:
    sample = [{"Q1": "9", "What could we do better?": "deliver it on time please", "City": "New York"}]
    with pytest.raises(MappingError, match=r"--map text='What could we do better\?'"):
        _choose(tmp_path, list(sample[0]), sample)
    notes = _choose(tmp_path, list(sample[0]), sample, maps=("rating=Q1",)).notes
    assert any("--map text='What could we do better?'" in note for note in notes)


def test_a_saved_mapping_is_used_as_it_is_and_keeps_its_name(tmp_path: Path) -> None:
    saved = Mapping(name="play", source="store", channel="app_review", fields={"text": "content"}, occurred_at="at")
    mappings.save(saved, tmp_path)
    chosen = _choose(tmp_path, APP_STORE, mapping="play")
    assert chosen.mapping == saved and chosen.guessed == ()


def test_a_saved_mapping_changed_by_flags_is_another_mapping(tmp_path: Path) -> None:
    mappings.save(Mapping(name="play", source="store", channel="app_review", fields={"text": "content"}), tmp_path)
    chosen = _choose(tmp_path, APP_STORE, mapping="play", maps=("rating=score",))
    assert chosen.mapping.name != "play" and chosen.mapping.fields == {"text": "content", "rating": "score"}


def test_equal_calls_make_the_same_name(tmp_path: Path) -> None:
    assert _choose(tmp_path, APP_STORE).mapping.name == _choose(tmp_path, APP_STORE).mapping.name
    assert _choose(tmp_path, APP_STORE).mapping.name != _choose(tmp_path, APP_STORE, maps=("title=score",)).mapping.name


def test_columns_that_no_field_reads_are_named_so_that_a_product_is_not_overlooked(tmp_path: Path) -> None:
    notes = _choose(tmp_path, ["id", "text", "date", "Artikel", "Kd-Nr"], maps=("customer_id=Kd-Nr",)).notes
    assert [note for note in notes if "not read" in note] == [
        "kept but not read: Artikel; if one is a product, customer or place, say --map product_name=COLUMN"
    ]


def test_a_file_whose_columns_are_all_read_gets_no_such_hint(tmp_path: Path) -> None:
    assert not any("not read" in note for note in _choose(tmp_path, ["id", "text", "date"]).notes)
