"""M3: a slice below its floor is told to be people's, one that needs more confidence with its own edge."""

from __future__ import annotations

from feedback_assets.classification.cascade.bands import Bands
from feedback_assets.evaluation.automation import slice_edges
from feedback_assets.evaluation.cli import automation_table

BANDS = Bands(
    0.6, 0.2, "measured", {"category": {"defect": 1.01, "delivery": 0.9, "other": 0.3}, "language": {"de": 0.7}}
)


def test_each_slice_has_the_stricter_of_its_own_edge_and_that_of_all() -> None:
    edges = slice_edges(BANDS, ["defect", "delivery", "other", "new"], ["en", "de"])
    assert [(edge.slicing, edge.name, edge.automatic_from) for edge in edges] == [
        ("", "", 0.6),
        ("category", "defect", None),
        ("category", "delivery", 0.9),
        ("category", "other", 0.6),
        ("category", "new", 0.6),
        ("language", "en", 0.6),
        ("language", "de", 0.7),
    ]
    assert "never right often enough" in edges[1].reason and edges[1].as_dict()["automatic_from"] is None


def test_where_nothing_is_right_often_enough_people_look_at_all() -> None:
    edges = slice_edges(Bands(1.01, 0.2, "never"), ["defect"], ["en"])
    assert [edge.automatic_from for edge in edges] == [None] * 3
    assert list(automation_table(edges).columns[1].cells) == ["people"] * 3
