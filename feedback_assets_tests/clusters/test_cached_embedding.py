"""Issues placed before stand where they stood; another embedding or other code places them anew."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from feedback_assets import tables
from feedback_assets.clusters import cached_embedding
from feedback_assets.clusters.assign_days import ClusterResult, assign_days
from feedback_assets.clusters.cached_embedding import CachedEmbedding, embedding_cache
from feedback_assets.clusters.embedding import ConceptEmbedding, Embedding
from feedback_assets.lake.cache import CacheCounts, RowCache
from feedback_assets.lake.frames import empty, table_hash
from feedback_assets.lake.store import Lake
from feedback_assets_tests.cache_sources import uncovered
from feedback_assets_tests.clusters.story import EMBEDDING, EXAMPLES, LEXICON, RULES, TITLES, day
from feedback_assets_tests.clusters.test_assign_days import tight

ROWS = [*tight(0, 0), *tight(10, 1, count=6)]
DAYS = [day(0), day(1)]


@pytest.fixture
def cache(tmp_path: Path) -> RowCache:
    return embedding_cache(Lake(str(tmp_path)))


def over(rows: list[dict[str, object]], embedding: Embedding) -> ClusterResult:
    frame = pd.DataFrame(rows)
    return assign_days(frame, frame, empty(tables.GOLD_CLUSTERS), DAYS, embedding, RULES, TITLES)


def walked(
    cache: RowCache, rows: list[dict[str, object]] = ROWS, embedding: ConceptEmbedding = EMBEDDING
) -> tuple[ClusterResult, CacheCounts]:
    through = CachedEmbedding(embedding, cache, DAYS)
    found = over(rows, through)
    through.save(found.embedded)
    return found, through.counts


def test_a_day_walked_again_places_nothing_and_gives_the_same_clusters(cache: RowCache):
    plain = over(ROWS, EMBEDDING)
    first, work = walked(cache)
    assert work.cached == 0
    again, spared = walked(cache)
    assert spared == CacheCounts(computed=0, cached=work.computed)
    for table, name in ((tables.GOLD_CLUSTERS, "clusters"), (tables.GOLD_CLUSTER_MEMBERS, "members")):
        hashes = {table_hash(getattr(found, name), table) for found in (plain, first, again)}
        assert len(hashes) == 1


def test_only_new_issues_are_placed(cache: RowCache):
    _, before = walked(cache)
    more = [*ROWS, *tight(30, 1, count=1, product="p2")]
    more[-1]["quote"] = "a wording nobody used before, much too tight"
    assert walked(cache, more)[1] == CacheCounts(computed=1, cached=before.computed)


def test_another_embedding_or_other_code_places_everything_anew(cache: RowCache, tmp_path: Path):
    walked(cache)
    other = ConceptEmbedding.fit(LEXICON, EXAMPLES, seed="another lexicon")
    assert walked(cache, embedding=other)[1].cached == 0
    walked(cache)
    assert walked(cache)[1].computed == 0
    assert walked(embedding_cache(Lake(str(tmp_path)), ("a-newer-library",)))[1].cached == 0


def test_the_version_of_the_code_covers_all_that_places():
    assert not uncovered("feedback_assets.clusters.embedding", cached_embedding.SOURCES)
    assert uncovered("feedback_assets.clusters.embedding", ("text.py",))
