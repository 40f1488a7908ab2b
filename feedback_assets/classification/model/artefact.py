"""The files of a trained model: `model.json` says everything but the long rows of numbers, which are in `model.npz`.

What a file must hold is said by the types of a dataclass, field by field, so a new part needs no code here: a field of
one of the types named at `write` is enough. Nothing in the files is ever run, and nothing here knows what a part means.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from feedback_assets.errors import CallError

JSON_FILE, ARRAYS_FILE = "model.json", "model.npz"
# Raised when the files themselves are laid out differently; a part more or less is told by its name.
_FORMAT = 1
# Five bits move no label of 3,500 texts either, six leave room.
_STEPS_IN_BITS = 6
Arrays = dict[str, NDArray[Any]]
Part = TypeVar("Part")


class ModelFileError(CallError):
    """An artefact cannot be used; the message names the file and the fix."""


class _WrongPartError(ValueError):
    """What is stored is not what the type says."""

    def __init__(self, where: str, found: str) -> None:
        super().__init__(f"field {where}: {found}")


def exists(folder: Path) -> bool:
    """Whether a whole artefact is there."""
    return (folder / JSON_FILE).is_file()  # written last


def write(folder: Path, parts: object, metadata: Mapping[str, Any]) -> None:
    """Write an artefact. A reader sees all of it, or an error that says it is not whole.

    Args:
        folder: Where; it is made.
        parts: A dataclass of text, numbers, arrays of numbers, dataclasses, tuples of one type, mappings by name,
            and None where the type says so.
        metadata: What JSON can hold.
    """
    arrays: Arrays = {}
    content = _stored(parts, "", arrays)
    packed = io.BytesIO()
    np.savez_compressed(packed, allow_pickle=False, **{name: _smallest(array) for name, array in arrays.items()})
    described = {
        "format": _FORMAT,
        "arrays_sha256": hashlib.sha256(packed.getvalue()).hexdigest(),
        "metadata": metadata,
        "parts": content,
    }
    text = json.dumps(described, ensure_ascii=False, allow_nan=False) + "\n"
    _write_both(folder, text.encode(), packed.getvalue())


def copy(source: Path, folder: Path) -> None:
    """Copy an artefact; a reader sees all of it, or an error that says it is not whole."""
    _write_both(folder, (source / JSON_FILE).read_bytes(), (source / ARRAYS_FILE).read_bytes())


def metadata_of(folder: Path) -> dict[str, Any]:
    """The metadata of an artefact that is there; its parts are not looked at.

    Raises:
        ModelFileError: It cannot be read.
    """
    path = folder / JSON_FILE
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))["metadata"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelFileError(f"{path}: cannot be read: {error!r}; {_again(folder)} again") from error


def read(folder: Path, kind: type[Part]) -> tuple[Part, dict[str, Any]]:
    """The parts and the metadata of an artefact.

    Raises:
        ModelFileError: There is none, it is not whole, or it holds other parts than this code knows.
    """
    path, numbers = folder / JSON_FILE, folder / ARRAYS_FILE
    again = _again(folder)
    if not path.is_file():
        raise ModelFileError(f"{path}: no such artefact; {again} first")
    try:
        described = json.loads(path.read_text(encoding="utf-8"))
        if described["format"] != _FORMAT:
            raise ModelFileError(f"{path}: field format: {described['format']!r} is not {_FORMAT}; {again} again")
        packed = numbers.read_bytes()
        if hashlib.sha256(packed).hexdigest() != described["arrays_sha256"]:
            raise ModelFileError(f"{numbers}: is not the file that {path.name} was written with; {again} again")
        with np.load(io.BytesIO(packed), allow_pickle=False) as stored:
            arrays: Arrays = {name: stored[name] for name in stored.files}
        return cast("Part", _part(kind, described["parts"], "parts", arrays)), dict(described["metadata"])
    except _WrongPartError as error:
        raise ModelFileError(f"{path}: {error}; {again} again") from error
    except (OSError, ValueError, KeyError, TypeError, BadZipFile) as error:
        raise ModelFileError(f"{path}: cannot be read: {error!r}; {again} again") from error


def _again(folder: Path) -> str:
    return f"run `feedback train --output {folder}`"


def _write_both(folder: Path, text: bytes, numbers: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    # Two processes may train the same version at once; each writes its own and the last one stands.
    with TemporaryDirectory(dir=folder, prefix=".") as aside:
        for name, content in ((ARRAYS_FILE, numbers), (JSON_FILE, text)):
            (Path(aside) / name).write_bytes(content)
        for name in (ARRAYS_FILE, JSON_FILE):
            (Path(aside) / name).replace(folder / name)


def rounded(part: Part) -> Part:
    """The same with the numbers of every float32 array rounded to 64 steps of their usual size, and to float16.

    Labels stay the same, confidence by 0.001, and what is written is a third of the size. It also takes away what
    another machine's arithmetic makes of the last digits. An array that float16 cannot hold stays as it is.
    """
    return cast("Part", _rounded(part))


def _rounded(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        array = cast("NDArray[Any]", value)
        return _round_array(array) if array.dtype == np.float32 else array
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _rounded(getattr(value, field.name)) for field in fields(value)})
    if isinstance(value, tuple):
        return tuple(_rounded(item) for item in cast("tuple[Any, ...]", value))
    if isinstance(value, Mapping):
        return {name: _rounded(item) for name, item in cast("Mapping[str, Any]", value).items()}
    return value


def _round_array(array: NDArray[np.float32]) -> NDArray[np.float32]:
    filled = array[array != 0].astype(np.float64)
    if not filled.size:
        return array
    # A power of two, so that the steps themselves are exact.
    step = np.float32(2.0 ** (np.floor(np.log2(np.sqrt((filled**2).mean()))) - _STEPS_IN_BITS))
    with np.errstate(over="ignore"):
        half = (np.round(array / step) * step).astype(np.float16)
    return half.astype(np.float32) if np.isfinite(half).all() else array


def _smallest(array: NDArray[Any]) -> NDArray[Any]:
    """The array in float16 where that loses nothing."""
    if array.dtype != np.float32:
        return array
    with np.errstate(over="ignore"):
        half = array.astype(np.float16)
    return half if np.array_equal(half.astype(np.float32), array) else array


def _stored(value: Any, name: str, arrays: Arrays) -> Any:
    """What JSON holds for a value; of an array its name."""
    if isinstance(value, np.ndarray):
        arrays[name] = cast("NDArray[Any]", value)
        return name
    if is_dataclass(value):
        return {
            field.name: _stored(getattr(value, field.name), f"{name}.{field.name}".lstrip("."), arrays)
            for field in fields(value)
        }
    if isinstance(value, Mapping):
        named = cast("Mapping[str, Any]", value)
        return {key: _stored(item, f"{name}.{key}", arrays) for key, item in named.items()}
    if isinstance(value, tuple | list):
        items = cast("Sequence[Any]", value)
        return [_stored(item, f"{name}.{place}", arrays) for place, item in enumerate(items)]
    return value


def _part(kind: Any, value: Any, where: str, arrays: Arrays) -> Any:
    """The value that JSON holds, as its type says."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        known = [option for option in inner if option is not type(None)]
        return None if value is None and len(known) < len(inner) else _part(known[0], value, where, arrays)
    if origin is np.ndarray:
        if not isinstance(value, str) or value not in arrays:
            raise _WrongPartError(where, f"no array {value!r} in {ARRAYS_FILE}")
        return arrays[value].astype(get_args(inner[1])[0])
    if is_dataclass(kind):
        return _dataclass(cast("type[Any]", kind), _checked(value, dict, where), where, arrays)
    if origin is tuple:
        return tuple(
            _part(inner[0], item, f"{where}[{n}]", arrays) for n, item in enumerate(_checked(value, list, where))
        )
    if origin is not None and issubclass(origin, Mapping):
        named = _checked(value, dict, where)
        return {key: _part(inner[1], item, f"{where}.{key}", arrays) for key, item in named.items()}
    if origin is not None and issubclass(origin, Sequence):
        items = cast("list[Any]", value)
        if inner[0] is str and isinstance(value, list) and set(map(type, items)) == {str}:
            return items  # a vocabulary of some hundred thousand words need not be looked at one by one
        return [_part(inner[0], item, f"{where}[{n}]", arrays) for n, item in enumerate(_checked(value, list, where))]
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return _checked(value, kind, where)


def _dataclass(kind: type[Any], value: dict[str, Any], where: str, arrays: Arrays) -> Any:
    types = get_type_hints(kind)
    known = {field.name: field for field in fields(kind)}
    unknown = sorted(set(value) - set(known))
    if unknown:
        raise _WrongPartError(where, f"holds {', '.join(unknown)}, which this code does not know")
    lacking = [
        name
        for name, field in known.items()
        if name not in value and field.default is MISSING and field.default_factory is MISSING
    ]
    if lacking:
        raise _WrongPartError(where, f"lacks {', '.join(lacking)}")
    return kind(**{name: _part(types[name], item, f"{where}.{name}", arrays) for name, item in value.items()})


def _checked(value: Any, kind: Any, where: str) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise _WrongPartError(where, f"{str(value)[:40]!r} is no {kind.__name__}")
    return value
