"""The story: the same for a seed, different between seeds, and in nobody else's words."""

import collections
import hashlib
import json
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from feedback_assets.config.settings import load as settings
from feedback_assets.demo import vocabulary
from feedback_assets.demo.problems import KINDS
from feedback_assets.demo.story import Story, generate
from feedback_assets.demo.truth import load
from feedback_assets.landing.envelope import parse
from feedback_assets.text import fold
from feedback_assets_tests.demo import overlap, taught


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> dict[int, tuple[Path, Story]]:
    told = {}
    for seed in (1, 7, 23):
        root = tmp_path_factory.mktemp(f"seed{seed}")
        told[seed] = (root, generate(seed, str(root)))
    return told


@cache
def _graph(language: str) -> overlap.Graph:
    return overlap.Graph(language)


@cache
def _listed(language: str) -> frozenset[str]:
    """Every phrase of the word lists as the words of the demo's language can say it."""
    words = sorted(_graph(language).words())
    return frozenset(
        said for phrase in taught.phrases(settings().prompts_dir) for said in taught.without_stars(phrase, words)
    )


def _forbidden(language: str) -> overlap.Trie:
    """Four words in a row of everything taught, but for everyday formulas of the word lists."""
    windows = {window for phrase in _listed(language) for window in overlap.windows(phrase)}
    return overlap.four_grams([*taught.texts(settings().prompts_dir), *(windows - taught.EVERYDAY)])


def _lines(root: Path, stream: str) -> list[bytes]:
    return [line for path in sorted(root.glob(f"{stream}/*/*.jsonl")) for line in path.read_bytes().splitlines()]


def _digest(root: Path) -> dict[str, str]:
    files = [path for path in sorted(root.rglob("*")) if path.is_file()]
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("language", vocabulary.LANGUAGES)
def test_no_sentence_any_seed_can_say_shares_four_words_with_anything_in_the_prompts_folder(language: str) -> None:
    shared = {words for words, _, _ in _graph(language).collisions(_forbidden(language))}
    assert not shared, "\n".join(["change there:", *(taught.places(settings().prompts_dir, shared) or sorted(shared))])


@pytest.mark.parametrize("language", vocabulary.LANGUAGES)
def test_no_short_phrase_of_a_word_list_is_a_whole_fragment_but_for_everyday_formulas(language: str) -> None:
    assert not taught.whole_fragments(_listed(language), language) - taught.EVERYDAY


def test_every_everyday_formula_stands_in_a_word_list_and_in_the_demo() -> None:
    found: set[str] = set()
    for language in vocabulary.LANGUAGES:
        windows = {window for phrase in _listed(language) for window in overlap.windows(phrase)}
        formulas = overlap.four_grams(taught.EVERYDAY & windows)
        found |= {words for words, _, _ in _graph(language).collisions(formulas)}
        found |= taught.whole_fragments(_listed(language), language)
    assert not taught.EVERYDAY - found


def test_invented_names_occur_nowhere_in_the_prompts_folder() -> None:
    prompts = settings().prompts_dir
    words = {word for text in [*taught.texts(prompts), *taught.phrases(prompts)] for word in fold(text).split()}
    assert not words & {fold(name) for name in [*vocabulary.brands(), *vocabulary.CARRIERS]}


def test_every_file_of_texts_and_every_word_list_is_held_against_the_demo(tmp_path: Path) -> None:
    prompts = tmp_path / "prompts"
    (prompts / "new_folder" / "deeper").mkdir(parents=True)
    for name in ("lexicon.yaml", "moderation.yaml"):
        (prompts / name).write_text("injection: []\n", encoding="utf-8")
    (prompts / "cues.yaml").write_text("praise: {en: [fine, 'cancel* my member*']}\n", encoding="utf-8")
    (prompts / "taxonomy.yaml").write_text("a: {definition: What is broken., keywords: [one two]}\n", encoding="utf-8")
    (prompts / "moderation.yaml").write_text(r"injection: ['\bnote to (the ai)\b[^.]{0,4}x y']", encoding="utf-8")
    (prompts / "new_folder" / "deeper" / "en.jsonl").write_text(
        json.dumps({"text": "Red and round", "more": ["deep"]}) + "\n", encoding="utf-8"
    )
    (prompts / "ask.md").write_text("Answer in JSON.\n", encoding="utf-8")
    assert {"Red and round", "deep", "Answer in JSON."} <= set(taught.texts(prompts))
    found = {phrase.strip() for phrase in taught.phrases(prompts)}
    assert {"fine", "cancel* my member*", "What is broken.", "one two", "note to", "the ai", "x y"} <= found
    said = list(taught.without_stars("cancel* my *ship", ["cancelled", "can", "membership", "ship", "my"]))
    assert said == ["cancelled my membership", "cancelled my ship"]
    assert taught.whole_fragments({"thanks for nothing", "never again", "one two three"}, "en") == {
        "thanks for nothing"
    }
    assert taught.places(prompts, {"red and round", "what is", "in json"}) == [
        "prompts/ask.md:1: in json",
        "prompts/new_folder/deeper/en.jsonl:1: red and round",
        "prompts/taxonomy.yaml:1: what is",
    ]


