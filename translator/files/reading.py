"""Whole files to lines, also compressed ones."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from translator.errors import InputError
from translator.files.compressed import DAMAGED, MAGIC_BYTES, Decompressor, is_compressed
from translator.files.discover import STDIN
from translator.files.lines import MAX_LINE_BYTES
from translator.files.names import source_of
from translator.files.stream import LineStream
from translator.model import Line

CHUNK_BYTES = 1024 * 1024


def read_lines(path: str, max_line_bytes: int = MAX_LINE_BYTES) -> Iterator[list[Line]]:
    """The lines of a whole file, or of standard input for `-`, in batches.

    Compressed files (gzip, bzip2, xz, zstd, by their first bytes) are read as what they hold, and
    lines of container engines as what the containers wrote.

    Raises:
        InputError: The file cannot be read, or is damaged; what came before has been handed out.
    """
    stream = LineStream(source_of(path), max_line_bytes)
    try:
        for chunk in _chunks(path):
            yield stream.feed(chunk)
        yield stream.finish()
    except DAMAGED as error:
        raise InputError(
            f"cannot be read: {error.__class__.__name__}: {error}",
            where=path,
            hint="check the path, its permissions, and whether the file is complete",
        ) from error


def _chunks(path: str) -> Iterator[bytes]:
    if path == STDIN:
        while chunk := sys.stdin.buffer.read(CHUNK_BYTES):
            yield chunk
        return
    with Path(path).open("rb", buffering=0) as file:
        first = file.read(MAGIC_BYTES)
        if is_compressed(first):
            decompressor = Decompressor(first)
            while chunk := decompressor.read(file.fileno(), CHUNK_BYTES):
                yield chunk
            return
        yield first
        while chunk := os.read(file.fileno(), CHUNK_BYTES):
            yield chunk
