"""Issues placed before stand where they stood; another embedding or other code places them anew."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from feedback_assets import tables
from feedback_assets.clusters import recalled
from feedback_assets.clusters.assign_days import ClusterResult, assign_days
from feedback_assets.clusters.embedding import ConceptEmbedding, Embedding
from feedback_assets.clusters.recalled import RecalledEmbedding, memo_of
from feedback_assets.lake.frames import empty, table_hash
from feedback_assets.lake.memo import Memo, Work
from feedback_assets.lake.store import Lake
from feedback_assets_tests.clusters.story import EMBEDDING, EXAMPLES, LEXICON, RULES, TITLES, day
from feedback_assets_tests.clusters.test_assign_days import tight
from feedback_assets_tests.recalling import uncovered

ROWS = [*tight(0, 0), *tight(10, 1, count=6)]
DAYS = [day(0), day(1)]


@pytest.fixture
def memo(tmp_path: Path) -> Memo:
    return memo_of(Lake(str(tmp_path)))


def over(rows: list[dict[str, object]], embedding: Embedding) -> ClusterResult:
    frame = pd.DataFrame(rows)
    return assign_days(frame, frame, empty(tables.GOLD_CLUSTERS), DAYS, embedding, RULES, TITLES)


def walked(
    memo: Memo, rows: list[dict[str, object]] = ROWS, embedding: ConceptEmbedding = EMBEDDING
) -> tuple[ClusterResult, Work]:
    through = RecalledEmbedding(embedding, memo, DAYS)
    found = over(rows, through)
    through.keep(found.embedded)
    return found, through.work


def test_a_day_walked_again_places_nothing_and_gives_the_same_clusters(memo: Memo):
    plain = over(ROWS, EMBEDDING)
    first, work = walked(memo)
    assert work.recalled == 0
    again, spared = walked(memo)
    assert spared == Work(computed=0, recalled=work.computed)
    for table, name in ((tables.GOLD_CLUSTERS, "clusters"), (tables.GOLD_CLUSTER_MEMBERS, "members")):
        hashes = {table_hash(getattr(found, name), table) for found in (plain, first, again)}
        assert len(hashes) == 1


def test_only_new_issues_are_placed(memo: Memo):
    _, before = walked(memo)
    more = [*ROWS, *tight(30, 1, count=1, product="p2")]
    more[-1]["quote"] = "a wording nobody used before, much too tight"
    assert walked(memo, more)[1] == Work(computed=1, recalled=before.computed)


def test_another_embedding_or_other_code_places_everything_anew(memo: Memo, tmp_path: Path):
    walked(memo)
    other = ConceptEmbedding.fit(LEXICON, EXAMPLES, seed="another lexicon")
    assert walked(memo, embedding=other)[1].recalled == 0
    walked(memo)
    assert walked(memo)[1].computed == 0
    assert walked(memo_of(Lake(str(tmp_path)), ("a-newer-library",)))[1].recalled == 0


def test_the_version_of_the_code_covers_all_that_places():
    assert not uncovered("feedback_assets.clusters.embedding", recalled.SOURCES)
    assert uncovered("feedback_assets.clusters.embedding", ("text.py",))
