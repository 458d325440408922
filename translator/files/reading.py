"""Whole files to lines, also compressed ones."""

from __future__ import annotations

from collections.abc import Iterator

from translator.files.compressed import DAMAGED, is_damage
from translator.files.inputs import content_of
from translator.files.lines import MAX_LINE_BYTES
from translator.files.names import source_of
from translator.files.problems import unreadable
from translator.files.stream import LineStream
from translator.model import Line


def read_lines(path: str, max_line_bytes: int = MAX_LINE_BYTES) -> Iterator[list[Line]]:
    """The lines of a whole file, or of standard input for `-`, in batches.

    Compressed files (gzip, bzip2, xz, zstd, by their first bytes) are read as what they hold, and
    lines of container engines as what the containers wrote.

    Raises:
        InputError: The file cannot be read, or is damaged; what came before has been handed out.
    """
    failure: Exception | None = None
    stream = LineStream(source_of(path), max_line_bytes)
    try:
        for chunk in content_of(path):
            yield stream.feed(chunk)
    except DAMAGED as error:
        failure = error
    if failure is None or is_damage(failure):
        yield stream.finish()
    if failure is not None:
        raise unreadable(path, failure) from failure
