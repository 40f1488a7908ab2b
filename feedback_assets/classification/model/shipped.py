"""The model that comes with the program: trained on the packaged prompts, so that a first run need not train.

`make model` builds it. It is used where the prompts folder in use would give the same version, and nowhere else.
"""

from __future__ import annotations

from pathlib import Path

from feedback_assets.classification.model import artefact
from feedback_assets.classification.model.examples import Example
from feedback_assets.classification.model.recipe import Recipe
from feedback_assets.classification.model.training import train

SHIPPED = Path(__file__).parent / "shipped"


def install(version: str, folder: Path) -> bool:
    """Copy the model that comes with the program to where models are kept, if it is of this version; says whether.

    A copy, since days labelled by it need it also when a later program brings another.

    Raises:
        ModelFileError: What came with the program is damaged.
    """
    if not artefact.exists(SHIPPED) or artefact.metadata_of(SHIPPED)["version"] != version:
        return False
    artefact.copy(SHIPPED, folder)
    return True


def build(examples: list[Example], recipe: Recipe, folder: Path = SHIPPED) -> str:
    """Train on these examples anew, whatever was trained before, and keep that as what ships; returns its version."""
    model = train(examples, recipe)
    model.save(folder)
    return model.version
