"""Opens files as text: compression, encoding and delimiter found by themselves, breaks in the stream survived.

Knows bytes and lines only; rows are made in `files.py`.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from charset_normalizer import from_bytes

Format = Literal["csv", "json", "jsonl", "parquet"]
_GZIP, _PARQUET, _ZIP = b"\x1f\x8b", b"PAR1", b"PK\x03\x04"
_BLOCK = 1 << 20
_SAMPLE = 1 << 18
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
# On short western text the detector takes one of several tables for Latin letters at random; Windows-1252 is what
# exports really use, unless what it makes of the bytes is not western text (as for Polish or Czech).
_LATIN_TABLES = ("cp125", "latin", "iso8859", "mac", "cp437", "cp85", "cp77", "cp86", "hp")
_NOT_LATIN = ("cp1251", "cp1253", "cp1255", "cp1256")
_WESTERN = 0.95
_WESTERN_MARKS = frozenset("àâäáãåæçéèêëíìîïñóòôöõøœßúùûüýÿÀÂÄÁÃÅÆÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØŒÚÙÛÜ’‘“”–—…€«»°£¡¿ºª•™®\xa0")
_ASCII_GONE = dict.fromkeys(range(128))
# Enough rows to see which delimiter is regular.
_DELIMITER_LINES = 200
_ASCII = bytes(range(128))
# The five places of the table that stand for nothing.
_NOT_IN_WINDOWS = frozenset({0x81, 0x8D, 0x8F, 0x90, 0x9D})
# A mostly UTF-8 file with a few stray bytes is UTF-8 with rows pasted from elsewhere; above this share it is not UTF-8.
_STRAY_SHARE = 0.1


class FileError(ValueError):
    """A file cannot be read as it was called for; the message names the file, the place and the fix."""


@dataclass(frozen=True)
class Encoding:
    """An encoding and what the choice rests on. `stray_bytes` are read as Windows-1252 and counted."""

    name: str
    why: str
    stray_bytes: int = 0
    warning: str = ""


class Opened(io.RawIOBase):
    """A file as a readable stream of plain bytes that remembers where, if anywhere, its compression broke."""

    def __init__(self, path: Path, on_bytes: Callable[[int], None] | None = None) -> None:
        """Open the file; `on_bytes` hears the position in the file as stored."""
        self._file = path.open("rb")
        self.compressed = self._file.peek(2)[:2] == _GZIP
        self._plain = gzip.GzipFile(fileobj=self._file) if self.compressed else self._file
        self._on_bytes = on_bytes
        self.broken = ""

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer; the end of what can be read is the end of the stream."""
        if self.broken:
            return 0
        try:
            got = self._plain.read1(len(buffer)) if self.compressed else self._file.read(len(buffer))
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            self.broken = f"the gzip stream breaks off: {error}"
            return 0
        buffer[: len(got)] = got
        if self._on_bytes is not None:
            self._on_bytes(self._file.tell())
        return len(got)

    def close(self) -> None:
        """Close the file below too."""
        if not self.closed:
            self._file.close()
        super().close()


def sniff_format(path: Path) -> tuple[Format | None, bool]:
    """The format that the first bytes show, and whether it is gzip; None when it is text of some kind.

    Raises:
        FileError: It is a spreadsheet or archive.
    """
    with Opened(path) as opened:
        compressed = opened.compressed
        start = opened.read(4) or b""
    if start == _PARQUET:
        return "parquet", compressed
    if start == _ZIP:
        raise FileError(f"{path}: this is a zip archive or an Excel workbook; unpack it, or save the sheet as CSV")
    return None, compressed


def sample_bytes(path: Path, size: int = _SAMPLE) -> bytes:
    """The first bytes, decompressed."""
    with io.BufferedReader(Opened(path)) as opened:
        return opened.read(size)


def find_encoding(path: Path, stated: str | None) -> Encoding:
    """The encoding of a text file, by stating, mark, validity, or likeness, having looked at the whole file.

    Raises:
        FileError: The stated encoding does not exist or does not fit; it names the line and what fits.
    """
    if stated is not None:
        return _stated(path, stated)
    start = sample_bytes(path)
    for mark, name in _MARKS:
        if start.startswith(mark):
            return Encoding(name, "byte order mark")
    if _looks_wide(start):
        little = start[1::2].count(0) >= start[::2].count(0)
        return Encoding("utf-16-le" if little else "utf-16-be", "every second byte is zero")
    bad, foreign = _utf8_census(path)
    if not bad:
        return Encoding("utf-8", "valid throughout")
    if bad <= foreign * _STRAY_SHARE:
        warning = f"{bad} bytes are not UTF-8 and were read as Windows-1252"
        return Encoding("utf-8", "nearly all valid", bad, warning)
    return _likely(path)


def _likely(path: Path) -> Encoding:
    """An encoding by likeness of the lines that are not plain ASCII."""
    with io.BufferedReader(Opened(path), _BLOCK) as opened:
        foreign: list[bytes] = []
        size = 0
        for line in opened:
            if not line.isascii():
                foreign.append(line[:2000])
                size += len(foreign[-1])
            if size > _SAMPLE:
                break
    sampled = b"".join(foreign)
    best = from_bytes(sampled).best()
    name = best.encoding if best is not None else "cp1252"
    if name not in _NOT_LATIN and name.startswith(_LATIN_TABLES) and _western_share(sampled) >= _WESTERN:
        name = "cp1252"
    return Encoding(name, "by likeness; state another with --encoding if the text below looks wrong")


