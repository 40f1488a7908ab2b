from __future__ import annotations

import pandas as pd
import pytest

from feedback_assets import tables
from feedback_assets.lake.frames import conform, empty, markdown, table_hash
from feedback_assets_tests.lake.rows import TABLE, day, trends


def test_every_table_has_an_empty_frame_with_its_columns() -> None:
    for table in tables.ALL:
        frame = empty(table)
        assert tuple(frame.columns) == table.column_names
        assert frame.empty
    assert list(empty(TABLE, ["rise", "day"]).columns) == ["rise", "day"]


def test_conforming_adds_nulls_orders_casts_and_leaves_unknown_columns_out() -> None:
    event = pd.DataFrame(
        {"line": [1.0], "scratch": [1], "checksum": ["c"], "raw": ["r"], "landing_object": ["a"], "day": [day(0)]}
    )
    frame = conform(event.assign(occurred_at=[pd.Timestamp("2024-03-01 10:00:00.123456789", tz="UTC")]), BRONZE)
    assert tuple(frame.columns) == BRONZE.column_names
    assert str(frame["line"].dtype) == "int64"
    assert frame["source"].isna().all()
    assert str(frame["occurred_at"].dtype) == "datetime64[us, UTC]"
    assert conform(frame, BRONZE).equals(frame)


BRONZE = tables.BRONZE_FEEDBACK


def test_a_frame_that_cannot_conform_says_which_column_and_why() -> None:
    with pytest.raises(ValueError, match=r"gold/trends: column 'rise' is missing and may not be null; compute it"):
        conform(trends([day(0)]).drop(columns="rise"), TABLE)
    with pytest.raises(ValueError, match=r"gold/trends: column 'issues' does not fit int64"):
        conform(trends([day(0)]).assign(issues="many"), TABLE)


def test_the_hash_does_not_see_order_index_or_volatile_columns() -> None:
    frame = trends([day(0), day(1)])
    turned = frame.iloc[::-1].set_index(pd.Index([9, 8, 7, 6]))
    assert table_hash(turned, TABLE) == table_hash(frame, TABLE)
    row = pd.DataFrame({"effective_day": [day(0)], "promoted_by": ["ana"], "reason": ["first"]}).assign(
        **{name: "v" for name in tables.ACTIVE_VERSIONS.column_names if name.endswith("_version")}
    )
    early, late = (row.assign(promoted_at=pd.Timestamp(at, tz="UTC")) for at in ("2024-03-01", "2025-03-01"))
    assert table_hash(early, tables.ACTIVE_VERSIONS) == table_hash(late, tables.ACTIVE_VERSIONS)
    assert table_hash(early, tables.ACTIVE_VERSIONS) != table_hash(late.assign(reason="second"), tables.ACTIVE_VERSIONS)


def test_the_hash_sees_vectors_and_nulls() -> None:
    base = empty(tables.GOLD_CLUSTERS).reindex([0])
    texts = {c.name: "x" for c in tables.GOLD_CLUSTERS.columns if c.kind == "string" and not c.nullable}
    numbers = {c.name: 1 for c in tables.GOLD_CLUSTERS.columns if c.kind in ("int", "float")}
    days = {"day": [day(0)], "first_seen": [day(0)], "last_seen": [day(0)]}
    cluster = base.assign(**texts, **numbers, **days, centre=[[0.1, 0.2]])
    assert table_hash(cluster, tables.GOLD_CLUSTERS) == table_hash(cluster.copy(), tables.GOLD_CLUSTERS)
    assert table_hash(cluster.assign(centre=[[0.1, 0.3]]), tables.GOLD_CLUSTERS) != table_hash(
        cluster, tables.GOLD_CLUSTERS
    )
    assert table_hash(cluster.assign(component="lid"), tables.GOLD_CLUSTERS) != table_hash(
        cluster, tables.GOLD_CLUSTERS
    )


def test_a_sample_is_a_markdown_table_of_short_cells() -> None:
    frame = trends([day(0), day(1)]).assign(category=["a|b\nc" * 40, None, "x", "y"])
    lines = markdown(frame, TABLE, rows=4).splitlines()
    assert len(lines) == 6
    assert lines[2].startswith("| 2024-03-01 | a\\|b ca\\|b")
    assert "…" in lines[2]
    assert lines[3].startswith("| 2024-03-01 |  | p2")
