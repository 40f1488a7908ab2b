"""The marker of a lake or of landing: a small object that proves which store answers.

An endpoint that answers anything at all with 200 reads as an empty store, and a missing bucket does too. So whoever
finds nothing reads the marker back first. What a marker says besides is the business of its owner.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlparse

from feedback_assets.errors import OutsideError
from feedback_assets.files import object_stores
from feedback_assets.files.whole_files import write_whole

# How much of a wrong answer is shown.
_SHOWN = 60


class StoreError(OutsideError):
    """A place does not answer as the store it should be; the message names it, its endpoint and the setting to fix."""


@dataclass(frozen=True)
class Marker:
    """The marker of one place.

    Attributes:
        root: A local path, or the URL of a folder in an object store.
        name: The marker's name below the root.
        setting: The setting that names the root.
        options: Storage options of an object store, as delta-rs names them; they may hold secrets.
    """

    root: str
    name: str
    setting: str
    options: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    @property
    def is_local(self) -> bool:
        """Whether the place is a folder of this machine."""
        return "://" not in self.root

    def read(self) -> bytes | None:
        """The marker's content, whatever it is; None only when the store itself says that the marker is missing.

        Raises:
            StoreError: The bucket is missing, the store refuses, or nothing answers.
            OSError: The disk refuses.
        """
        if self.is_local:
            try:
                return Path(self.root, self.name).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None
        files, path = self._open()
        try:
            return _get(files, path)
        except FileNotFoundError as error:
            if _is_missing_bucket(error):
                raise StoreError(f"{self.place()}: there is no such bucket; {self.fix()}") from error
            return None
        except object_stores.errors(self.root) as error:
            raise self.unreadable(error) from error

    def create(self, content: bytes) -> bool:
        """Write the marker if it is missing; False when it was there.

        Raises:
            StoreError: The store refuses or nothing answers.
            OSError: The disk refuses.
        """
        if self.is_local:
            if Path(self.root, self.name).exists():
                return False
            write_whole(Path(self.root, self.name), content.decode())
            return True
        files, path = self._open()
        try:
            files.pipe_file(path, content, mode="create")
        except FileExistsError:
            return False
        except object_stores.errors(self.root) as error:
            raise StoreError(f"{self.place()}: cannot be written: {_first_line(error)}; {self.fix()}") from error
        return True

    def replace(self, content: bytes) -> None:
        """Write the marker, whether it is there or not.

        Raises:
            StoreError: The store refuses or nothing answers.
            OSError: The disk refuses.
        """
        if self.is_local:
            write_whole(Path(self.root, self.name), content.decode())
            return
        files, path = self._open()
        try:
            files.pipe_file(path, content)
        except object_stores.errors(self.root) as error:
            raise StoreError(f"{self.place()}: cannot be written: {_first_line(error)}; {self.fix()}") from error

    def refuse_without_conditional_put(self, content: bytes) -> None:
        """Ask an object store to write a marker that is there only if it is missing, and raise unless it refuses.

        A commit of a table is such a request. A store that ignores the condition lets two writers make the same
        version, and one of the two is lost. A disk is not asked.

        Args:
            content: What the marker holds.

        Raises:
            StoreError: The store wrote it, refuses for another reason, or nothing answers.
        """
        if not self.is_local and self.create(content):
            raise StoreError(
                f"{self.place()}: ignores If-None-Match, so of two runs that commit at once one commit would be lost; "
                "use a store that honours conditional writes (Amazon S3, MinIO, R2 and Ceph do) and "
                f"{self.fix()}"
            )

    def wrong_content(self, content: bytes, noun: str) -> str:
        """What to say when something else than the marker came; `noun` is what it should be."""
        shown = content[:_SHOWN].decode("utf-8", "replace").strip()
        endpoint = self._endpoint()
        origin = f"{endpoint} answered {shown!r}" if endpoint else f"it holds {shown!r}"
        return f"{self.root}/{self.name}: is not {noun}: {origin}; {self.fix()}"

    def unreadable(self, error: Exception) -> StoreError:
        """What to raise when the store refuses to list or read, or does not answer."""
        return StoreError(f"{self.place()}: cannot be read: {_first_line(error)}; {self.fix()}")

    def lost_content(self) -> str:
        """What to say when the marker was written and is not there."""
        return f"{self.place()}: took the marker {self.name} and does not have it; {self.fix()}"

    def place(self) -> str:
        """The root, with the endpoint that is asked."""
        endpoint = self._endpoint()
        return f"{self.root} at {endpoint}" if endpoint else self.root

    def fix(self) -> str:
        """Which settings to correct."""
        if urlparse(self.root).scheme in object_stores.S3:
            return f"correct {self.setting}, or the endpoint in AWS_ENDPOINT_URL or FEEDBACK_STORAGE_OPTIONS"
        return f"correct {self.setting}" + ("" if self.is_local else " or FEEDBACK_STORAGE_OPTIONS")

    def _endpoint(self) -> str | None:
        return None if self.is_local else object_stores.endpoint(dict(self.options))

    def _open(self) -> tuple[Any, str]:
        files, path = object_stores.file_system(self.root, dict(self.options))
        return files, f"{path.rstrip('/')}/{self.name}"


def _get(files: Any, path: str) -> bytes:
    """The content of an object. S3 is asked for the object itself: its own words tell a missing one from a wrong host.

    Raises:
        FileNotFoundError: The store says that it is missing.
    """
    if "s3" not in files.protocol:
        return cast("bytes", files.cat_file(path))
    from fsspec.asyn import sync

    bucket, _, key = path.partition("/")
    answer = files.call_s3("get_object", Bucket=bucket, Key=key)
    body: Any = answer["Body"]
    return cast("bytes", sync(files.loop, body.read))


def _is_missing_bucket(error: FileNotFoundError) -> bool:
    response: Any = getattr(error.__cause__, "response", None)
    return response is not None and response.get("Error", {}).get("Code") != "NoSuchKey"


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__
