"""Whole input, read to its end, for the preview."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from translator.errors import InputError
from translator.files.discover import STDIN, find_files, none_found
from translator.files.reading import read_lines
from translator.files.remote import find_objects, is_remote
from translator.model import Span
from translator.pipeline.beside import BesideFiles
from translator.pipeline.translation import Translation


def wanted_files(
    patterns: Sequence[str], excluded: Sequence[Path] = (), exclude: Sequence[str] = ()
) -> list[str]:
    """The files that the patterns name, oldest first, and `-` for standard input as it is.

    Raises:
        InputError: There are no patterns, one of them names nothing, or something cannot be looked at.
    """
    if not patterns:
        raise InputError("no input named", hint="give files, directories or globs, or - for standard input")
    files: list[str] = []
    objects: list[str] = []
    for pattern in patterns:
        if pattern == STDIN:
            files.append(STDIN)
        elif is_remote(pattern):
            objects += [found.name for found in find_objects(pattern, exclude)]
        elif not (found := find_files([pattern], excluded, exclude)):
            raise none_found(pattern)
        else:
            files.extend(str(path) for path in found)
    named = [file for file in dict.fromkeys(files) if file != STDIN]
    ordered = [str(path) for path in find_files(named)]
    return ([STDIN] if STDIN in files else []) + ordered + list(dict.fromkeys(objects))


def read_all(
    files: Sequence[str],
    translation: Translation,
    max_line_bytes: int,
    on_damaged: Callable[[InputError], None],
) -> list[Span]:
    """All spans of whole files.

    All events are held until the last file has been read, for lines of one trace may stand in
    several files.

    Args:
        files: Paths, and `-` for standard input.
        translation: What turns lines into spans.
        max_line_bytes: The longest line that is read.
        on_damaged: Told of a file that cannot be read, or not further.
    """
    beside = BesideFiles()
    for file in files:
        try:
            for batch in read_lines(file, max_line_bytes):
                translation.feed(beside.add(batch), 0.0)
        except InputError as error:
            on_damaged(error)
    return translation.drain(0.0)
