"""How to reach an object store: one set of options, in the terms each client that opens it understands.

The options are those of delta-rs (`aws_access_key_id`, `azure_storage_account_name`, …), in any case, with or without
the provider's prefix. What is not given, the provider's own client finds: a profile, a role of the machine.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlparse

_PREFIXES = ("aws_", "azure_storage_", "azure_", "google_")
_S3 = ("s3", "s3a")


def plain(options: dict[str, str]) -> dict[str, str]:
    """The options in lower case, without the prefix of the provider."""
    found: dict[str, str] = {}
    for name, value in options.items():
        key = name.lower()
        for prefix in _PREFIXES:
            key = key.removeprefix(prefix)
        found[key] = value
    return found


def endpoint(options: dict[str, str]) -> str | None:
    """The endpoint that is named, None for the provider's own."""
    told = plain(options)
    return told.get("endpoint_url") or told.get("endpoint") or None


def delta_options(url: str, options: dict[str, str]) -> dict[str, str]:
    """The options for delta-rs.

    A commit is a PUT that the store itself refuses when the version is there already: without that, two writers of
    the same version would both believe they had made it. S3 has it since 2024, as MinIO, R2 and Ceph do.
    """
    if urlparse(url).scheme not in _S3:
        return {name: value for name, value in options.items() if not name.lower().startswith("aws_")}
    told = plain(options)
    safe = {} if {"conditional_put", "s3_allow_unsafe_rename"} & set(told) else {"aws_conditional_put": "etag"}
    # An endpoint without TLS was asked for by name.
    http = {"aws_allow_http": "true"} if (endpoint(options) or "").startswith("http://") else {}
    return {**safe, **http, **options}


def file_system(url: str, options: dict[str, str]) -> tuple[Any, str]:
    """The fsspec file system of a path or URL, and the path in it.

    Raises:
        ImportError: The driver for this kind of URL is not installed; it names the package.
    """
    import fsspec

    found: tuple[Any, str] = fsspec.core.url_to_fs(url, **_fsspec_options(urlparse(url).scheme, options))
    return found


def _fsspec_options(scheme: str, options: dict[str, str]) -> dict[str, Any]:
    told = plain(options)
    if scheme in _S3:
        named = {
            "key": told.get("access_key_id"),
            "secret": told.get("secret_access_key"),
            "token": told.get("session_token") or told.get("token"),
            "endpoint_url": endpoint(options),
            "client_kwargs": {"region_name": told["region"]} if told.get("region") else None,
        }
    elif scheme in ("abfs", "abfss", "az"):
        named = {
            "account_name": told.get("account_name"),
            "account_key": told.get("account_key"),
            "sas_token": told.get("sas_key") or told.get("sas_token"),
        }
    else:
        named = {}
    return {name: value for name, value in named.items() if value}
