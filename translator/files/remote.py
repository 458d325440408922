"""Objects in the stores of clouds, read in place: through fsspec, which is there with an extra alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from importlib import import_module
from typing import Any

import msgspec

from translator.errors import InputError
from translator.files.access import ReadAt

EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs", "az": "azure", "abfs": "azure"}
"""By the begin of an address, the extra that is needed to read there."""

BLOCK_BYTES = 1024 * 1024
"""What is asked for at once."""

TRIES = 6
"""How often a block is asked for before it is given up; the rests between add up to half a minute."""

_FAULTS = (
    ("aiohttp", "ClientError"),
    ("botocore.exceptions", "BotoCoreError"),
    ("gcsfs.retry", "HttpError"),
    ("azure.core.exceptions", "AzureError"),
)
"""What the stores' own libraries raise besides OSError when a connection or a request fails."""

_NO_CREDENTIALS = frozenset(("NoCredentialsError", "PartialCredentialsError", "DefaultCredentialsError"))
_LASTING = (FileNotFoundError, PermissionError)


class Found(msgspec.Struct, frozen=True):
    """An object.

    Attributes:
        name: Its address.
        size: Its bytes as they are stored.
    """

    name: str
    size: int


def is_remote(name: str) -> bool:
    """Whether a path is the address of something that is no file here."""
    scheme, mark, _ = name.partition("://")
    return bool(mark) and scheme.isalnum()


def find_objects(pattern: str, exclude: Iterable[str] = ()) -> list[Found]:
    """The objects that an address names: one, all below it, or those that fit its `*`, `?` and `[…]`.

    Args:
        pattern: The address.
        exclude: Globs of names or whole addresses to leave out.

    Raises:
        InputError: The store cannot be reached or read, or nothing is there.
    """
    store, path = _store_of(pattern)
    with _Told(pattern):
        if any(mark in path for mark in "*?["):
            found: dict[str, Any] = store.glob(path, detail=True)
        else:
            found = store.find(path, detail=True)
    objects = [
        Found(store.unstrip_protocol(name), int(about["size"]))
        for name, about in sorted(found.items())
        if about.get("type") == "file" and about.get("size") and not _is_excluded(name, exclude)
    ]
    if not objects:
        raise InputError("no such object", where=pattern, hint="check the bucket, the path and the pattern")
    return objects


def read_object(name: str, size: int | None, sleep: Callable[[float], None] = time.sleep) -> ReadAt:
    """Reads an object in blocks; where a connection breaks, it is asked again for what is missing.

    Args:
        name: Its address.
        size: Its bytes; None to ask for them.
        sleep: Waits so many seconds.

    Raises:
        InputError: The store cannot be read, or not any more; also while reading.
    """
    store, path = _store_of(name)
    with _Told(name):
        length = int(store.info(path)["size"]) if size is None else size
    block = b""
    begin = 0

    def read_at(count: int, offset: int) -> bytes:
        nonlocal block, begin
        if not begin <= offset < begin + len(block):
            begin, block = offset, fetched(offset, min(offset + max(count, BLOCK_BYTES), length))
        return block[offset - begin : offset - begin + count]

    def fetched(start: int, end: int) -> bytes:
        got = b""
        tries = 0
        while start + len(got) < end:
            try:
                with _Told(name):
                    piece: bytes = store.cat_file(path, start=start + len(got), end=end)
            except _BrokenError as error:
                tries += 1
                if tries >= TRIES:
                    raise InputError(error.message, where=name, hint=error.hint) from error
                sleep(2.0**tries / 2)
                continue
            if not piece:
                raise InputError("is shorter than it was", where=name, hint="it has been written anew")
            got += piece
        return got

    return read_at


class _BrokenError(InputError):
    """What may pass when it is tried again."""


class _Told:
    """Turns what stores raise into messages for a person, naming the address."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        """Begins."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if error is None or isinstance(error, InputError):
            return
        said = f"{type(error).__name__}: {error}"
        if type(error).__name__ in _NO_CREDENTIALS or "credential" in said.lower():
            raise InputError(
                "there are no credentials for this store",
                where=self._name,
                hint="set them as its own command-line tool takes them, such as AWS_ACCESS_KEY_ID",
            ) from error
        if isinstance(error, FileNotFoundError):
            raise InputError(
                "no such bucket or object", where=self._name, hint="check the address"
            ) from error
        if isinstance(error, PermissionError):
            raise InputError(
                f"may not be read: {error}", where=self._name, hint="check the permissions of the credentials"
            ) from error
        if isinstance(error, ValueError):
            raise InputError(
                f"is no address: {error}", where=self._name, hint="such as s3://bucket/logs/*.jsonl.gz"
            ) from error
        if isinstance(error, (OSError, TimeoutError, *_faults())):
            raise _BrokenError(
                f"cannot be read: {said}", where=self._name, hint="check the connection, and run it again"
            ) from error


def _faults() -> list[type[Exception]]:
    found: list[type[Exception]] = []
    for module, name in _FAULTS:
        try:
            found.append(getattr(import_module(module), name))
        except ImportError:
            continue
    return found


def _store_of(name: str) -> tuple[Any, str]:
    """What reads the store, and the path in it."""
    scheme = name.partition("://")[0].lower()
    extra = EXTRAS.get(scheme)
    if extra is None:
        raise InputError(
            f"`{scheme}://` cannot be read",
            where=name,
            hint="these can: " + ", ".join(f"{one}://" for one in EXTRAS),
        )
    try:
        fsspec = import_module("fsspec")
        with _Told(name):
            # Each listing is made anew: what has come since the last one is there.
            store, path = fsspec.core.url_to_fs(name, use_listings_cache=False)
    except ImportError as error:
        raise InputError(
            f"`{scheme}://` cannot be read without an extra",
            where=name,
            hint=f"pip install 'log-to-span-translator[{extra}]'",
        ) from error
    return store, str(path)


def _is_excluded(path: str, exclude: Iterable[str]) -> bool:
    return any(
        fnmatchcase(path if "/" in pattern else path.rpartition("/")[2], pattern) for pattern in exclude
    )
