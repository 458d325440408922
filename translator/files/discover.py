"""Which files the patterns on the command line name."""

from __future__ import annotations

import errno
import fnmatch
import glob
import os
import re
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from translator.errors import InputError
from translator.files.names import expanded, source_of
from translator.files.problems import unreadable

STDIN = "-"

_NOT_LOGS = (
    ".sqlite", ".db", ".wal", ".shm", ".tar", ".zip", ".png", ".jpg", ".py", ".js", ".md", ".html",
    ".meta.json",
)  # fmt: skip

_SHOWN = f"{' '.join(_NOT_LOGS[:-1])} and {_NOT_LOGS[-1]}"

_ALL = "/"
"""Stands for all names of a directory; no file has it."""

_ABSENT = frozenset((errno.ENOENT, errno.ENOTDIR, errno.ELOOP))
"""Errors that say that there is no such file; after all others it may be there."""

_Entries = list["os.DirEntry[str]"]


class Found(NamedTuple):
    """A file as a look through the directories finds it.

    Attributes:
        path: Where.
        stat: Of the file, not of a link to it.
        beside: Whether no pattern names it, but it has the name of a rotated backup of one that is named.
    """

    path: str
    stat: os.stat_result
    beside: bool


def key_of(found: Found) -> tuple[int, int]:
    """Device and inode of a file: who it is while it is open, and a hint otherwise."""
    return found.stat.st_dev, found.stat.st_ino


def look_of(known: os.stat_result) -> tuple[int, int]:
    """What changes when a file is written: its size, and the time of its last change (ns)."""
    return known.st_size, known.st_mtime_ns


OnProblem = Callable[[str, OSError], None]
"""Told of a path that cannot be looked at now."""


def refuse(path: str, error: OSError) -> None:
    """Takes what cannot be looked at for the end.

    Raises:
        InputError: Always.
    """
    raise unreadable(path, error)


def pass_over(_path: str, _error: OSError) -> None:
    """Goes on without what cannot be looked at now."""


def find_files(
    patterns: Iterable[str],
    excluded: Iterable[Path] = (),
    exclude: Iterable[str] = (),
    on_problem: OnProblem = refuse,
) -> list[Path]:
    """The files that globs, directories and paths name, each once, oldest first.

    Args:
        patterns: Paths, directories, and globs with `*`, `?`, `[…]` and `**`.
        excluded: Files and directories that are left out (the program's own state and output).
        exclude: Globs of what else is left out: of whole paths, or, without a `/`, of names.
        on_problem: Told of a path that cannot be looked at.

    Raises:
        InputError: One cannot be, and nobody else is told of it.
    """
    seen: dict[tuple[int, int], Found] = {}
    for found in Finder(patterns, excluded, on_problem, exclude, backups=False).look():
        seen.setdefault((found.stat.st_dev, found.stat.st_ino), found)
    ordered = sorted(seen.values(), key=lambda found: (found.stat.st_mtime_ns, found.path))
    return [Path(found.path) for found in ordered]


def none_found(pattern: str) -> InputError:
    """Why a pattern names no file."""
    path = expanded(pattern)
    problems: list[InputError] = []
    Finder([pattern], on_problem=lambda at, error: problems.append(unreadable(at, error))).look()
    if problems:
        return problems[0]
    if os.path.isdir(path):  # noqa: PTH112 - bytes that are no UTF-8 stay as they are
        return InputError(
            "no file in this directory",
            where=pattern,
            hint=f"left out are hidden files, what --exclude names, and {_SHOWN} unless a glob names them",
        )
    if os.path.exists(path):  # noqa: PTH110
        if not Path(path).is_file():
            return InputError(
                "this is no regular file",
                where=pattern,
                hint="read a pipe as standard input, which is called -: `zcat a.gz | translator … -`",
            )
        return InputError(
            "this file is left out",
            where=pattern,
            hint="look at --exclude, --out and --state-dir: what they name is not read",
        )
    return InputError("no such file", where=pattern, hint="check the path or the pattern")


