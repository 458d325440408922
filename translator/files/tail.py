"""Files to lines, as they grow: a scan of the directories is the truth, events only wake it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from translator.files.descriptors import Descriptors
from translator.files.discover import Finder, look_of
from translator.files.followed import Followed
from translator.files.lines import MAX_LINE_BYTES
from translator.files.problems import Problems
from translator.files.recognition import Recognition, Start
from translator.files.register import GRACE_SECONDS, Register
from translator.model import Checkpoint, Line

__all__ = ["Batch", "Position", "Start", "Tailer"]

CHUNK_BYTES = 256 * 1024
"""Bytes that one file may give before the next one has its turn."""

PAUSE_SECONDS = 0.1
"""After so long between two reads it is looked whether the file is still the same."""

IDLE_FILES = 100
"""How many of the files that have not changed lately one poll looks at."""

_PASSES = 3
"""How often one poll looks again because a file turned out to be another one."""


class Batch(msgspec.Struct, frozen=True):
    """What one look at one file gave.

    Attributes:
        checkpoint: How far it has been read with these lines; None where that cannot be resumed.
        lines: Whole lines; there may be none, when only the checkpoint is new.
    """

    checkpoint: Checkpoint | None
    lines: list[Line]


class Position(msgspec.Struct, frozen=True):
    """How far one file has been read.

    Attributes:
        path: Where it is.
        size: How large it is, in bytes.
        offset: The end of the last whole line, in bytes of its content.
        lag: How many bytes of it have not been read.
        behind: For how many seconds there has been something that was not read; 0 if there is nothing.
    """

    path: str
    size: int
    offset: int
    lag: int
    behind: float


class Tailer:
    """Follows all files that the patterns name, and those that rotation made of them.

    No line is left out that is there when it is looked for, and none is handed out twice, whatever
    is done to the files, as long as the checkpoints come back to the next process as `known`.

    Args:
        patterns: Paths, directories and globs.
        start: Where to begin in a file never seen.
        known: The checkpoints of earlier processes, one for each file.
        excluded: Files and directories that are left out.
        exclude: Globs of what else is left out.
        max_line_bytes: The longest line that is read.
        max_files: How many files may be open at once.
        clock: Seconds, never going back.
        on_file: Told of a file that is followed from now on, and from which byte.
        on_problem: Told once of a path and an error after which reading will be tried again.
    """

    def __init__(  # noqa: PLR0913 - all but the first have names
        self,
        patterns: Sequence[str],
        *,
        start: Start,
        known: Sequence[Checkpoint] = (),
        excluded: Sequence[Path] = (),
        exclude: Sequence[str] = (),
        max_line_bytes: int = MAX_LINE_BYTES,
        max_files: int = 512,
        clock: Callable[[], float] = time.monotonic,
        on_file: Callable[[str, int], None] = lambda _path, _offset: None,
        on_problem: Callable[[str, OSError], None] = lambda _path, _error: None,
    ) -> None:
        self._clock = clock
        self._problems = Problems(on_problem)
        self._finder = Finder(patterns, excluded, self._problems.tell, exclude)
        self._descriptors = Descriptors(max_files)
        self._register = Register(known, self._descriptors, self._problems, clock())
        self._recognition = Recognition(
            self._register, known, start=start, descriptors=self._descriptors, problems=self._problems,
            max_line_bytes=max_line_bytes, on_file=on_file,
        )  # fmt: skip
        self._files = self._register.files
        self._unsure = False
        self._turn = 0

    ended = False
    """Files are never at their end for good."""

    @property
    def files(self) -> int:
        """How many files are followed."""
        return len(self._files)

    def scan(self) -> None:
        """Looks for files that are new, renamed, replaced or gone."""
        self._unsure = False
        found = self._finder.look()
        there, other = self._register.update(found, self._finder.failed, self._clock())
        self._recognition.recognise(there, other, complete=not self._finder.failed)

    def poll(self) -> Iterator[Batch]:
        """What has been written since the last look, each file in its turn until none has more.

        Of several files of one source (a log and what was rotated) the older is read to its end first.
        """
        self._unsure = self._unsure or self._recognition.held.changed()
        for _ in range(_PASSES):
            if self._unsure:
                self.scan()
            yield from self._read_all()
            if not self._unsure:
                return

    def positions(self) -> list[Position]:
        """How far each file has been read, as of the last look."""
        now = self._clock()
        return [
            Position(
                followed.path, followed.looked[0], followed.checkpoint.offset, followed.unread,
                0.0 if followed.behind_at is None else now - followed.behind_at,
            )
            for followed in self._files.values()
        ]  # fmt: skip

    def cut_off(self) -> list[tuple[str, Exception]]:
        """Compressed files whose content cannot be read to its end now, and why, by path."""
        cut_off: dict[str, Exception] = {
            followed.path: EOFError("the compressed file is not complete")
            for followed in self._files.values()
            if followed.incomplete and not followed.ended
        }
        for held in self._recognition.held.files.values():
            if held.problem is not None:
                cut_off[held.found.path] = held.problem
        return sorted(cut_off.items())

    def forgotten(self) -> list[str]:
        """The ids of files that are gone for good, each once: their checkpoints are of no more use."""
        return self._register.archive.dropped()

    def close(self) -> None:
        """Lets go all files."""
        self._descriptors.close_all()
        self._files.clear()

    def _read_all(self) -> Iterator[Batch]:
        now = self._clock()
        waiting = [followed for followed in self._watched() if self._has_news(followed, now)]
        waiting.sort(key=lambda followed: (followed.looked[1], followed.path))
        while waiting:
            more: list[Followed] = []
            busy: set[str] = set()
            for followed in waiting:
                if followed.source in busy:
                    more.append(followed)
                    continue
                lines = self._read(followed)
                if lines is not None:
                    busy.add(followed.source)
                    more.append(followed)
                if lines or (followed.announce and self._files.get(followed.key) is followed):
                    followed.announce = False
                    yield Batch(followed.checkpoint, lines or [])
            waiting = more
        for checkpoint in self._recognition.held.new_checkpoints():
            yield Batch(checkpoint, [])

    def _watched(self) -> list[Followed]:
        """All files that have changed lately, and of the others some in turn: the scan sees them all."""
        watched: list[Followed] = []
        idle: list[Followed] = []
        for followed in self._files.values():
            (idle if followed.settled and not followed.announce and not followed.unread else watched).append(
                followed
            )
        self._turn = (self._turn + IDLE_FILES) % max(1, len(idle))
        return watched + (idle + idle)[self._turn : self._turn + min(IDLE_FILES, len(idle))]

    def _has_news(self, followed: Followed, now: float) -> bool:
        try:
            stat = self._descriptors.stat(followed.key, followed.path)
        except OSError as error:
            self._tell(followed, error)
            return False
        if look_of(stat) != followed.looked and not followed.ended:
            followed.changed(stat, now, checked=False)
        elif followed.incomplete and now - followed.grown_at < GRACE_SECONDS:
            return False
        return followed.announce or followed.unread > 0 or not followed.checked or self._rests(followed)

    def _rests(self, followed: Followed) -> bool:
        return followed.stream.unfinished and self._register.is_final(followed, self._clock())

    def _read(self, followed: Followed) -> list[Line] | None:
        """The next lines of a file; None if there is nothing more in it now."""
        now = self._clock()
        data = b""
        try:
            if not followed.ended:
                descriptor = self._descriptors.get(followed.key, followed.path)
                data = followed.read(descriptor, CHUNK_BYTES)
                # Looked at after the reading: so what was read is known to be what follows.
                if not followed.checked or now - followed.looked_at >= PAUSE_SECONDS:
                    if not followed.compressed and not followed.is_same(descriptor):
                        self._register.retire(followed, truncated=True)
                        self._unsure = True
                        return None
                    followed.checked = True
                    followed.looked_at = now
                self._problems.over(followed.path)
        except OSError as error:
            self._tell(followed, error)
            if not followed.ended:
                return None
        if data:
            followed.grown_at = now
            return followed.feed(data)
        followed.behind_at = None
        if followed.incomplete and now - followed.grown_at >= GRACE_SECONDS:
            self._problems.tell(followed.path, OSError("the compressed file is not complete"))
            followed.give_up()
        # What has come since is seen at the next look.
        return (followed.finish() or None) if self._rests(followed) else None

    def _tell(self, followed: Followed, error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            self._problems.tell(followed.path, error)
