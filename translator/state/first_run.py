"""When a destination was first served: a file of its own, so that it outlives a damaged state.

Files that were written before are left alone, files written since are read from their begin. If the
time were lost with the state, lines that nobody has read would count as old.
"""

from __future__ import annotations

import math
import os
from contextlib import suppress
from pathlib import Path

import msgspec

from translator.errors import StateError

FIRST_RUN_FILE = "first_run.json"

STATE_HINT = "name a directory that can be written to with --state-dir"


class _Kept(msgspec.Struct):
    first_run: float


def open_directory(directory: Path) -> None:
    """Makes the state directory if it is missing; nobody else may look into it.

    Raises:
        StateError: It cannot be made.
    """
    try:
        directory.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise unusable(directory, error) from None


def load_first_run(directory: Path, now: float) -> float:
    """When this destination was first served, in Unix seconds; `now` is kept if this is the first time.

    Raises:
        StateError: The file can be neither read nor written.
    """
    path = directory / FIRST_RUN_FILE
    try:
        known = _read(path)
        if known is None:
            _write(path, now)
            return now
    except OSError as error:
        raise unusable(directory, error) from None
    return min(known, now)


def unusable(where: Path, error: OSError) -> StateError:
    """What to tell when the system refuses."""
    return StateError(
        f"the state cannot be kept: {error.strerror or error}", where=str(where), hint=STATE_HINT
    )


def sync_directory(directory: Path) -> None:
    """Makes sure that a new name in a directory is still there after a power cut."""
    opened = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _read(path: Path) -> float | None:
    """What the file says; when it was written where it is damaged; None where there is none."""
    try:
        with path.open("rb") as file:
            text = file.read(4_096)
            written = os.fstat(file.fileno()).st_mtime
    except FileNotFoundError:
        return None
    with suppress(msgspec.MsgspecError, RecursionError):
        kept = msgspec.json.decode(text, type=_Kept)
        if math.isfinite(kept.first_run) and kept.first_run > 0:
            return kept.first_run
    _write(path, written)
    return written


def _write(path: Path, first_run: float) -> None:
    """Writes the file so that at any instant it is there whole, or not at all."""
    draft = path.with_suffix(".tmp")
    with draft.open("wb") as file:
        file.write(msgspec.json.encode(_Kept(first_run)))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_directory(path.parent)
