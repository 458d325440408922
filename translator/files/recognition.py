"""What files are that have just been found: known ones, copies, or new ones."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from functools import partial

import msgspec

from translator.files.descriptors import Descriptors
from translator.files.discover import Found, key_of
from translator.files.followed import Followed, new_checkpoint
from translator.files.held import Held, HeldFile
from translator.files.identity import Content, Key
from translator.files.names import source_of
from translator.files.problems import Problems
from translator.files.register import Register
from translator.model import Checkpoint

Start = Callable[[str, os.stat_result], int]
"""Where to begin in a file never seen, in bytes, given its path and what the system knows of it."""

_SHARED = 64


class _Fresh(msgspec.Struct):
    """A file to be recognised.

    Attributes:
        found: Where it is.
        content: What is in it.
        again: Whether all of it was written while files were followed, so that all is read.
        held: As what it was held.
        known: What it was when it was last seen at the same inode.
    """

    found: Found
    content: Content
    again: bool
    held: HeldFile | None
    known: Checkpoint | None = None

    @property
    def key(self) -> Key:
        return key_of(self.found)


class Recognition:
    """Decides what new files are, and from where they are read.

    Args:
        register: The files that are followed and known.
        known: The checkpoints of earlier processes.
        start: Where to begin in a file never seen.
        descriptors: What opens files.
        problems: Told of what cannot be read now.
        max_line_bytes: The longest line that is read.
        on_file: Told of a file that is followed from now on, and from which byte.

    Attributes:
        held: The files that are not read, or not yet.
    """

    def __init__(
        self,
        register: Register,
        known: Sequence[Checkpoint],
        *,
        start: Start,
        descriptors: Descriptors,
        problems: Problems,
        max_line_bytes: int,
        on_file: Callable[[str, int], None],
    ) -> None:
        self.held = Held(register, descriptors, problems)
        self._register = register
        self._archive = register.archive
        self._start = start
        self._problems = problems
        self._max_line_bytes = max_line_bytes
        self._on_file = on_file
        self._claimed: set[str] = set()
        # When the newest file of a source that was known at the beginning was last written (ns).
        self._newest: dict[str, int] = {}
        self._known_sources = {checkpoint.source for checkpoint in known}

    def recognise(self, there: Mapping[Key, Found], other: Set[Key], *, complete: bool) -> None:
        """Recognises all files that are not followed.

        Args:
            there: All files that are there.
            other: Those that were followed until now, but hold something else.
            complete: Whether all files could be seen.
        """
        if complete:
            self.held.keep(there)
        files = self._register.files
        found = [
            one for key, one in there.items() if key not in files and not self.held.is_as_it_was(key, one)
        ]  # fmt: skip
        if found:
            self._settle([file for one in found if (file := self._opened(one, again=key_of(one) in other))])
            for followed in files.values():
                self._newest.setdefault(followed.source, followed.looked[1])
            for held in self.held.files.values():
                self._newest.setdefault(source_of(held.found.path), held.found.stat.st_mtime_ns)

    def _opened(self, found: Found, *, again: bool) -> _Fresh | None:
        held = self.held.take(found)
        try:
            content = self._register.content(key_of(found), found.path, found.stat)
        except OSError as error:
            self._unreadable(found, error, held)
            return None
        if held is not None and held.checkpoint is not None:
            self._archive.drop(held.checkpoint)
            held.checkpoint, held.noted = None, False
        if not content.head:
            self.held.put(HeldFile(found, problem=content.problem))
            return None
        return _Fresh(found, content, again or (held is not None and held.was_empty), held)

    def _settle(self, fresh: list[_Fresh]) -> None:
        """The longest comes first: what is only a beginning of it is then seen to be that."""
        fresh = [file for file in fresh if self._try(self._recall, file)]
        shared = Counter(file.content.head[:_SHARED] for file in fresh)
        # What lies where it lay is not what has moved to another place.
        self._claimed = {file.known.file_id for file in fresh if file.known is not None}
        for file in sorted(fresh, key=partial(_order, shared)):
            self._try(self._begin if file.known is None else self._return, file)
        self._claimed = set()

    def _try(self, step: Callable[[_Fresh], None], fresh: _Fresh) -> bool:
        try:
            step(fresh)
        except OSError as error:
            self._unreadable(fresh.found, error, fresh.held)
            return False
        return True

    def _recall(self, fresh: _Fresh) -> None:
        """Whether it is a known file that lies where it lay."""
        fresh.known = self._archive.returned(fresh.key, fresh.content)
        fresh.again = fresh.again or bool(self._archive.at(fresh.key))

    def _return(self, fresh: _Fresh) -> None:
        """A known file that lies where it lay, unless what is new in it also is in another one."""
        known = fresh.known
        if known is not None and known.offset == 0:
            self._archive.take(known)
            self.held.put(HeldFile(fresh.found, wanted=False, checkpoint=known, noted=True))
            return
        if known is None or self._is_held(fresh):
            return
        # It may have become a copy of one that was read farther, and is gone.
        moved = self._archive.moved(fresh.key, fresh.content, self._claimed)
        self._resume(fresh, moved if moved is not None and moved.offset > known.offset else known)

    def _begin(self, fresh: _Fresh) -> None:
        """A file that says nothing new yet, a known one in another place, or a new one."""
        if self._is_held(fresh):
            return
        known = self._archive.moved(fresh.key, fresh.content, self._claimed)
        if known is not None:
            self._resume(fresh, known)
            return
        offset = self._first_byte(fresh)
        if fresh.content.compressed and offset > 0:
            self.held.put(HeldFile(fresh.found, wanted=False))
        else:
            self._follow_new(fresh, offset)

    def _is_held(self, fresh: _Fresh) -> bool:
        twin = self._twin(fresh.content)
        if twin is not None:
            self.held.put(HeldFile(fresh.found, twin))
        return twin is not None

    def _twin(self, content: Content) -> Followed | None:
        """A file that is followed, and holds all that is in another one."""
        for followed in list(self._register.files.values()):
            common = min(len(content.head), len(followed.first))
            if followed.first[:common] != content.head[:common]:
                continue
            try:
                if content.is_beginning_of(self._register.content_now(followed)[0]):
                    return followed
                # It may have been truncated since it was looked at.
                self._register.check(followed, self._register.content_now(followed)[1])
            except OSError as error:
                if not isinstance(error, FileNotFoundError):
                    self._problems.tell(followed.path, error)
        return None

    def _first_byte(self, fresh: _Fresh) -> int:
        """Where to begin in a file never seen."""
        found, held, content = fresh.found, fresh.held, fresh.content
        # The begin of a first line is no evidence: all logs of a program begin with the same bytes.
        tells = b"\n" in content.head or content.size > len(content.head)
        if (
            tells
            and not content.compressed
            and (self._was_read(held, content.size) or self._archive.overtaken(fresh.key, content))
        ):
            return content.size
        if fresh.again or (held is not None and held.twin is not None):
            return 0
        source = source_of(found.path)
        newest = self._newest.get(source)
        is_known = newest is not None or source in self._known_sources
        succeeds = self._archive.knew_path(found.path) or (found.path == source and self._register.looks > 1)
        if is_known and (succeeds or found.stat.st_mtime_ns >= (newest or 0)):
            # What rotation had made of this source when it was first seen is known. This is younger.
            return 0
        if found.beside and not is_known and self._register.looks == 1:
            return content.size
        return min(self._start(found.path, found.stat), content.size)

    def _was_read(self, held: HeldFile | None, size: int) -> bool:
        """Whether a copy that has not changed since ends before where its original was read to."""
        if held is None or held.twin is None or held.found.stat.st_size != size:
            return False
        read = self._archive.offset(held.twin.file_id)
        return read is not None and read > size

    def _resume(self, fresh: _Fresh, known: Checkpoint) -> None:
        self._archive.take(known)
        self._follow(fresh, known)
        newest = self._newest.get(known.source, 0)
        if self._register.looks == 1 or not newest:
            self._newest[known.source] = max(newest, fresh.found.stat.st_mtime_ns)

    def _follow_new(self, fresh: _Fresh, offset: int) -> None:
        found, content = fresh.found, fresh.content
        begin = content.line_start(offset) if offset else 0
        checkpoint = new_checkpoint(found, content, offset if begin is None else begin)
        followed = self._follow(fresh, checkpoint)
        if begin is None:
            followed.stream.skip_line()

    def _follow(self, fresh: _Fresh, checkpoint: Checkpoint) -> Followed:
        register = self._register
        followed = Followed(checkpoint, fresh.found, fresh.content, self._max_line_bytes, register.now)
        followed.looks = register.looks
        register.files[followed.key] = followed
        self._problems.over(followed.path)
        self._on_file(followed.path, checkpoint.offset)
        return followed

    def _unreadable(self, found: Found, error: OSError, held: HeldFile | None) -> None:
        if held is not None:
            self.held.put(held)
        if not isinstance(error, FileNotFoundError):
            self._problems.tell(found.path, error)


def _order(shared: Mapping[bytes, int], fresh: _Fresh) -> tuple[int, bool, int, str]:
    content, known = fresh.content, fresh.known
    # How long a compressed one is matters only where others begin like it.
    length = content.length if shared[content.head[:_SHARED]] > 1 else content.size
    return -length, known is None, -(known.offset if known is not None else 0), fresh.found.path