def test_the_check_of_overlap_finds_shared_words_within_and_across_fragments() -> None:
    graph = _graph("en")

    def found(text: str) -> list[str]:
        return [words for words, _, _ in graph.collisions(overlap.four_grams([text]))]

    assert "out of my profile" in found("LOCKED out of my Profile")
    assert found("after one typo. Please") == ["after one typo please"] * len(found("after one typo. Please")) != []
    assert found("out of my prfoile")  # a slip of the finger: two letters swapped
    assert not found("out of my professional life, after another typo")


def test_every_text_written_obeys_the_same_rule(stories: dict[int, tuple[Path, Story]]) -> None:
    forbidden = _forbidden("en")
    for root, _ in stories.values():
        for line in _lines(root, "feedback"):
            read = parse(line)
            if read.payload is not None and "text" in read.payload:
                said = fold(f"{read.payload.get('title', '')} {read.payload['text']}").split()
                for start in range(len(said) - 3):
                    node = forbidden
                    for word in said[start : start + 4]:
                        node = node.get(word)
                        if node is None:
                            break
                    assert node is None, " ".join(said[start : start + 4])


def test_the_same_seed_writes_the_same_bytes(stories: dict[int, tuple[Path, Story]], tmp_path: Path) -> None:
    root, _ = stories[7]
    generate(7, str(tmp_path))
    assert _digest(tmp_path) == _digest(root)


def test_other_seeds_have_other_products_days_sizes_and_wordings(stories: dict[int, tuple[Path, Story]]) -> None:
    truths = [story.truth for _, story in stories.values()]
    assert len({truth.first_day for truth in truths}) == len(truths)
    for number in range(8):
        planted = [truth.planted[number] for truth in truths]
        assert len({(p.product, p.first_day, len(p.event_ids)) for p in planted}) == len(truths)
    texts = [{json.loads(x)["payload"]["text"] for x in _lines(root, "feedback") if parse(x).problem is None}
             for root, _ in stories.values()]  # fmt: skip
    assert len(texts[0] & texts[1]) < 0.4 * len(texts[0])


def test_a_story_has_eight_problems_of_the_promised_size_and_time(stories: dict[int, tuple[Path, Story]]) -> None:
    for _, story in stories.values():
        truth = story.truth
        assert 5_400 < story.items < 6_950
        assert (story.last_day - story.first_day).days == 29
        kinds = {p.kind: p for p in truth.planted}
        assert tuple(kinds) == KINDS
        of_the_shop = {kind for kind, problem in kinds.items() if problem.product is None}
        assert of_the_shop == {"payment_regression", "carrier_delay", "account_lockout"}
        assert len({p.product for p in truth.planted if p.product}) == 5
        for problem in truth.planted:
            counts = problem.details["counts"]
            start = (date.fromisoformat(problem.first_day) - story.first_day).days
            assert 25 <= sum(counts) <= 120 and start >= 8 and sum(counts[:start]) == 0
            assert sum(count >= 3 for count in counts) >= 3, problem.kind


def test_a_fixed_problem_falls_back(stories: dict[int, tuple[Path, Story]]) -> None:
    fixed = [(s, p) for _, s in stories.values() for p in s.truth.planted if p.fixed_day]
    assert fixed
    for story, problem in fixed:
        counts, day = problem.details["counts"], (date.fromisoformat(problem.fixed_day or "") - story.first_day).days
        assert sum(counts[day:]) < 0.2 * sum(counts) and sum(counts[day + 3 :]) == 0


