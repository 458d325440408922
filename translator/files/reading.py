"""Whole files to lines, also compressed ones."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

import zstandard

from translator.errors import InputError
from translator.files.discover import STDIN
from translator.files.lines import MAX_LINE_BYTES, LineSplitter, numbered
from translator.model import Line

CHUNK_BYTES = 1024 * 1024

_DAMAGED = (EOFError, zlib.error, lzma.LZMAError, zstandard.ZstdError, OSError)


def open_plain(path: Path) -> IO[bytes]:
    """A file's content, decompressed where its first bytes say so (gzip, bzip2, xz, zstd)."""
    with path.open("rb") as file:
        magic = file.read(6)
    if magic.startswith(b"\x1f\x8b"):
        return cast("IO[bytes]", gzip.open(path, "rb"))
    if magic.startswith(b"BZh"):
        return bz2.open(path, "rb")
    if magic.startswith(b"\xfd7zXZ\0"):
        return lzma.open(path, "rb")
    if magic.startswith(b"\x28\xb5\x2f\xfd"):
        return cast("IO[bytes]", zstandard.open(path, "rb", dctx=zstandard.ZstdDecompressor()))
    return path.open("rb")


def read_lines(path: str, max_line_bytes: int = MAX_LINE_BYTES) -> Iterator[list[Line]]:
    """The lines of a whole file, or of standard input for `-`, in batches.

    Raises:
        InputError: The file cannot be read, or is damaged; what came before has been handed out.
    """
    splitter = LineSplitter(max_line_bytes)
    number = 0
    try:
        with _opened(path) as file:
            while chunk := file.read(CHUNK_BYTES):
                lines = splitter.feed(chunk)
                yield numbered(lines, path, number)
                number += len(lines)
        yield numbered(splitter.finish(), path, number)
    except _DAMAGED as error:
        raise InputError(
            f"cannot be read: {error.__class__.__name__}: {error}",
            where=path,
            hint="check the path, its permissions, and whether the file is complete",
        ) from error


def _opened(path: str) -> IO[bytes]:
    return sys.stdin.buffer if path == STDIN else open_plain(Path(path))