class Finder:
    """Looks for files, again and again.

    A directory stands for all files below it that are not hidden. Links that a pattern names are
    followed wherever they lead; links that a walk through a directory comes upon only to files inside
    of what the patterns name, and never to directories, so that no loop is entered.

    Args:
        patterns: Paths, directories, and globs with `*`, `?`, `[…]` and `**`.
        excluded: Files and directories that are left out.
        on_problem: Told of a path that cannot be looked at now.
        exclude: Globs of what else is left out: of whole paths, or, without a `/`, of names.
        backups: Whether rotated backups are looked for beside files that are named.

    Attributes:
        failed: Files and directories that the last look could not see, though they may be there.
    """

    def __init__(
        self,
        patterns: Iterable[str],
        excluded: Iterable[Path] = (),
        on_problem: OnProblem = pass_over,
        exclude: Iterable[str] = (),
        *,
        backups: bool = True,
    ) -> None:
        self._looks_beside = backups
        self._left_out = [_left_out(pattern) for pattern in exclude]
        self._patterns = [expanded(pattern) for pattern in patterns]
        self._excluded = [os.path.realpath(path) for path in excluded]
        self._on_problem = on_problem
        self._entries: dict[str, _Entries] = {}
        self._backups: dict[str, dict[str, list[os.DirEntry[str]]]] = {}
        self._own_names: dict[str, frozenset[str]] = {}
        self._roots: list[str] | None = None
        self._found: list[Found] = []
        self.failed: list[str] = []

    def look(self) -> list[Found]:
        """The files that are there now; one with several names or paths comes several times."""
        self._entries, self._backups, self._own_names, self._roots, self.failed = {}, {}, {}, None, []
        self._found = []
        for pattern in self._patterns:
            self._look(pattern)
        return self._found

    def _look(self, pattern: str) -> None:
        known = self._stat(pattern)
        if known is not None and stat.S_ISDIR(known.st_mode):
            self._walk(pattern, [])
        elif known is None and glob.has_magic(pattern):
            path = Path(pattern)
            self._glob(path.anchor, list(path.parts[1:] if path.anchor else path.parts))
        else:
            if known is not None and stat.S_ISREG(known.st_mode) and self._wanted(pattern, link=True):
                self._found.append(Found(pattern, known, beside=False))
            if self._looks_beside:
                directory, name = os.path.split(pattern)
                for entry in self._backups_in(directory).get(name, ()):
                    self._add(entry, beside=True)

    def _glob(self, directory: str, parts: list[str]) -> None:
        part, *rest = parts
        if part == "**":
            self._walk(directory, rest)
        elif rest and not glob.has_magic(part):
            self._glob(str(Path(directory, part)), rest)
        elif rest:
            matches = _matcher(part)
            for entry in self._list(directory):
                if matches(entry.name) and _is_directory(entry):
                    self._glob(entry.path, rest)
        else:
            self._add_named(directory, part, walked=False)

    def _walk(self, directory: str, parts: list[str]) -> None:
        """Below a directory: all logs, or what the parts of a glob after its `**` name."""
        waiting = [directory]
        while waiting:
            parent = waiting.pop()
            if not parts:
                for entry in self._list(parent):
                    if not entry.name.startswith(".") and not entry.name.endswith(_NOT_LOGS):
                        self._add(entry, walked=True)
            elif len(parts) == 1:
                self._add_named(parent, parts[0], walked=True)
            else:
                self._glob(parent, parts)
            waiting.extend(
                entry.path
                for entry in self._list(parent)
                if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)
            )

    def _add_named(self, directory: str, part: str, *, walked: bool) -> None:
        matches = _matcher(part)
        for entry in self._list(directory):
            name = entry.name
            if matches(name):
                self._add(entry, walked=walked)
            elif (base := source_of(name)) != name and matches(base):
                self._add(entry, beside=True)

    def _add(self, entry: os.DirEntry[str], *, beside: bool = False, walked: bool = False) -> None:
        link = entry.is_symlink()
        if (beside and link) or (not link and entry.is_dir()):
            return
        try:
            known = entry.stat()
        except OSError as error:
            self._fail(entry.path, error)
            return
        path = entry.path.removeprefix("./")
        if not stat.S_ISREG(known.st_mode) or not self._wanted(path, link=link):
            return
        if not (link and walked) or self._inside(path):
            self._found.append(Found(path, known, beside))

    def _stat(self, path: str) -> os.stat_result | None:
        try:
            return os.stat(path)  # noqa: PTH116 - a Path for each of a thousand patterns is slow
        except OSError as error:
            self._fail(path, error)
            return None

    def _list(self, directory: str) -> _Entries:
        listed = self._entries.get(directory)
        if listed is None:
            try:
                with os.scandir(directory or ".") as entries:
                    listed = list(entries)
            except OSError as error:
                self._fail(directory, error)
                listed = []
            self._entries[directory] = listed
        return listed

    def _backups_in(self, directory: str) -> dict[str, list[os.DirEntry[str]]]:
        backups = self._backups.get(directory)
        if backups is None:
            backups = self._backups[directory] = {}
            for entry in self._list(directory):
                base = source_of(entry.name)
                if base != entry.name:
                    backups.setdefault(base, []).append(entry)
        return backups

    def _fail(self, path: str, error: OSError) -> None:
        if error.errno not in _ABSENT:
            self.failed.append(path)
            self._on_problem(path, error)

    def _wanted(self, path: str, *, link: bool) -> bool:
        if self._left_out and any(left_out(path) for left_out in self._left_out):
            return False
        if not self._excluded:
            return True
        if link:
            return not self._is_own(os.path.realpath(path))
        directory, name = os.path.split(path)
        own_names = self._own_names.get(directory)
        if own_names is None:
            own_names = self._own_names[directory] = self._own_in(os.path.realpath(directory))
        return name not in own_names and _ALL not in own_names

    def _is_own(self, real: str) -> bool:
        return any(real == own or real.startswith(own + os.sep) for own in self._excluded)

    def _own_in(self, real: str) -> frozenset[str]:
        """The names in a directory that are left out; a thousand files need not be compared one by one."""
        if self._is_own(real):
            return frozenset((_ALL,))
        split = map(os.path.split, self._excluded)
        return frozenset(name for directory, name in split if directory == real)

    def _inside(self, path: str) -> bool:
        if self._roots is None:
            self._roots = [os.path.realpath(_fixed(pattern)) for pattern in self._patterns]
        real = os.path.realpath(path)
        return any(real == root or real.startswith(root.rstrip(os.sep) + os.sep) for root in self._roots)


def _left_out(pattern: str) -> Callable[[str], bool]:
    matches = re.compile(fnmatch.translate(expanded(pattern))).match
    if "/" in pattern:
        return lambda path: matches(path) is not None
    return lambda path: matches(os.path.basename(path)) is not None  # noqa: PTH119 - for each file


def _matcher(part: str) -> Callable[[str], object]:
    matches = re.compile(fnmatch.translate(part)).match
    if part.startswith("."):
        return matches
    return lambda name: not name.startswith(".") and matches(name)


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _fixed(pattern: str) -> str:
    """The part of a pattern before its first magic one."""
    if not glob.has_magic(pattern) or Path(pattern).exists():
        return pattern
    fixed: list[str] = []
    for part in Path(pattern).parts:
        if glob.has_magic(part):
            break
        fixed.append(part)
    return str(Path(*fixed))
