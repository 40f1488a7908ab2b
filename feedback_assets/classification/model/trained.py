"""The local model of the prompts folder: loaded where it was trained before or comes with the program, else trained.

Files and settings end here; how it is learned stands in `training.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from feedback_assets.classification.model import artefact, shipped
from feedback_assets.classification.model.encoder import ENCODER, check_installed
from feedback_assets.classification.model.examples import Example, load_examples
from feedback_assets.classification.model.features import LexiconEntries
from feedback_assets.classification.model.local_model import LocalModel
from feedback_assets.classification.model.out_of_field import OUT_OF_FIELD, load_out_of_field
from feedback_assets.classification.model.recipe import Recipe
from feedback_assets.classification.model.training import Progress, train, version_of
from feedback_assets.config.settings import Settings
from feedback_assets.config.taxonomy import load_taxonomy
from feedback_assets.config.thresholds import read_classification
from feedback_assets.config.word_files import VALENCE, load_valence, read_lexicon


def load_or_train(
    settings: Settings, corrections: Sequence[Example] | None = None, progress: Progress | None = None
) -> LocalModel:
    """The local model of the prompts folder: loaded when this very one was trained before, else trained and kept.

    The one that comes with the program counts as trained before.

    Raises:
        CallError: Taxonomy, lexicon, examples or texts out of the field are wrong; the message names file, line,
            field and the fix.
    """
    examples, recipe = to_learn(settings, corrections)
    folder = settings.models_dir / version_of(examples, recipe)
    if artefact.exists(folder) or shipped.install(folder.name, folder):
        return LocalModel.load(folder)
    if progress:
        progress(f"training the local model on {len(examples)} examples")
    model = train(examples, recipe)
    model.save(folder)
    return model


def confusion_of(settings: Settings, progress: Progress | None = None) -> dict[str, dict[str, int]]:
    """Out-of-fold confusion counts of the local model of the prompts folder; see `training_scores.confused`.

    An artefact trained before this was measured is trained once more: the same version gives the same model.
    """
    model = load_or_train(settings, progress=progress)
    if "confused" not in model.metadata:
        if progress:
            progress("training the local model once more, to measure what it confuses")
        model = train(*to_learn(settings))
        model.save(settings.models_dir / model.version)
    return model.metadata["confused"]


def version_to_train(settings: Settings) -> str:
    """The version that training on the prompts folder would give; nothing is trained."""
    return version_of(*to_learn(settings))


def ship(settings: Settings) -> str:
    """Train on the prompts folder anew and keep that as the model that comes with the program; says its version."""
    return shipped.build(*to_learn(settings))


def to_learn(settings: Settings, corrections: Sequence[Example] | None = None) -> tuple[list[Example], Recipe]:
    """What training on the prompts folder would learn from, and how.

    Raises:
        CallError: Taxonomy, lexicon or examples are wrong; the message names file, line, field and the fix.
        EncoderError: The thresholds ask a sentence encoder, which is not installed.
    """
    taxonomy = load_taxonomy(settings.prompts_dir / "taxonomy.yaml")
    lexicon = _lexicon(settings.prompts_dir / "lexicon.yaml")
    examples = [*load_examples(settings.prompts_dir / "examples", taxonomy), *(corrections or ())]
    others = load_out_of_field(settings.prompts_dir / OUT_OF_FIELD)
    valence = load_valence(settings.prompts_dir / VALENCE, taxonomy.languages)
    encoder = _encoder(settings.prompts_dir / "thresholds.yaml")
    return examples, Recipe.of(taxonomy, lexicon, 2, others, valence, encoder)


def _encoder(path: Path) -> str | None:
    """Name and version of the encoder that the thresholds ask; None where they ask none, or are not there."""
    if not path.is_file() or read_classification(path)[1].encoder == "none":
        return None
    check_installed()
    return ENCODER


def _lexicon(path: Path) -> LexiconEntries | None:
    """The concepts of the lexicon file; None where a kept version set has none."""
    return read_lexicon(path)[1].entries if path.is_file() else None
