"""Native pyarrow filesystems for the places a lake can be: a local path, s3://, gs://, abfss://.

Reading through delta-rs's own filesystem with threads aborts the process at exit now and then, so every read
goes through one of these. Nothing here knows Delta.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlparse

from feedback_assets.files import object_stores

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem


def open_folder(url: str, options: dict[str, str]) -> FileSystem:
    """A filesystem rooted at the folder.

    Args:
        url: A local path, or a URL of the schemes s3, s3a, gs, gcs, abfs, abfss.
        options: Storage options as deltalake takes them, with or without the prefix of the provider; what is
            not given comes from the environment as the provider's own client reads it.

    Raises:
        ValueError: The scheme is none of these.
    """
    from pyarrow.fs import LocalFileSystem, SubTreeFileSystem

    parts = urlparse(url)
    if "://" not in url:
        return SubTreeFileSystem(str(Path(url)), LocalFileSystem())
    plain = object_stores.plain(options)
    if parts.scheme == "file":
        return SubTreeFileSystem(parts.path, LocalFileSystem())
    if parts.scheme in ("s3", "s3a"):
        return SubTreeFileSystem(f"{parts.netloc}{parts.path}", _s3(plain))
    if parts.scheme in ("gs", "gcs"):
        from pyarrow.fs import GcsFileSystem

        return SubTreeFileSystem(f"{parts.netloc}{parts.path}", GcsFileSystem())
    if parts.scheme in ("abfs", "abfss"):
        container, _, host = parts.netloc.partition("@")
        return SubTreeFileSystem(f"{container}{parts.path}", _azure(plain, host.split(".")[0]))
    raise ValueError(f"{url}: a lake is a local path or a URL of s3, gs or abfss, not {parts.scheme}")


def _s3(options: dict[str, str]) -> FileSystem:
    from pyarrow.fs import S3FileSystem

    endpoint = object_stores.endpoint(options)
    scheme = urlparse(endpoint).scheme if endpoint else "https"
    return S3FileSystem(
        access_key=options.get("access_key_id"),
        secret_key=options.get("secret_access_key"),
        session_token=options.get("session_token") or options.get("token"),
        region=options.get("region"),
        endpoint_override=endpoint,
        scheme=scheme,
        # Arrow gives a store three seconds and one; a busy one takes longer now and then.
        request_timeout=60,
        connect_timeout=10,
    )


def _azure(options: dict[str, str], account: str) -> FileSystem:
    from pyarrow.fs import AzureFileSystem

    return AzureFileSystem(
        account_name=options.get("account_name") or account,
        account_key=options.get("account_key"),
        sas_token=options.get("sas_key") or options.get("sas_token"),
    )
