"""Rewrites an artefact of the time when it was a pickle (`model.joblib`), so that old days keep their labels.

Only `feedback upgrade` comes here. No class that such a file names is made except those of arrays; the others become
plain records, so that today's classes may change.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, cast

import joblib.numpy_pickle  # pyright: ignore[reportMissingTypeStubs]
import numpy as np

from feedback_assets.classification.model import artefact
from feedback_assets.classification.model.artefact import ModelFileError
from feedback_assets.classification.model.blend import Linear
from feedback_assets.classification.model.calibration import Curve
from feedback_assets.classification.model.features import TextFeatures, View
from feedback_assets.classification.model.fields import Choice, Further
from feedback_assets.classification.model.local_model import Parts

_MODEL_FILE, _METADATA_FILE = "model.joblib", "metadata.json"
_OURS = "feedback_assets.classification."
# Of scikit-learn's objects only their attributes are wanted too, whichever version stored them.
_RECORDS = (_OURS, "sklearn.feature_extraction.")
_NUMBERS = {
    ("joblib.numpy_pickle", "NumpyArrayWrapper"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy", "float32"),
    ("numpy", "float64"),
    ("numpy._core.multiarray", "scalar"),
}
_Unpickler = cast("Any", joblib.numpy_pickle).NumpyUnpickler  # it has no stubs


class _Record:
    """An object as it was stored: its attributes and nothing else."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"an older artefact without {name}")


class _Reader(_Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module.startswith(_RECORDS):
            return name if name.islower() else _Record  # of a function its name says enough
        if (module, name) not in _NUMBERS:
            raise UnpicklingError(f"it names {module}.{name}, which no artefact of ours does")
        return super().find_class(module, name)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def rewrite(folder: Path) -> None:
    """Write the artefact in today's form beside the older one, and remove that. The same texts get the same labels.

    Raises:
        ModelFileError: It cannot be read; nothing was changed.
    """
    path = folder / _MODEL_FILE
    if not artefact.exists(folder):
        try:
            metadata = json.loads((folder / _METADATA_FILE).read_text(encoding="utf-8"))
            with path.open("rb") as handle:
                parts = _parts(_Reader(str(path), handle, ensure_native_byte_order=False).load())
        except (OSError, ValueError, AttributeError, LookupError, TypeError, EOFError, UnpicklingError) as error:
            raise ModelFileError(f"{path}: cannot be read: {error}; remove it and train again") from error
        artefact.write(folder, parts, metadata)
    path.unlink()
    (folder / _METADATA_FILE).unlink(missing_ok=True)


def _parts(old: Any) -> Parts:
    choices = cast("Mapping[str, Any]", old.sub_labels)
    return Parts(
        features=_features(old.features._views),
        labels=tuple(old.labels),
        domains=dict(old.domains),
        category=_linear(old.category),
        lean=old.lean,
        curve=_curve(old.curve),
        sub_labels={name: _choice(choice) for name, choice in choices.items()},
        sentiment=None if old.sentiment is None else _choice(old.sentiment),
        urgency=None if old.urgency is None else _linear(old.urgency),
        further=None
        if old.further is None
        else Further(_linear(old.further.model), _curve(old.further.curve), float(old.further.least)),
    )


def _features(vectorizers: list[Any]) -> TextFeatures:
    views: list[View] = []
    lexicon = None
    for vectorizer in vectorizers:
        reader = vectorizer.analyzer
        if isinstance(reader, _Record):
            lexicon, reader = cast("Any", reader).entries, "concepts"
        terms = sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.__getitem__)
        name = "pieces" if reader == "char_wb" else reader
        views.append(View(name, tuple(terms), np.asarray(vectorizer._tfidf.idf_, dtype=np.float64)))
    return TextFeatures(tuple(views), lexicon)


def _linear(old: Any) -> Linear:
    return Linear(np.asarray(old.weights, dtype=np.float32), np.asarray(old.offset, dtype=np.float64))


def _curve(old: Any) -> Curve:
    return Curve(float(old.slope), float(old.shift))


def _choice(old: Any) -> Choice:
    return Choice(tuple(old.labels), _linear(old.model), float(old.least))
