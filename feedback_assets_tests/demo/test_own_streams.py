"""The kinds with random streams of their own: they are there, and leave everything else as it was."""

import random
from pathlib import Path

import pytest

from feedback_assets.demo import calendar, problems, shop
from feedback_assets.demo.problems import OWN_STREAM
from feedback_assets.demo.story import Story, generate
from feedback_assets.landing.envelope import parse
from feedback_assets_tests.demo.unchanged import landing_hash, own_ids, truth_hash

# Of commit 1652273, which knew six kinds: `landing_hash` and `truth_hash` of its stories.
BEFORE = {
    7: (
        "ad02e48bd24e868d23e054b78c6324a286ef97216ebce42ce87fa60dd21a8411",
        "6f01a18c20e864b731aff98eaafea13b46d86f4967a5bc95796ccea42becf5e3",
    ),
    11: (
        "9c534fb243e7130896ee0ffe77b2762875a942ffa2f19d0d9d044b1d18bfa827",
        "1bcf189d03b8ad296fe66c700e81b73db2d18d6ececd74b38d76456ff930d160",
    ),
}


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> dict[int, tuple[Path, Story]]:
    told = {}
    for seed in BEFORE:
        root = tmp_path_factory.mktemp(f"seed{seed}")
        told[seed] = (root, generate(seed, str(root)))
    return told


@pytest.mark.parametrize("seed", BEFORE)
def test_without_their_items_the_landing_and_the_truth_are_those_of_before_by_hash(
    seed: int, stories: dict[int, tuple[Path, Story]]
) -> None:
    root, story = stories[seed]
    without = own_ids(story.truth)
    assert (landing_hash(root, without), truth_hash(story.truth, without)) == BEFORE[seed]


def test_the_hash_notices_one_changed_letter_and_one_file_more(stories: dict[int, tuple[Path, Story]]) -> None:
    root, story = stories[7]
    without = own_ids(story.truth)
    assert landing_hash(root, set()) != BEFORE[7][0] != landing_hash(root, without - {min(without)})
    path = next(path for path in sorted(root.glob("feedback/*/*.jsonl")) if b"!" in path.read_bytes())
    content = path.read_bytes()
    try:
        path.write_bytes(content.replace(b"!", b"?", 1))
        assert landing_hash(root, without) != BEFORE[7][0]
    finally:
        path.write_bytes(content)


def test_the_defect_is_of_a_product_no_other_problem_is_about_and_names_its_part_in_every_language(
    stories: dict[int, tuple[Path, Story]],
) -> None:
    for root, story in stories.values():
        [defect] = [problem for problem in story.truth.planted if problem.kind == "product_defect"]
        assert (defect.id, defect.category, defect.release) == ("planted-7", "defect", None)
        assert defect.product not in {p.product for p in story.truth.planted if p is not defect}
        assert defect.details["piece"] and defect.details["aspect"] in ("dead", "loose", "stuck")
        assert len(_regions(root, set(defect.event_ids))) >= 6


def test_the_lockout_follows_a_deployment_of_the_web_shop_that_a_fix_takes_back(
    stories: dict[int, tuple[Path, Story]],
) -> None:
    for root, story in stories.values():
        [lockout] = [problem for problem in story.truth.planted if problem.kind == "account_lockout"]
        assert (lockout.id, lockout.category, lockout.product) == ("planted-8", "account_access", None)
        shipped = {
            read.event_id: (read.occurred_at.date().isoformat(), (read.payload or {})["kind"])
            for path in root.glob("releases/*/*.jsonl") for line in path.read_bytes().splitlines()
            if (read := parse(line)).occurred_at
        }  # fmt: skip
        days = [day for day in (lockout.first_day, lockout.fixed_day) if day]
        assert [shipped[name] for name in lockout.details["releases"]] == [(day, "site") for day in days]
        assert lockout.release == lockout.details["releases"][0]


def test_their_items_come_late_again_and_mirrored_as_all_others(tmp_path: Path) -> None:
    late = again = mirrored = items = 0
    for seed in (3, 4, 5):
        root = tmp_path / str(seed)
        story = generate(seed, str(root))
        mine = {event for p in story.truth.planted if p.kind in OWN_STREAM for event in p.event_ids}
        read = [
            found for path in root.glob("feedback/*/*.jsonl") for line in path.read_bytes().splitlines()
            if (found := parse(line)).event_id in mine
        ]  # fmt: skip
        items += len(mine)
        again += len(read) - len({one.event_id for one in read})
        late += sum(bool(o.occurred_at and o.received_at and (o.received_at - o.occurred_at).days) for o in read)
        mirrored += sum("mirror_of" in (one.payload or {}) for one in read)
    assert 0 < late < 0.08 * items and 0 < again < 0.05 * items and 0 < mirrored < 0.05 * items


def test_a_lockout_starts_away_from_the_app_versions_customers_feel() -> None:
    goods = shop.build(random.Random(1), calendar.plan(random.Random(1), 1))
    for seed in range(30):
        first = problems.plan_lockout(random.Random(seed), goods, (12, 18)).first
        assert abs(first - 12) > 2 and abs(first - 18) > 2


def _regions(root: Path, ids: set[str]) -> set[object]:
    return {
        (read.payload or {})["region"] for path in root.glob("feedback/*/*.jsonl")
        for line in path.read_bytes().splitlines()
        if (read := parse(line)).event_id in ids and "region" in (read.payload or {})
    }  # fmt: skip
