"""Where issues stand: the same concept in every language, themes learned from examples alone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from feedback_assets.clusters.embedding import DIMENSIONS, ConceptEmbedding, Issue
from feedback_assets.text import content_words
from feedback_assets_tests.clusters.story import EMBEDDING, EXAMPLES, LEXICON


def near(one: Issue, other: Issue) -> float:
    vectors = EMBEDDING.vectors([one, other])
    return float(vectors[0] @ vectors[1])


def issue(text: str, language: str = "en", category: str = "sizing_fit", label: str | None = None) -> Issue:
    return Issue(text, language, category, label)


def test_vectors_are_of_length_one_and_small() -> None:
    vectors = EMBEDDING.vectors([issue("too tight"), issue(""), issue("xyz", category="unheard_of", label="new")])
    assert vectors.shape == (3, DIMENSIONS)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_another_language_is_nearer_than_another_problem() -> None:
    assert near(issue("too tight"), issue("viel zu eng", "de")) > 0.5 > near(issue("too tight"), issue("too wide"))


def test_a_missing_sub_label_is_suggested_by_the_words() -> None:
    assert EMBEDDING.theme(issue("so tight and narrow")) == "runs_small"
    assert EMBEDDING.theme(issue("qwerty")) is None


def test_ignored_concepts_place_nothing() -> None:
    assert EMBEDDING.concepts(issue("really tight")) == ("too_tight",)


def test_the_version_changes_with_the_examples_and_only_then() -> None:
    again = ConceptEmbedding.fit(LEXICON, EXAMPLES, frozenset({"really"}))
    other = ConceptEmbedding.fit(LEXICON, EXAMPLES[:-1], frozenset({"really"}))
    assert again.version == EMBEDDING.version != other.version
    assert np.array_equal(again.vectors([issue("too tight")]), EMBEDDING.vectors([issue("too tight")]))


def test_function_words_numbers_and_placeholders_are_no_content() -> None:
    assert content_words("The <PERSON> zipper of my order 1234 ist nicht [email] gut") == ["zipper"]


def test_a_broken_example_is_named_by_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "examples").mkdir()
    (tmp_path / "lexicon.yaml").write_text("late: {en: [late]}", encoding="utf-8")
    (tmp_path / "examples" / "en.jsonl").write_text(json.dumps(EXAMPLES[0]) + "\n{oops\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"en\.jsonl: line 2: not JSON"):
        ConceptEmbedding.load(tmp_path)