def _western_share(sampled: bytes) -> float:
    """How much of what is not ASCII is a letter or mark of western European text, if it is Windows-1252."""
    marks = sampled.decode("cp1252", "replace").translate(_ASCII_GONE)
    return sum(mark in _WESTERN_MARKS for mark in marks) / max(len(marks), 1)


def _stated(path: Path, stated: str) -> Encoding:
    try:
        name = codecs.lookup(stated).name
    except LookupError as error:
        raise FileError(f"{path}: there is no encoding {stated!r}; write for example utf-8, cp1252, utf-16") from error
    if name == "utf-8":
        name = "utf-8-sig"
    reader = codecs.getincrementaldecoder(name)()
    line = 1
    with io.BufferedReader(Opened(path), _BLOCK) as opened:
        while block := opened.read(_BLOCK):
            try:
                line += reader.decode(block).count("\n")
            except UnicodeDecodeError as error:
                line += error.object[: error.start].count(b"\n")
                detected = find_encoding(path, None)
                raise FileError(
                    f"{path}:{line}: byte 0x{error.object[error.start]:02x} is not {stated}; "
                    f"leave out --encoding and it is read as {detected.name} ({detected.why})"
                ) from error
            except UnicodeError as error:
                raise FileError(f"{path}: is not {stated}: {error}; leave out --encoding") from error
    bad, foreign = _utf8_census(path) if not name.startswith("utf") else (1, 0)
    doubtful = foreign and not bad
    warning = f"the file is valid UTF-8, but was read as {stated} as stated; accents may look wrong" if doubtful else ""
    return Encoding(name, "stated", warning=warning)


def _looks_wide(start: bytes) -> bool:
    """Whether text has a zero in every second byte, as plain letters in UTF-16 have."""
    half = len(start) // 2
    return half > 1 and max(start[::2].count(0), start[1::2].count(0)) > 0.4 * half and b"\x00\x00\x00" not in start


def _utf8_census(path: Path) -> tuple[int, int]:
    """How many bytes of the whole file are not UTF-8, and how many are not ASCII."""
    bad = foreign = 0

    def count(error: UnicodeError) -> tuple[str, int]:
        nonlocal bad
        if not isinstance(error, UnicodeDecodeError):
            raise error
        bad += error.end - error.start
        return "", error.end

    codecs.register_error("feedback-count", count)
    reader = codecs.getincrementaldecoder("utf-8")(errors="feedback-count")
    with Opened(path) as opened, io.BufferedReader(opened, _BLOCK) as buffered:
        while block := buffered.read(_BLOCK):
            foreign += 0 if block.isascii() else len(block.translate(None, _ASCII))
            reader.decode(block)
        if not opened.broken:  # a character cut in two by the break is no fault of the encoding
            reader.decode(b"", final=True)
    return bad, foreign


def _read_as_windows(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    stray = error.object[error.start : error.end]
    return "".join(_WINDOWS.get(byte, chr(byte)) for byte in stray), error.end


_WINDOWS = {byte: bytes([byte]).decode("cp1252") for byte in range(128, 256) if byte not in _NOT_IN_WINDOWS}
# How text is decoded everywhere here: a stray byte becomes the Windows-1252 character it most likely was.
STRAY = "feedback-stray"
codecs.register_error(STRAY, _read_as_windows)


def text_lines(stream: io.RawIOBase, encoding: str) -> Iterator[str]:
    """Lines of text with their own line ends, whatever these are."""
    yield from io.TextIOWrapper(io.BufferedReader(stream, _BLOCK), encoding=encoding, errors=STRAY, newline="")


def byte_lines(stream: io.RawIOBase, encoding: str) -> Iterator[bytes]:
    """Lines as they are when the encoding is UTF-8, else written anew as UTF-8; split at line feeds only."""
    if encoding in {"utf-8", "utf-8-sig"}:
        buffered = io.BufferedReader(stream, _BLOCK)
        if buffered.peek(3).startswith(codecs.BOM_UTF8):
            buffered.read(3)
        yield from buffered
        return
    wide = io.TextIOWrapper(io.BufferedReader(stream, _BLOCK), encoding=encoding, errors=STRAY, newline="\n")
    for line in wide:
        yield line.encode("utf-8", "surrogatepass")


def find_delimiter(sample: str) -> str:
    """The delimiter that cuts most sampled rows into as many fields as the header, and into the most.

    A comma when nothing cuts: the file has one column.
    """
    lines = sample.splitlines(keepends=True)[:_DELIMITER_LINES]
    best, best_score = ",", (0.0, 0)
    for candidate in DELIMITERS.values():
        try:
            rows = [row for row in csv.reader(lines, delimiter=candidate) if row]
        except csv.Error:
            continue
        width = len(rows[0]) if rows else 0
        if width > 1:
            score = (round(sum(len(row) == width for row in rows) / len(rows), 1), width)
            best, best_score = (candidate, score) if score > best_score else (best, best_score)
    return best


def delimiter_of(stated: str) -> str:
    """A delimiter as stated: the character itself or its name.

    Raises:
        FileError: It is neither.
    """
    delimiter = DELIMITERS.get(stated.lower(), stated.replace("\\t", "\t"))
    if len(delimiter) != 1:
        raise FileError(f"--delimiter {stated!r}: must be one character, or {', '.join(DELIMITERS)}")
    return delimiter
