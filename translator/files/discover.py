"""Which files the patterns on the command line name."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

STDIN = "-"

COMPRESSED = frozenset((".gz", ".bz2", ".xz", ".zst"))

_NOT_LOGS = frozenset((
    ".sqlite", ".db", ".wal", ".shm", ".tar", ".zip", ".png", ".jpg", ".py", ".js", ".md", ".html",
))  # fmt: skip


def find_files(
    patterns: Iterable[str], excluded: Iterable[Path] = (), *, compressed: bool = True
) -> list[Path]:
    """The files that globs, directories and paths name, each once, in a stable order.

    A directory stands for all files below it that are not hidden. Symbolic links to files are
    followed; what cannot be looked at now is left out, and found at a later look.

    Args:
        patterns: Paths, directories, and globs with `*`, `?`, `[…]` and `**`.
        excluded: Files and directories that are left out (the program's own state and output).
        compressed: Whether compressed files count; they cannot be followed.
    """
    outside = [_resolved(path) for path in excluded]
    seen: dict[str, Path] = {}
    for pattern in patterns:
        for path in _matches(str(Path(pattern).expanduser())):
            real = _resolved(path)
            if not compressed and real.suffix in COMPRESSED:
                continue
            if any(real == own or own in real.parents for own in outside):
                continue
            seen.setdefault(str(real), path)
    return sorted(seen.values(), key=lambda path: (_modified(path), str(path)))


def _matches(pattern: str) -> Iterator[Path]:
    path = Path(pattern)
    if path.is_dir():
        yield from _below(path)
    elif glob.has_magic(pattern) and not path.exists():
        # Path.glob has no patterns that begin at the root or climb over `..`.
        for name in glob.iglob(pattern, recursive=True):  # noqa: PTH207
            found = Path(name)
            if found.is_file():
                yield found
    elif path.is_file():
        yield path


def _below(directory: Path) -> Iterator[Path]:
    for parent, directories, names in os.walk(directory):
        directories[:] = sorted(name for name in directories if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent, name)
            if not name.startswith(".") and path.suffix not in _NOT_LOGS and path.is_file():
                yield path


def _resolved(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _modified(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
