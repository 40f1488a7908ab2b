"""How to reach an object store: one set of options, in the terms each client that opens it understands.

The options are those of delta-rs (`aws_access_key_id`, `azure_storage_account_name`, …), in any case, with or without
the provider's prefix. What is not given, the provider's own client finds: a profile, a role of the machine.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from importlib import import_module
from typing import Any, cast
from urllib.parse import urlparse

from feedback_assets.errors import CallError

_PREFIXES = ("aws_", "azure_storage_", "azure_", "google_")
S3 = ("s3", "s3a")
AZURE = ("abfs", "abfss", "az")
GOOGLE = ("gs", "gcs")
# `file` and `memory` are fsspec's own, for a disk named by URL and for tests.
SCHEMES = (*S3, *AZURE, *GOOGLE, "file", "memory")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]+):/")


class StoreUrlError(CallError):
    """A path or URL of landing or the lake is written wrongly; the message names it and the fix."""


def refuse_unknown_scheme(url: str) -> None:
    """Raise unless it is a local path or a URL of a known scheme: a mistyped one would read as empty.

    Raises:
        StoreUrlError: It is neither.
    """
    match = _SCHEME.match(url)
    if match is None:
        return
    known = ", ".join(f"{scheme}://" for scheme in SCHEMES if scheme != "memory")
    if match[1] not in SCHEMES:
        near = get_close_matches(match[1].lower(), SCHEMES, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}://? " if near else ""
        raise StoreUrlError(f"{url}: unknown scheme {match[1]!r}; {hint}write a local path or a URL of {known}")
    if not url.startswith(f"{match[1]}://"):
        raise StoreUrlError(f"{url}: a URL has two slashes behind the scheme; write {match[1]}://…")


def errors(url: str) -> tuple[type[Exception], ...]:
    """What the fsspec driver of a URL raises when the store refuses or does not answer."""
    scheme = urlparse(url).scheme
    if scheme in S3:
        from botocore.exceptions import BotoCoreError, ClientError

        return (OSError, BotoCoreError, ClientError)
    if scheme in AZURE:
        # Comes with adlfs, which only those on Azure install.
        azure: Any = import_module("azure.core.exceptions")
        return (OSError, cast("type[Exception]", azure.AzureError))
    return (OSError,)


def plain(options: dict[str, str]) -> dict[str, str]:
    """The options in lower case, without the prefix of the provider."""
    result: dict[str, str] = {}
    for name, value in options.items():
        key = name.lower()
        for prefix in _PREFIXES:
            key = key.removeprefix(prefix)
        result[key] = value
    return result


def endpoint(options: dict[str, str]) -> str | None:
    """The endpoint that is named, None for the provider's own."""
    given = plain(options)
    return given.get("endpoint_url") or given.get("endpoint") or None


def delta_options(url: str, options: dict[str, str]) -> dict[str, str]:
    """The options for delta-rs.

    A commit is a PUT that the store itself refuses when the version is there already: without that, two writers of
    the same version would both believe they had made it. S3 has it since 2024, as MinIO, R2 and Ceph do.
    """
    if urlparse(url).scheme not in S3:
        return {name: value for name, value in options.items() if not name.lower().startswith("aws_")}
    given = plain(options)
    safe = {} if {"conditional_put", "s3_allow_unsafe_rename"} & set(given) else {"aws_conditional_put": "etag"}
    # An endpoint without TLS was asked for by name.
    http = {"aws_allow_http": "true"} if (endpoint(options) or "").startswith("http://") else {}
    return {**safe, **http, **options}


def file_system(url: str, options: dict[str, str]) -> tuple[Any, str]:
    """The fsspec file system of a path or URL, and the path in it.

    Raises:
        ImportError: The driver for this kind of URL is not installed; it names the package.
    """
    import fsspec

    return fsspec.core.url_to_fs(url, **_fsspec_options(urlparse(url).scheme, options))


def _fsspec_options(scheme: str, options: dict[str, str]) -> dict[str, Any]:
    given = plain(options)
    if scheme in S3:
        named = {
            "key": given.get("access_key_id"),
            "secret": given.get("secret_access_key"),
            "token": given.get("session_token") or given.get("token"),
            "endpoint_url": endpoint(options),
            "client_kwargs": {"region_name": given["region"]} if given.get("region") else None,
        }
    elif scheme in AZURE:
        named = {
            "account_name": given.get("account_name"),
            "account_key": given.get("account_key"),
            "sas_token": given.get("sas_key") or given.get("sas_token"),
        }
    else:
        named = {}
    return {name: value for name, value in named.items() if value}
