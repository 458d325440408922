"""Whole input, read to its end: for the backfill, the preview and `run --once`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from translator.errors import InputError
from translator.files.discover import STDIN, find_files
from translator.files.reading import read_lines
from translator.model import Span
from translator.pipeline.beside import BesideFiles
from translator.pipeline.sinks import Sink, Step
from translator.pipeline.translation import Translation


def wanted_files(
    patterns: Sequence[str], excluded: Sequence[Path] = (), exclude: Sequence[str] = ()
) -> list[str]:
    """The files that the patterns name, oldest first, and `-` for standard input as it is.

    Raises:
        InputError: There are no patterns, or one of them names nothing.
    """
    if not patterns:
        raise InputError("no input named", hint="give files, directories or globs, or - for standard input")
    files: list[str] = []
    for pattern in patterns:
        if pattern == STDIN:
            files.append(STDIN)
        elif not (found := find_files([pattern], excluded, exclude)):
            raise InputError("no such file", where=pattern, hint="check the path or the pattern")
        else:
            files.extend(str(path) for path in found)
    named = [file for file in dict.fromkeys(files) if file != STDIN]
    ordered = [str(path) for path in find_files(named)]
    return ([STDIN] if STDIN in files else []) + ordered


OnLines = Callable[[str, int], None]
"""Told of a file and how many lines of it have just been read."""

_FULL_SECONDS = 0.05


def hand_on(spans: Sequence[Span], sink: Sink, hopeless: Callable[[], bool]) -> None:
    """Gives many spans to a sink, trace by trace, no faster than it takes them.

    Args:
        spans: All spans.
        sink: Where they go.
        hopeless: Whether the sink will never take more, so that waiting is in vain.
    """
    traces: dict[str, list[Span]] = {}
    for span in spans:
        traces.setdefault(span.trace_id, []).append(span)
    waiting = threading.Event()
    for trace in traces.values():
        while sink.full and not hopeless():
            waiting.wait(_FULL_SECONDS)
        sink.put(trace, Step())
    sink.finish([], ended=True)


def read_all(
    files: Sequence[str],
    translation: Translation,
    max_line_bytes: int,
    on_lines: OnLines = lambda _file, _lines: None,
) -> list[Span]:
    """All spans of whole files.

    All events are held until the last file has been read, for lines of one trace may stand in
    several files.

    Args:
        files: Paths, and `-` for standard input.
        translation: What turns lines into spans.
        max_line_bytes: The longest line that is read.
        on_lines: Told of progress.
    """
    beside = BesideFiles()
    for file in files:
        for batch in read_lines(file, max_line_bytes):
            translation.feed(beside.add(batch), 0.0)
            on_lines(file, len(batch))
    return translation.drain(0.0)