def test_most_items_are_no_complaint_and_languages_and_channels_are_mixed(
    stories: dict[int, tuple[Path, Story]],
) -> None:
    for root, story in stories.values():
        labels = collections.Counter(story.truth.labels.values())
        assert 0.53 < labels["no_issue"] / story.items < 0.68
        channels = collections.Counter(read.channel for x in _lines(root, "feedback") if (read := parse(x)).channel)
        assert sum(count > 100 for count in channels.values()) >= 7
        regions = collections.Counter(
            (read.payload or {}).get("region") for x in _lines(root, "feedback") if (read := parse(x)).problem is None
        )
        english = sum(regions[name] for name in ("GB", "US", "IE"))
        assert 0.48 < english / story.items < 0.62


def test_mishaps_are_there_and_each_event_lies_on_its_own_day(stories: dict[int, tuple[Path, Story]]) -> None:
    for root, story in stories.values():
        seen: collections.Counter[str] = collections.Counter()
        ids: collections.Counter[str] = collections.Counter()
        for path in root.glob("feedback/*/*.jsonl"):
            day = date.fromisoformat(path.parent.name.removeprefix("day="))
            for line in path.read_bytes().splitlines():
                read = parse(line)
                if read.problem is not None or read.event_id is None:
                    seen["broken"] += 1
                    continue
                ids[read.event_id] += 1
                if read.occurred_at is None:
                    assert read.filed_because
                    seen["undated"] += 1
                    continue
                assert read.occurred_at.date() == day and read.received_at is not None
                assert story.first_day <= day <= story.last_day
                seen["late"] += read.received_at.date() > day
                seen["mirror"] += bool((read.payload or {}).get("mirror_of"))
        assert seen["broken"] >= 10 and seen["undated"] >= 5 and seen["late"] >= 60 and seen["mirror"] >= 25
        assert sum(count > 1 for count in ids.values()) >= 40
        kinds = {decoy.kind: len(decoy.event_ids) for decoy in story.truth.decoys}
        assert 30 <= kinds["campaign"] <= 60 and kinds["injection"] >= 10 and kinds["abuse"] >= 10


def test_personal_values_of_every_kind_stand_in_every_language(stories: dict[int, tuple[Path, Story]]) -> None:
    for root, story in stories.values():
        language = {"GB": "en", "US": "en", "IE": "en", "DE": "de", "AT": "de", "ES": "es", "MX": "es", "FR": "fr",
                    "BE": "fr", "PT": "pt", "BR": "pt"}  # fmt: skip
        raw = {read.event_id: read for x in _lines(root, "feedback") if (read := parse(x)).event_id}
        found: dict[str, set[str]] = collections.defaultdict(set)
        for value in story.truth.values:
            payload = raw[value.event_id].payload or {}
            assert any(value.value in str(field) for field in payload.values())
            found[value.kind].add(language[payload.get("region", "GB")])
        for kind in ("name", "email", "phone", "card", "address", "order"):
            assert found[kind] == set(vocabulary.LANGUAGES), kind
        assert len(found["iban"]) >= 4


def test_orders_rise_with_the_season_and_complaints_in_proportion(stories: dict[int, tuple[Path, Story]]) -> None:
    for root, story in stories.values():
        season = next(decoy for decoy in story.truth.decoys if decoy.kind == "season")
        days = collections.Counter(
            path.parent.name for path in root.glob("commerce/*/*.jsonl") for x in path.read_bytes().splitlines()
            if b'"type":"order"' in x
        )  # fmt: skip
        busiest = sorted(days.values())[-7:]
        assert sum(busiest) / 7 > 1.35 * sum(days.values()) / 30
        assert len(season.event_ids) > 60


def test_the_truth_is_read_back_as_it_was_written(stories: dict[int, tuple[Path, Story]]) -> None:
    for _, story in stories.values():
        again = load(story.truth_path)
        assert again.values == story.truth.values
        assert [p.event_ids for p in again.planted] == [p.event_ids for p in story.truth.planted]
